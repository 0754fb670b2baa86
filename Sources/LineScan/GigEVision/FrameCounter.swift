/// Unwraps the frame numbers of a GigE Vision camera.
///
/// Source: AIA, *GigE Vision Specification* 2.0, 24.3: the 16-bit block number counts from 1 and
/// wraps from 65535 to 1, 0 is never used; cameras with 64-bit numbers do not wrap.
struct FrameCounter: Sendable {
  private static let wrap: UInt64 = 65_535

  private var last: UInt64?
  private var count: UInt64 = 0

  /// A number that goes on over wraps; one that was passed gives an older number again.
  mutating func number(of frame: UInt64) -> UInt64 {
    guard let last else {
      last = frame
      count = frame
      return count
    }
    // Half a round behind is a frame that came late, more is a wrap.
    if frame >= last {
      let step = frame - last
      if last <= Self.wrap, frame <= Self.wrap, step > Self.wrap / 2 {
        return count &- (Self.wrap - step)
      }
      count &+= step
    } else {
      let back = last - frame
      guard last <= Self.wrap, back > Self.wrap / 2 else { return count &- back }
      count &+= Self.wrap - back
    }
    self.last = frame
    return count
  }
}
