import Foundation
import Tensors
import TestSupport
import Testing

@testable import Imaging

@Suite("Picture files")
struct PictureFileSuite {
  static let folder = sampleData.appending(path: "Golden/pictures")

  /// Pixels as Pillow or OpenCV gave them, `[height, width, channels]`.
  static func golden(_ name: String) throws -> Tensor {
    let (tensors, _) = try Safetensors.read(folder.appending(path: "pixels.safetensors"))
    return try #require(tensors.first { $0.0 == name }?.1)
  }

  static func tensor(_ picture: Picture) -> Tensor {
    Tensor(
      shape: [picture.height, picture.width, picture.channels],
      values: picture.pixels.map(Float.init))
  }

  @Test(
    "PNG files of every kind have Pillow's pixels", .tags(.golden),
    arguments: [
      "color.png", "gray.png", "palette.png", "bits.png", "transparent.png", "interlaced.png",
    ])
  func png(name: String) throws {
    let picture = try PictureFile.read(Self.folder.appending(path: name))
    expectClose(Self.tensor(picture), try Self.golden(name), absolute: 0)
  }

  @Test(
    "JPEG files of every kind have Pillow's pixels", .tags(.golden),
    arguments: ["color.jpg", "gray.jpg", "halved.jpg", "progressive.jpg"])
  func jpeg(name: String) throws {
    let picture = try PictureFile.read(Self.folder.appending(path: name))
    // Two releases of one library round color conversion alike but for the last digit.
    expectClose(Self.tensor(picture), try Self.golden(name), absolute: 1)
  }

  @Test("PNG gives back each pixel", arguments: [1, 3])
  func pngRoundTrip(channels: Int) throws {
    var random = SplitMix64(seed: 5)
    let picture = Picture(
      width: 31, height: 7, channels: channels,
      pixels: (0..<(31 * 7 * channels)).map { _ in UInt8(random.nextIndex(below: 256)) })
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "picture.PNG")
      try PictureFile.write(picture, to: file)
      #expect(try PictureFile.read(file) == picture)
    }
  }

  @Test("JPEG gives back each pixel but for a few steps", arguments: [1, 3])
  func jpegRoundTrip(channels: Int) throws {
    var picture = Picture(width: 40, height: 24, channels: channels)
    for y in 0..<24 {
      for x in 0..<40 {
        for channel in 0..<channels { picture[x, y, channel] = UInt8(4 * x + 2 * y + 10 * channel) }
      }
    }
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "picture.jpeg")
      try PictureFile.write(picture, to: file)
      expectClose(Self.tensor(try PictureFile.read(file)), Self.tensor(picture), absolute: 4)
    }
    let small = try PictureFile.encodeJPEG(picture, quality: 20)
    #expect(try small.count < PictureFile.encodeJPEG(picture, quality: 95).count)
  }

  @Test("a name that says nothing about the format is refused before writing")
  func ending() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "picture.bmp")
      #expect(throws: PictureError(file.relativePath, .unknownEnding("bmp"))) {
        try PictureFile.write(Picture(width: 1, height: 1), to: file)
      }
      #expect(!FileManager.default.fileExists(atPath: file.path))
    }
  }

  @Test("the kind of file is told by its bytes, not by its name")
  func content() throws {
    let bytes = try Data(contentsOf: Self.folder.appending(path: "color.jpg"))
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "really-a-jpeg.png")
      try bytes.write(to: file)
      #expect(try PictureFile.read(file).width == 17)
    }
  }

  static let damaged = "  help: the file is cut short or damaged: copy or export it again"

  @Test(
    "each malformed picture is refused in words",
    arguments: [
      ("empty.png", "the file is empty, a picture was wanted\n\(damaged)"),
      ("text.png", "is neither a PNG nor a JPEG file\n  help: convert it to PNG"),
      ("header-cut.png", "the PNG file cannot be used: the file ends early\n\(damaged)"),
      ("rows-cut.png", "the PNG file cannot be used: the file ends early\n\(damaged)"),
      (
        "rows-damaged.png",
        "the PNG file cannot be used: IDAT: invalid code -- missing end-of-block\n\(damaged)"
      ),
      ("size-huge.png", "the PNG file cannot be used: Invalid IHDR data\n\(damaged)"),
      ("size-zero.png", "the PNG file cannot be used: Invalid IHDR data\n\(damaged)"),
      (
        "size-unlikely.png",
        "the picture is said to be 10000 × 10000 pixels, 243 bytes cannot hold them\n\(damaged)"
      ),
      ("header-cut.jpg", "the JPEG file cannot be used: the file ends in its header\n\(damaged)"),
      ("rows-cut.jpg", "the JPEG file cannot be used: Premature end of JPEG file\n\(damaged)"),
      (
        "size-unlikely.jpg",
        "the picture is said to be 2000 × 65000 pixels, 805 bytes cannot hold them\n\(damaged)"
      ),
      (
        "size-zero.jpg",
        "the JPEG file cannot be used: Empty JPEG image (DNL not supported)\n\(damaged)"
      ),
      (
        "codes-broken.jpg",
        "the JPEG file cannot be used: Bogus Huffman table definition\n\(damaged)"
      ),
    ])
  func malformed(name: String, text: String) {
    let path = "SampleData/Malformed/\(name)"
    let found = complaint { _ = try PictureFile.read(packageRoot.appending(path: path)) }
    #expect(found == "\(path): \(text)")
  }

  @Test("a picture beyond the limit is refused before memory is taken")
  func limit() {
    let found = complaint {
      try PictureFile.check(width: 20_000, height: 20_000, byteCount: 1 << 20, place: "belt.png")
    }
    #expect(
      found == """
        belt.png: the picture is 20000 × 20000 pixels, 1 to 134217728 pixels are read
          help: cut the picture into parts
        """)
  }

  @Test(
    "a damaged picture is read or refused, never more",
    arguments: ["palette.png", "interlaced.png", "halved.jpg", "progressive.jpg"])
  func damagedCopies(name: String) throws {
    let bytes = try Data(contentsOf: Self.folder.appending(path: name))
    expectNoTrap(reading: bytes, headerCount: 60) { copy in
      _ = try PictureFile.decode(copy, place: name)
    }
  }
}

