import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Imaging

@Suite("Motion JPEG frames")
struct FrameJPEGSuite {
  /// A picture with edges and gradients, so that its codes are many.
  static let scene: Picture = {
    var picture = Picture(width: 61, height: 45)
    for y in 0..<45 {
      for x in 0..<61 {
        picture[x, y, 0] = UInt8(4 * x)
        picture[x, y, 1] = UInt8(5 * y)
        picture[x, y, 2] = x / 7 % 2 == y / 7 % 2 ? 200 : 40
      }
    }
    return picture
  }()

  static func decoded(_ bytes: Data, width: Int = 61, height: Int = 45) throws -> Picture {
    let layout = try PixelLayout(.motionJPEG, width: width, height: height, place: "camera")
    var picture = Picture(width: 1, height: 1)
    try PixelDecoder(layout, place: "camera").decode(bytes.bytes, into: &picture)
    return picture
  }

  /// The segments before the scan that pass `isKept`, and all that follows.
  static func filtered(_ bytes: Data, isKept: (UInt8) -> Bool) -> Data {
    var result = bytes.prefix(2)
    var offset = 2
    while bytes[offset + 1] != 0xda {
      let end = offset + 2 + Int(bytes[offset + 2]) << 8 + Int(bytes[offset + 3])
      if isKept(bytes[offset + 1]) { result += bytes[offset..<end] }
      offset = end
    }
    return result + bytes[offset...]
  }

  @Test("a frame decodes as the file does")
  func whole() throws {
    let bytes = try PictureFile.encodeJPEG(Self.scene, quality: 90)
    #expect(try Self.decoded(bytes) == PictureFile.decode(bytes, place: "file"))
    // What a camera leaves behind the end of the picture is not looked at.
    #expect(try Self.decoded(bytes + Data(count: 300)) == Self.decoded(bytes))
  }

  @Test("a frame without Huffman tables decodes as with them")
  func withoutTables() throws {
    let bytes = try PictureFile.encodeJPEG(Self.scene, quality: 90)
    let bare = Self.filtered(bytes) { $0 != 0xc4 }
    #expect(bytes.count - bare.count > 400)
    #expect(HuffmanTables.standardSegment.count == 420)
    #expect(try Self.decoded(bare) == Self.decoded(bytes))
    // The decoder library's own encoder writes the same tables.
    let tables = Self.filtered(bytes) { $0 == 0xc4 }
    var found: Set<[UInt8]> = []
    var offset = 2
    while tables[offset + 1] == 0xc4 {
      let end = offset + 2 + Int(tables[offset + 2]) << 8 + Int(tables[offset + 3])
      found.insert(Array(tables[(offset + 4)..<end]))
      offset = end
    }
    for table in found { #expect(HuffmanTables.standardSegment.firstRange(of: table) != nil) }
    #expect(found.count == 4)
  }

  @Test("tables of one frame are not used for the next")
  func tablesDoNotStay() throws {
    let bytes = try PictureFile.encodeJPEG(Self.scene, quality: 90)
    let bare = Self.filtered(bytes) { $0 != 0xc4 }
    let layout = try PixelLayout(.motionJPEG, width: 61, height: 45, place: "camera")
    let decoder = try PixelDecoder(layout, place: "camera")
    var picture = Picture(width: 61, height: 45)
    let optimized = try Data(
      contentsOf: sampleData.appending(path: "Golden/pictures/color.jpg"))
    // Another size: refused, but its tables have been read.
    _ = complaint { try decoder.decode(optimized.bytes, into: &picture) }
    try decoder.decode(bare.bytes, into: &picture)
    #expect(try picture == Self.decoded(bytes))
  }

  @Test("a frame cut anywhere is refused", arguments: [0, 1, 2, 3, 20, 300, 600, -600, -3, -2, -1])
  func cut(at count: Int) throws {
    let bytes = try PictureFile.encodeJPEG(Self.scene, quality: 90)
    let cut = bytes.prefix(count < 0 ? bytes.count + count : count)
    let text = complaint { _ = try Self.decoded(Data(cut)) }
    #expect(text.hasPrefix("camera: "))
    #expect(text.contains(count >= 0 && count < 2 ? "bytes found that are no JPEG" : "damaged"))
  }

  @Test("a camera's habit of a few bytes before markers is learned; more than that is damage")
  func padding() throws {
    let clean = try PictureFile.encodeJPEG(Self.scene, quality: 90)
    let padded = clean.dropLast(2) + [0, 0, 0] + clean.suffix(2)
    let damaged = clean.dropLast(2) + Data(count: 40) + clean.suffix(2)
    let layout = try PixelLayout(.motionJPEG, width: 61, height: 45, place: "camera")
    let decoder = try PixelDecoder(layout, place: "camera")
    let wanted = try Self.decoded(clean)
    func decodes(_ bytes: Data) -> Bool {
      var picture = Picture(width: 61, height: 45)
      let text = complaint { try decoder.decode(bytes.bytes, into: &picture) }
      #expect(text == "no error" || text.contains("extraneous bytes before marker 0xd9"))
      return text == "no error" && picture == wanted
    }
    // One such frame among others is damage.
    for _ in 0..<20 { #expect(decodes(clean) && !decodes(Data(padded))) }
    let found = (0..<20).map { _ in decodes(Data(padded)) }
    #expect(found == found.sorted { !$0 && $1 }, "lost at first, and then no more")
    #expect(found.filter { !$0 }.count <= FrameJPEG.habit && found.last == true)
    #expect(!decodes(Data(damaged)))
    #expect(decodes(Data(padded)) && decodes(clean))
    for _ in 0..<20 { #expect(decodes(clean)) }
    #expect(!decodes(Data(padded)), "a habit can be given up")
  }

  @Test("another size and another kind of file are told")
  func other() throws {
    let bytes = try PictureFile.encodeJPEG(Self.scene, quality: 90)
    #expect(
      complaint { _ = try Self.decoded(bytes, width: 640, height: 480) } == """
        camera: a JPEG picture of 61 × 45 pixels found, 640 × 480 wanted
          help: restart the camera; if it happens again, choose another size
        """)
    #expect(
      complaint { _ = try Self.decoded(PictureFile.encodePNG(Self.scene)) }.contains(
        "bytes found that are no JPEG picture, one that begins with ff d8 was wanted"))
  }

  @Test("damaged frames are refused or decoded, never worse")
  func mutations() throws {
    let bytes = try PictureFile.encodeJPEG(Self.scene, quality: 90)
    let layout = try PixelLayout(.motionJPEG, width: 61, height: 45, place: "camera")
    let decoder = try PixelDecoder(layout, place: "camera")
    var picture = Picture(width: 61, height: 45)
    expectNoTrap(reading: bytes, headerCount: 620) { copy in
      try decoder.decode(copy.bytes, into: &picture)
    }
    #expect(try Self.decoded(bytes) == PictureFile.decode(bytes, place: "file"))
  }
}
