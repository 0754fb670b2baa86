/// A format that libv4lconvert turns into RGB, and how its bytes lie.
struct ConvertedFormat: Sendable, Equatable {
  /// How rows follow each other.
  enum Arrangement: Sendable, Equatable {
    /// Rows of pixels, so many bits each.
    case rows(bits: Int)
    /// A plane of luma, then two of chroma with half the columns and rows.
    case planes
    /// A plane of luma, then pairs of chroma, a row for each.
    case pairs
    /// So many bits a pixel in blocks of the maker's own.
    case blocks(bits: Int)
  }

  let arrangement: Arrangement
  /// Whether it is luma and chroma, of which V4L2 tells what they mean.
  let isLuma: Bool

  /// The format of this number; nil where libv4lconvert has none, or none that is safe.
  ///
  /// Left out are the packed formats that makers of webcams invented before motion JPEG: the
  /// library's decoders write where they like when a frame is damaged.
  ///
  /// Source: the formats of libv4lconvert 1.22, in *Linux Media Infrastructure userspace API*,
  /// "Image Formats".
  init?(code: UInt32) {
    guard let known = Self.known[fourCharacters(code)] else { return nil }
    (arrangement, isLuma) = known
  }

  private static let known: [String: (Arrangement, Bool)] = {
    var known: [String: (Arrangement, Bool)] = [
      "YVYU": (.rows(bits: 16), true), "YU12": (.planes, true), "YV12": (.planes, true),
      "NV16": (.pairs, true), "NV61": (.pairs, true), "Y10B": (.blocks(bits: 10), false),
    ]
    for name in ["M420", "HM12", "S501", "S505", "S508", "CITV", "KONI", "S920"] {
      known[name] = (.blocks(bits: 12), true)
    }
    for name in ["Y04", "Y06"] { known[name] = (.rows(bits: 8), false) }
    for name in [
      "RGBP", "Y16", "Y16-BE", "BG10", "GB10", "BA10", "RG10", "BYR2", "GB16", "GR16", "RG16",
    ] {
      known[name] = (.rows(bits: 16), false)
    }
    for name in ["RGB4", "BX24", "BA24", "BGR4", "XR24", "AR24"] {
      known[name] = (.rows(bits: 32), false)
    }
    for name in ["pBAA", "pGAA", "pgAA", "pRAA"] { known[name] = (.rows(bits: 10), false) }
    return known
  }()

  /// Bytes of the pixels of a row; nil where there are no rows.
  func rowBytes(width: Int) -> Int? {
    switch arrangement {
    case .rows(let bits): (width * bits + 7) / 8
    case .planes, .pairs: width
    case .blocks: nil
    }
  }

  /// Where the rows of a frame with lines of `stride` bytes begin, and how many bytes each has.
  func rows(width: Int, height: Int, stride: Int) -> [(start: Int, count: Int)] {
    switch arrangement {
    case .rows(let bits): (0..<height).map { ($0 * stride, (width * bits + 7) / 8) }
    case .pairs: (0..<(2 * height)).map { ($0 * stride, width) }
    case .planes:
      (0..<height).map { ($0 * stride, width) }
        + (0..<(height / 2 * 2)).map { (height * stride + $0 * (stride / 2), width / 2) }
    case .blocks: []
    }
  }

  /// Bytes without which a frame is cut short.
  func leastByteCount(width: Int, height: Int, stride: Int) -> Int {
    switch arrangement {
    case .rows, .pairs, .planes:
      rows(width: width, height: height, stride: stride).map { $0.start + $0.count }.max() ?? 1
    case .blocks(let bits): max(1, width * height * bits / 8)
    }
  }
}