@Suite("Label map files")
struct LabelMapFileSuite {
  @Test(
    "numbers of each width come as they are stored", .tags(.golden),
    arguments: ["palette.png", "bits.png", "labels.png"])
  func golden(name: String) throws {
    let map = try LabelMapFile.read(PictureFileSuite.folder.appending(path: name))
    let wanted = try PictureFileSuite.golden("\(name) labels")
    #expect([map.height, map.width, 1] == wanted.shape)
    #expect(map.labels.map(Float.init) == wanted.values)
  }

  @Test("labels come back, in one byte each where they fit", arguments: [255, 256, 65535])
  func roundTrip(largest: Int) throws {
    var random = SplitMix64(seed: 8)
    var map = LabelMap(
      width: 9, height: 5,
      labels: (0..<45).map { _ in UInt16(random.nextIndex(below: largest + 1)) })
    map[0, 0] = UInt16(largest)
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "pieces.png")
      try LabelMapFile.write(map, to: file)
      #expect(try LabelMapFile.read(file) == map)
      #expect(try Data(contentsOf: file)[24] == (largest > 255 ? 16 : 8))
    }
  }

  @Test("colors are not labels", arguments: ["color-labels.png", "text.png"])
  func colors(name: String) {
    let path = "SampleData/Malformed/\(name)"
    let found = complaint { _ = try LabelMapFile.read(packageRoot.appending(path: path)) }
    #expect(
      found == """
        \(path): is not a gray or palette PNG file, as label maps are
          help: store one number per pixel, 8 or 16 bits, without colors or transparency
        """)
  }

  @Test("a damaged label map is read or refused, never more")
  func damaged() throws {
    let bytes = try Data(contentsOf: PictureFileSuite.folder.appending(path: "labels.png"))
    expectNoTrap(reading: bytes, headerCount: 40) { copy in
      _ = try LabelMapFile.decode(copy, place: "labels.png")
    }
  }
}

@Suite("Resampling")
struct ResamplingSuite {
  @Test(
    "sizes up and down agree with OpenCV within its fixed-point step", .tags(.golden),
    arguments: [(34, 26), (8, 6), (5, 13), (17, 4), (23, 7)], Resampling.allCases)
  func golden(size: (Int, Int), way: Resampling) throws {
    let (width, height) = size
    guard way == .bilinear || (width <= 17 && height <= 13) else { return }
    for name in ["color", "gray"] {
      let source = try PictureFile.read(PictureFileSuite.folder.appending(path: "\(name).png"))
      let found = source.resampled(width: width, height: height, by: way)
      let wanted = try PictureFileSuite.golden("\(name) \(way.rawValue) \(width) \(height)")
      expectClose(PictureFileSuite.tensor(found), wanted, absolute: 1, "\(name) \(size)")
    }
  }

  @Test("a picture of equal pixels stays so, whatever the size", arguments: Resampling.allCases)
  func flat(way: Resampling) {
    let picture = Picture(width: 7, height: 3, repeating: 201)
    for (width, height) in [(1, 1), (7, 3), (13, 40), (2, 9)] {
      let found = picture.resampled(width: width, height: height, by: way)
      #expect(found == Picture(width: width, height: height, repeating: 201))
    }
  }

  @Test("a fitted picture keeps its proportions and is never enlarged")
  func fitted() {
    let picture = Picture(width: 40, height: 10)
    #expect(picture.fitted(width: 20, height: 20) == Picture(width: 20, height: 5))
    #expect(picture.fitted(width: 80, height: 80) == picture)
    #expect(picture.fitted(width: 100, height: 1) == Picture(width: 4, height: 1))
  }
}
