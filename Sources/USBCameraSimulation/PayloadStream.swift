import Units

/// What is wrong with a frame that the camera sends.
public enum FrameFault: String, Sendable, CaseIterable {
  /// The payload header says that the camera failed.
  case errorBit = "err"
  /// Half of the frame is missing.
  case truncated = "trunc"
  /// Coded pixels are replaced by what no code means.
  case corrupt
  /// A frame of no bytes.
  case empty = "zero"
}

/// A running stream: frames at their times, cut into payloads.
struct PayloadStream {
  private struct Frame {
    let bytes: [UInt8]
    var position = 0
    let fault: FrameFault?
    let began: LineInstant
  }

  static let headerLength = 12

  let negotiation: VideoNegotiation
  private var frame: Frame?
  private var number = 0
  private var identifier: UInt8 = 0
  /// When the next frame begins.
  private(set) var next: LineInstant

  /// A stream whose first frame begins one interval after `start`.
  init(_ negotiation: VideoNegotiation, start: LineInstant) {
    self.negotiation = negotiation
    next = start.advanced(by: Self.duration(negotiation.interval))
  }

  var isBetweenFrames: Bool { frame == nil }

  /// Begins the next frame, the time for which has come.
  mutating func begin(
    at now: LineInstant, interval: UInt32, from store: inout FrameStore, fault: FrameFault?
  ) throws {
    precondition(isBetweenFrames && now >= next)
    let bytes = try store.frame(number, negotiation.mode)
    frame = Frame(
      bytes: Self.damaged(bytes, fault, negotiation.mode.format), fault: fault, began: now)
    identifier ^= 1
    number += 1
    let following = next.advanced(by: Self.duration(interval))
    // A camera that was held up goes on in its pace and makes nothing up.
    next = following < now ? now : following
  }

  /// The next payload of at most `room` bytes, header included; nil between frames.
  mutating func payload(room: Int, at now: LineInstant) -> [UInt8]? {
    guard var current = frame, room > Self.headerLength else { return nil }
    let end = min(current.bytes.count, current.position + room - Self.headerLength)
    let isLast = end == current.bytes.count
    // Frame identifier, end of frame, presentation time, source clock, error, end of header.
    let flags =
      identifier | (isLast ? 0x02 : 0) | 0x04 | 0x08
      | (current.fault == .errorBit && isLast ? 0x40 : 0) | 0x80
    var payload: [UInt8] = [UInt8(Self.headerLength), flags]
    payload.reserveCapacity(end - current.position + Self.headerLength)
    payload.appendLittle(UInt32(truncatingIfNeeded: current.began.nanoseconds / 1000))
    payload.appendLittle(UInt32(truncatingIfNeeded: now.nanoseconds / 1000))
    payload.appendLittle(UInt16(truncatingIfNeeded: now.nanoseconds / 1_000_000) & 0x7ff)
    payload += current.bytes[current.position..<end]
    current.position = end
    frame = isLast ? nil : current
    return payload
  }

  /// Sends nothing before `instant`.
  mutating func stall(until instant: LineInstant) { next = max(next, instant) }

  private static func damaged(
    _ bytes: [UInt8], _ fault: FrameFault?, _ format: StreamFormat
  ) -> [UInt8] {
    switch fault {
    case nil, .errorBit: return bytes
    case .truncated: return Array(bytes[..<(bytes.count / 2)])
    case .empty: return []
    case .corrupt:
      guard format == .motionJPEG, bytes.count > 1024 else { return bytes }
      var bytes = bytes
      // A long run of ones is the one code that no Huffman table may hold.
      let middle = bytes.count / 2
      for offset in stride(from: 0, to: 256, by: 2) {
        bytes[middle + offset] = 0xff
        bytes[middle + offset + 1] = 0
      }
      return bytes
    }
  }

  private static func duration(_ interval: UInt32) -> Duration {
    .nanoseconds(Int64(interval) * 100)
  }
}
