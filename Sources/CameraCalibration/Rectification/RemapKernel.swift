import CPixelRows

/// Pixels fetched from where a map says, between four neighbors.
///
/// Maps are OpenCV's: for each pixel the column and row of its upper left neighbor, and how far
/// between neighbors it lies in 32nds. What lies outside of the source is 0.
struct RemapKernel {
  /// Which pixels go to the processor's wide registers.
  enum Width {
    case widest
    /// None: for the comparison of both ways.
    case single
  }

  let sourceWidth: Int
  let sourceHeight: Int
  /// Columns of the target whose four neighbors all lie in the source, for each row.
  let inside: [Range<Int>]
  let places: [Int16]
  let shares: [UInt16]
  let width: Int
  var registers = Width.widest

  /// Fills `target`, `3 · places.count / 2` bytes, from a source of three bytes a pixel.
  func color(_ source: [UInt8], into target: inout [UInt8]) {
    precondition(source.count == 3 * sourceWidth * sourceHeight, "remap: \(source.count) bytes")
    precondition(target.count == 3 * shares.count, "remap: \(target.count) bytes of a target")
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        places.withUnsafeBufferPointer { places in
          shares.withUnsafeBufferPointer { shares in
            guard let from = source.baseAddress, let out = target.baseAddress,
              let places = places.baseAddress, let shares = shares.baseAddress
            else { return }
            for (row, inside) in inside.enumerated() {
              self.row(row, inside, from, places, shares, out + 3 * row * width)
            }
          }
        }
      }
    }
  }

  private func row(
    _ row: Int, _ inside: Range<Int>, _ source: UnsafePointer<UInt8>,
    _ places: UnsafePointer<Int16>, _ shares: UnsafePointer<UInt16>,
    _ out: UnsafeMutablePointer<UInt8>
  ) {
    let first = row * width
    var done = inside.lowerBound
    if registers == .widest, !inside.isEmpty, 3 * sourceWidth <= Int(Int16.max) {
      let start = first + done
      done += pixel_row_remap(
        pixel_source(pixels: source, stride: 3 * sourceWidth),
        pixel_map(places: places + 2 * start, shares: shares + start), inside.count, out + 3 * done)
    }
    for x in done..<inside.upperBound {
      let (at, share) = (first + x, Share(shares[first + x]))
      let corner =
        source + 3 * (Int(places[2 * at + 1]) * sourceWidth + Int(places[2 * at]))
      let below = corner + 3 * sourceWidth
      for channel in 0..<3 {
        out[3 * x + channel] = share.blend(
          corner[channel], corner[channel + 3], below[channel], below[channel + 3])
      }
    }
    // The kernel may have written over what lies behind its pixels; so these come last.
    for x in 0..<inside.lowerBound { border(first + x, 3, source, shares, places, out + 3 * x) }
    for x in inside.upperBound..<width {
      border(first + x, 3, source, shares, places, out + 3 * x)
    }
  }

  /// One byte a pixel.
  func gray(_ source: [UInt8], into target: inout [UInt8]) {
    precondition(source.count == sourceWidth * sourceHeight, "remap: \(source.count) bytes")
    precondition(target.count == shares.count, "remap: \(target.count) bytes of a target")
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        places.withUnsafeBufferPointer { places in
          shares.withUnsafeBufferPointer { shares in
            guard let from = source.baseAddress, let out = target.baseAddress,
              let places = places.baseAddress, let shares = shares.baseAddress
            else { return }
            for at in 0..<target.count { border(at, 1, from, shares, places, out + at) }
          }
        }
      }
    }
  }

  /// A pixel that may lie across the source's border, or outside.
  private func border(
    _ at: Int, _ channels: Int, _ source: UnsafePointer<UInt8>, _ shares: UnsafePointer<UInt16>,
    _ places: UnsafePointer<Int16>, _ out: UnsafeMutablePointer<UInt8>
  ) {
    let (x, y) = (Int(places[2 * at]), Int(places[2 * at + 1]))
    guard x >= -1, y >= -1, x < sourceWidth, y < sourceHeight else {
      for channel in 0..<channels { out[channel] = 0 }
      return
    }
    let share = Share(shares[at])
    for channel in 0..<channels {
      func byte(_ x: Int, _ y: Int) -> UInt8 {
        guard x >= 0, y >= 0, x < sourceWidth, y < sourceHeight else { return 0 }
        return source[(y * sourceWidth + x) * channels + channel]
      }
      out[channel] = share.blend(byte(x, y), byte(x + 1, y), byte(x, y + 1), byte(x + 1, y + 1))
    }
  }

  /// How far between neighbors a pixel lies, in 32nds.
  struct Share {
    let right: Int32
    let down: Int32

    @inline(__always)
    init(_ bits: UInt16) {
      right = Int32(bits & 31)
      down = Int32(bits >> 5)
    }

    /// As `pixel_blend4` of `CPixelRows`: rounded after rows were blended, and after columns.
    @inline(__always)
    func blend(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt8 {
      let upper = Int32(a) * (32 - right) + Int32(b) * right
      let lower = Int32(c) * (32 - right) + Int32(d) * right
      let step = ((lower - upper) * (down << 10) + 0x4000) >> 15
      return UInt8(truncatingIfNeeded: (upper + step + 16) >> 5)
    }
  }
}
