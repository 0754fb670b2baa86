import Diagnostics
import Imaging

/// JPEG pictures one behind the other, with or without other bytes between them.
///
/// Where a picture ends is read from its segments, so that a thumbnail inside one is no picture.
///
/// Source: Recommendation ITU-T T.81, 1992, annex B.
struct MotionJPEGFile: VideoFile {
  /// The largest picture that is read: 64 MiB.
  static let frameLimit = 1 << 26
  private static let chunk = 1 << 16

  /// Why there is no whole picture, and how many bytes certainly belong to no other.
  private struct Damage: Error {
    var byteCount: Int
    var problem: String
  }

  let framesPerSecond: Double? = nil

  private let file: PositionedFile
  /// Where in the file the first byte of `bytes` lies.
  private var offset = 0
  /// What was read and not used up: the current frame, and what follows it.
  private var bytes: [UInt8] = []
  /// Bytes of the current frame.
  private var frameCount = 0
  private var size: (width: Int, height: Int)?
  private var decoder: PixelDecoder?

  init(_ file: PositionedFile) { self.file = file }

  mutating func advance() throws -> VideoStep {
    drop(frameCount)
    frameCount = 0
    guard try findStart() else { return .end }
    do {
      frameCount = try length()
      return .frame
    } catch let damage as Damage {
      drop(min(damage.byteCount, bytes.count))
      return .damage(Complaint(file.name, "the JPEG picture \(damage.problem)"))
    }
  }

  mutating func decode(into picture: inout Picture) throws {
    guard let decoder else {
      decoder = try first(into: &picture)
      return
    }
    try decoder.decode(bytes.span.extracting(first: frameCount).bytes, into: &picture)
  }

  /// The first picture that can be decoded sets the size of all.
  private func first(into picture: inout Picture) throws -> PixelDecoder {
    guard let size else { throw Complaint(file.name, "the JPEG picture tells no size") }
    try PictureFile.check(
      width: size.width, height: size.height, byteCount: frameCount, place: file.name)
    let layout = try PixelLayout(
      .motionJPEG, width: size.width, height: size.height, place: file.name)
    let decoder = try PixelDecoder(layout, place: file.name)
    try decoder.decode(bytes.span.extracting(first: frameCount).bytes, into: &picture)
    return decoder
  }

  /// Drops bytes until the first two begin a picture; false where none follows.
  private mutating func findStart() throws -> Bool {
    while true {
      guard try holds(3) else { return false }
      var index = 0
      while index + 2 < bytes.count {
        if bytes[index] == 0xff, bytes[index + 1] == 0xd8, bytes[index + 2] == 0xff {
          drop(index)
          return true
        }
        index += 1
      }
      drop(index)
    }
  }

  /// The length of the picture at the start of `bytes`, its end marker included.
  ///
  /// - Throws: `Damage` where it has no end.
  private mutating func length() throws -> Int {
    size = nil
    var index = 2
    while true {
      guard index <= Self.frameLimit else {
        throw Damage(byteCount: 2, problem: "has no end within \(Self.frameLimit) bytes")
      }
      guard try holds(index + 4) || bytes.count >= index + 2 else {
        throw Damage(byteCount: bytes.count, problem: "ends in the middle of a picture")
      }
      guard bytes[index] == 0xff else {
        throw Damage(byteCount: 2, problem: "has no segment where one must be")
      }
      switch bytes[index + 1] {
      case 0xd9: return index + 2
      case 0xd8: throw Damage(byteCount: index, problem: "ends where the next picture begins")
      case 0xff: index += 1
      case 0x01, 0xd0...0xd7: index += 2
      default:
        let marker = bytes[index + 1]
        index += try segment(marker, at: index)
        if marker == 0xda { index = try endOfScan(from: index) }
      }
    }
  }

  /// The length of a segment with its marker; keeps the size that a frame header tells.
  private mutating func segment(_ marker: UInt8, at index: Int) throws -> Int {
    guard bytes.count >= index + 4 else {
      throw Damage(byteCount: bytes.count, problem: "ends in the middle of a picture")
    }
    let length = Int(bytes[index + 2]) << 8 | Int(bytes[index + 3])
    guard length >= 2 else {
      throw Damage(byteCount: 2, problem: "has a segment of \(length) bytes")
    }
    let isFrameHeader = (0xc0...0xcf).contains(marker) && ![0xc4, 0xc8, 0xcc].contains(marker)
    if isFrameHeader, try holds(index + 9) {
      size = (
        Int(bytes[index + 7]) << 8 | Int(bytes[index + 8]),
        Int(bytes[index + 5]) << 8 | Int(bytes[index + 6])
      )
    }
    return 2 + length
  }

  /// Where the next marker is that ends coded pixels.
  private mutating func endOfScan(from start: Int) throws -> Int {
    var index = start
    while true {
      guard try holds(index + 2) else {
        throw Damage(byteCount: bytes.count, problem: "ends in the middle of a picture")
      }
      guard index <= Self.frameLimit else { return index }
      let end = bytes.count - 1
      while index < end {
        if bytes[index] == 0xff, bytes[index + 1] != 0, !(0xd0...0xd7).contains(bytes[index + 1]) {
          return index
        }
        index += 1
      }
    }
  }

  /// Reads on until `count` bytes are at hand; false where the file ends before.
  private mutating func holds(_ count: Int) throws -> Bool {
    while bytes.count < count {
      let start = offset + bytes.count
      let more = min(Self.chunk, file.size - start)
      guard more > 0 else { return false }
      let old = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: more))
      do {
        try file.read(from: start, into: &bytes, range: old..<(old + more))
      } catch {
        bytes.removeLast(more)
        throw error
      }
    }
    return true
  }

  private mutating func drop(_ count: Int) {
    bytes.removeFirst(count)
    offset += count
  }
}
