import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Imaging

@Suite("Pixel decoder")
struct PixelDecoderSuite {
  static let rowFormats = PixelFormat.allCases.filter(\.hasRows)
  static let rules = ColorRules.Matrix.allCases.flatMap { matrix in
    ColorRules.Range.allCases.map { ColorRules(matrix: matrix, range: $0) }
  }

  @Test("agrees with the formulas within one step, at odd sizes and lines", arguments: rowFormats)
  func formulas(format: PixelFormat) throws {
    var random = SplitMix64(seed: 11, purpose: format.rawValue)
    for round in 0..<24 {
      let rules = Self.rules[round % Self.rules.count]
      let (width, height) = (1 + random.nextIndex(below: 150), 1 + random.nextIndex(below: 7))
      let layout = try PixelLayout(
        format, width: width, height: height,
        bytesPerLine: format.rowBytes(width: width) + random.nextIndex(below: 9), color: rules,
        place: "test")
      let bytes = PixelTwins.bytes(layout.byteCount, using: &random)
      var picture = Picture(width: 1, height: 1)
      try PixelDecoder(layout, place: "test").decode(bytes.span.bytes, into: &picture)
      #expect((picture.width, picture.height, picture.channels) == (width, height, 3))
      expectClose(
        picture.pixels.map(Double.init), PixelTwins.picture(bytes, layout), absolute: 1,
        "\(format) \(width) × \(height), \(rules)")
    }
  }

  @Test(
    "agrees with OpenCV", .tags(.golden),
    arguments: ["YUYV", "UYVY", "NV12", "RGGB", "BA81", "GRBG", "GBRG", "GREY", "BGR3"])
  func goldens(name: String) throws {
    let file = sampleData.appending(path: "Golden/videos/frames.safetensors")
    let (tensors, _) = try Safetensors.read(file)
    let frame = try #require(tensors.first { $0.0 == "\(name) bytes" }?.1)
    let wanted = try #require(tensors.first { $0.0 == "\(name) pixels" }?.1)
    let format = try #require(PixelFormat(rawValue: name))
    let layout = try PixelLayout(format, width: 38, height: 6, place: "t")
    let bytes = frame.values.map { UInt8($0) }
    var picture = Picture(width: 1, height: 1)
    try PixelDecoder(layout, place: "t").decode(bytes.span.bytes, into: &picture)
    // OpenCV repeats the row beside a mosaic's border, where other colors lie than beyond it.
    let border = format.isMosaic ? 1 : 0
    let tolerance = format.hasChroma ? 2.0 : 0
    for y in border..<(6 - border) {
      let row = (y * 38 + border) * 3..<((y + 1) * 38 - border) * 3
      expectClose(
        picture.pixels[row].map(Float.init), Array(wanted.values[row]), absolute: tolerance, name)
    }
  }

  @Test("wide registers give the same bits as pixels one by one", arguments: rowFormats)
  func sameBits(format: PixelFormat) throws {
    var random = SplitMix64(seed: 12, purpose: format.rawValue)
    for round in 0..<40 {
      let rules = Self.rules[round % Self.rules.count]
      let (width, height) = (1 + random.nextIndex(below: 300), 1 + random.nextIndex(below: 4))
      let layout = try PixelLayout(format, width: width, height: height, color: rules, place: "t")
      let bytes = PixelTwins.bytes(layout.byteCount, using: &random)
      var kernels = PixelKernels(layout: layout, weights: ColorWeights(rules))
      var (wide, single) = ([UInt8](repeating: 1, count: 3 * width * height), [UInt8]())
      single = wide
      kernels.convert(bytes.span.bytes, into: &wide)
      kernels.width = .single
      kernels.convert(bytes.span.bytes, into: &single)
      #expect(wide == single, "\(format) \(width) × \(height)")
    }
  }

  @Test("the picture's memory is used again", arguments: PixelFormat.allCases)
  func sameMemory(format: PixelFormat) throws {
    let layout = try PixelLayout(format, width: 61, height: 45, place: "t")
    let bytes =
      format.hasRows
      ? [UInt8](repeating: 9, count: layout.byteCount)
      : [UInt8](try PictureFile.encodeJPEG(FrameJPEGSuite.scene, quality: 80))
    let decoder = try PixelDecoder(layout, place: "t")
    var picture = Picture(width: 1, height: 1)
    var places: Set<UInt> = []
    for _ in 0..<4 {
      try decoder.decode(bytes.span.bytes, into: &picture)
      places.insert(picture.pixels.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) })
    }
    #expect(places.count == 1)
  }

  @Test("every rule gives back the scene within two steps", arguments: rules)
  func scene(rules: ColorRules) throws {
    let steps: [UInt8] = [0, 1, 17, 60, 128, 190, 254, 255]
    let colors = steps.flatMap { r in steps.flatMap { g in steps.map { b in [r, g, b] } } }
    let codes = colors.map { PixelTwins.encoded($0, rules) }
    let wanted = colors.flatMap { $0 + $0 }.map(Double.init)
    let frames: [(PixelFormat, [UInt8])] = [
      (.yuyv, codes.flatMap { [$0.0, $0.1, $0.0, $0.2] }),
      (.uyvy, codes.flatMap { [$0.1, $0.0, $0.2, $0.0] }),
      (.nv12, codes.flatMap { [$0.0, $0.0] } + codes.flatMap { [$0.1, $0.2] }),
    ]
    for (format, bytes) in frames {
      let layout = try PixelLayout(
        format, width: 2 * colors.count, height: 1, color: rules, place: "test")
      var picture = Picture(width: 1, height: 1)
      try PixelDecoder(layout, place: "test").decode(bytes.span.bytes, into: &picture)
      expectClose(picture.pixels.map(Double.init), wanted, absolute: 2, "\(format)")
    }
  }

  @Test("a frame that is one byte short is refused", arguments: rowFormats)
  func short(format: PixelFormat) throws {
    let layout = try PixelLayout(
      format, width: 6, height: 4, bytesPerLine: 24, place: "camera")
    let bytes = [UInt8](repeating: 7, count: layout.byteCount - 1)
    var picture = Picture(width: 6, height: 4)
    let decoder = try PixelDecoder(layout, place: "camera")
    #expect(
      complaint { try decoder.decode(bytes.span.bytes, into: &picture) }
        == """
        camera: \(layout.byteCount - 1) bytes found, a \(format.rawValue) picture of 6 × 4 pixels \
        in lines of 24 bytes takes \(layout.byteCount)
          help: if it happens often, try another cable, port or a lower frame rate
        """)
  }

  @Test("a layout that cannot be is refused")
  func layouts() {
    #expect(
      complaint { _ = try PixelLayout(.yuyv, width: 0, height: 4, place: "camera") }.hasPrefix(
        "camera: YUYV pictures of 0 × 4 pixels found, sides of 1 to 65535 and at most 134217728 pixels wanted"
      ))
    #expect(
      complaint {
        _ = try PixelLayout(.yuyv, width: 641, height: 4, bytesPerLine: 1282, place: "camera")
      }.hasPrefix(
        "camera: lines of 1282 bytes found, 641 pixels of YUYV take 1284 to 16777216"))
    #expect(
      complaint {
        _ = try PixelLayout(.gray, width: 8, height: 70_000, place: "camera")
      }.contains("8 × 70000"))
  }
}
