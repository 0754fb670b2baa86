import CV4L2
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing

@testable import Cameras

/// Formats that are none of ours, through libv4lconvert.
@Suite("Converted formats")
struct V4L2ConverterTests {
  /// A decoder for 32 × 16 pixels of a format, and the bytes of its frame.
  private func decoder(
    _ code: UInt32, bytesPerLine: UInt32? = nil, byteCount: UInt32? = nil,
    adjust: (inout ScriptedModel) -> Void = { _ in }
  ) throws -> VideoDecoder {
    try withTemporaryFolder { folder in
      var model = ScriptedModel()
      let size = ScriptedModel.Size(width: 32, height: 16, rates: [30])
      model.formats = [ScriptedModel.Format(code: code, sizes: [size])]
      model.lies.bytesPerLine = bytesPerLine
      model.lies.byteCount = byteCount
      adjust(&model)
      let video = ScriptedVideo(model, system: folder)
      let device = try VideoDevice(
        "/dev/video0", place: "camera", system: video, holders: DeviceHolders(processes: folder))
      defer { device.close() }
      let choice = CameraChoice(
        code: code, format: fourCharacters(code), width: 32, height: 16, rate: 30, reason: "")
      let format = try VideoFormat(setting: choice, on: device, settings: CameraSettings())
      return try VideoDecoder(format, place: "camera")
    }
  }

  private func picture(_ decoder: VideoDecoder, _ bytes: [UInt8]) throws -> Picture {
    var picture = Picture(width: 0, height: 0)
    try decoder.decode(bytes.span.bytes, into: &picture)
    #expect(picture.width == 32 && picture.height == 16 && picture.channels == 3)
    return picture
  }

  /// The luma and chroma that a color has by the rules, in 8 bits.
  private func luma(of color: [Double], _ rules: ColorRules) -> [UInt8] {
    let (red, blue): (Double, Double) =
      switch rules.matrix {
      case .bt601: (0.299, 0.114)
      case .bt709: (0.2126, 0.0722)
      case .bt2020: (0.2627, 0.0593)
      case .smpte240m: (0.212, 0.087)
      }
    let y = red * color[0] + (1 - red - blue) * color[1] + blue * color[2]
    let (cb, cr) = ((color[2] - y) / (2 * (1 - blue)), (color[0] - y) / (2 * (1 - red)))
    let isLimited = rules.range == .limited
    return [
      isLimited ? 16 + 219 * y / 255 : y, 128 + (isLimited ? 224 : 255) * cb / 255,
      128 + (isLimited ? 224 : 255) * cr / 255,
    ].map { UInt8(min(max($0.rounded(), 0), 255)) }
  }

  /// With Cb and Cr in each other's place.
  private static func swapped(_ bytes: [UInt8]) -> [UInt8] {
    bytes.indices.map { bytes[$0 % 4 % 2 == 0 ? $0 : $0 % 4 == 1 ? $0 + 2 : $0 - 2] }
  }

  static let colors: [[Double]] = [
    [200, 40, 60], [30, 90, 220], [250, 250, 250], [10, 120, 70],
  ]

  @Test(
    "luma and chroma mean what the driver says, within 2 of the color",
    arguments: [
      V4L2_YCBCR_ENC_601, V4L2_YCBCR_ENC_709, V4L2_YCBCR_ENC_BT2020, V4L2_YCBCR_ENC_SMPTE240M,
    ].map(\.rawValue), [V4L2_QUANTIZATION_LIM_RANGE, V4L2_QUANTIZATION_FULL_RANGE].map(\.rawValue))
  func rules(encoding: UInt32, quantization: UInt32) throws {
    var pixels = v4l2_pix_format()
    (pixels.ycbcr_enc, pixels.quantization) = (encoding, quantization)
    let rules = ColorRules(pixels)
    for color in Self.colors {
      let yuv = luma(of: color, rules)
      let (y, u, v) = (yuv[0], yuv[1], yuv[2])
      let plane = [UInt8](repeating: y, count: 512)
      let quarter = { (value: UInt8) in [UInt8](repeating: value, count: 128) }
      let frames: [(UInt32, [UInt8])] = [
        (mirage_v4l2_YVYU, (0..<256).flatMap { _ in [y, v, y, u] }),
        (mirage_v4l2_YUV420, plane + quarter(u) + quarter(v)),
        (mirage_v4l2_YVU420, plane + quarter(v) + quarter(u)),
        (mirage_v4l2_NV16, plane + (0..<256).flatMap { _ in [u, v] }),
        (mirage_v4l2_NV61, plane + (0..<256).flatMap { _ in [v, u] }),
      ]
      for (code, bytes) in frames {
        let decoder = try decoder(code, byteCount: UInt32(bytes.count)) {
          ($0.encoding, $0.quantization) = (encoding, quantization)
        }
        let found = try picture(decoder, bytes)
        for (index, value) in found.pixels.enumerated() {
          #expect(
            abs(Double(value) - color[index % 3]) <= 2,
            "\(fourCharacters(code)) \(rules): \(Array(found.pixels[..<3])) of \(color)")
          if abs(Double(value) - color[index % 3]) > 2 { break }
        }
      }
    }
  }

  @Test("padding behind rows is no part of the picture")
  func padding() throws {
    let red: [UInt8] = [81, 240, 81, 90]
    var line: [UInt8] = []
    for _ in 0..<16 { line += red }
    line += [UInt8](repeating: 7, count: 16)
    let bytes = Array(repeatElement(line, count: 16).joined())
    let decoder = try decoder(mirage_v4l2_YVYU, bytesPerLine: 80, byteCount: 80 * 16)
    let found = try picture(decoder, bytes)
    // The same of one of ours, whose chroma comes in the other order.
    let own = try self.decoder(mirage_v4l2_YUYV, bytesPerLine: 80, byteCount: 80 * 16)
    #expect(try picture(own, bytes) != found)
    #expect(try picture(own, Self.swapped(bytes)) == found)
    for index in stride(from: 0, to: found.pixels.count, by: 3) {
      #expect(found.pixels[index] > 250 && found.pixels[index + 1] < 5)
    }
    func row(_ value: UInt8, _ count: Int, padding: Int) -> [UInt8] {
      [UInt8](repeating: value, count: count) + [UInt8](repeating: 9, count: padding)
    }
    let luma = Array(repeatElement(row(235, 32, padding: 8), count: 16).joined())
    let chroma = Array(repeatElement(row(128, 16, padding: 4), count: 16).joined())
    let planar = try self.decoder(mirage_v4l2_YUV420, bytesPerLine: 40, byteCount: 960)
    #expect(try picture(planar, luma + chroma).pixels.allSatisfy { $0 == 255 })
  }

  @Test("short frames are refused, whatever the library would read behind them")
  func short() throws {
    for (code, least) in [(mirage_v4l2_YVYU, 1024), (mirage_v4l2_YUV420, 768)] {
      let decoder = try decoder(code)
      let text = complaint { _ = try picture(decoder, [UInt8](repeating: 1, count: least - 1)) }
      #expect(
        text
          == """
          camera: \(least - 1) bytes of \(fourCharacters(code)) cannot be converted: a frame takes \
          \(least)
            help: choose another format of the camera
          """)
    }
  }

  @Test("a driver whose sizes hold no such frame is refused before one is read")
  func lies() throws {
    #expect(
      complaint { _ = try decoder(mirage_v4l2_YVYU, byteCount: 1023) }
        .contains("frames of 1023 bytes, but 16 lines of 64 bytes take 1024"))
    #expect(
      complaint { _ = try decoder(mirage_v4l2_YVYU, bytesPerLine: 63) }
        .contains("lines of 63 bytes, 32 pixels of YVYU take 64"))
    #expect(
      complaint { _ = try decoder(mirage_v4l2_YVYU, bytesPerLine: .max, byteCount: .max) }
        .contains("contradicts itself"))
  }

  @Test(
    "frames of any bytes end in a picture",
    arguments: [
      "YVYU", "YU12", "YV12", "NV16", "NV61", "M420", "S501", "S505", "S508", "CITV", "KONI",
      "S920",
      "Y04", "Y06", "RGBP", "Y16", "BG10", "GB10", "BA10", "RG10", "RGB4", "BX24", "BA24",
      "BGR4", "XR24", "AR24", "pBAA", "pGAA", "pgAA", "pRAA",
    ])
  func anything(name: String) throws {
    var random = SplitMix64(seed: 11)
    let letters = Array(name.utf8) + [32]
    let code = (0..<4).reduce(UInt32(0)) { $0 | UInt32(letters[$1]) << (8 * $1) }
    let decoder = try decoder(code, bytesPerLine: 0, byteCount: 32 * 16 * 4)
    for _ in 0..<20 {
      let bytes = (0..<(32 * 16 * 4)).map { _ in UInt8(random.nextIndex(below: 256)) }
      _ = try picture(decoder, bytes)
    }
  }

  @Test("the packed formats of old webcams are refused, as a damaged frame would end the program")
  func packed() {
    for name in ["PJPG", "JPGL", "S561", "S910", "P207", "M310", "SONX", "905C", "S401", "CPIA"] {
      let letters = Array(name.utf8)
      let code = (0..<4).reduce(UInt32(0)) { $0 | UInt32(letters[$1]) << (8 * $1) }
      #expect(!VideoDecoder.knows(code), "\(name)")
    }
  }

  @Test("a format that nothing decodes is passed over, and refused where it is asked for")
  func unknown() throws {
    var model = ScriptedModel()
    let size = ScriptedModel.Size(width: 32, height: 16, rates: [30])
    let depth = UInt32(0x2036_315a)
    model.formats = [
      ScriptedModel.Format(code: depth, sizes: [size]),
      ScriptedModel.Format(code: mirage_v4l2_MJPEG, sizes: [size]),
    ]
    try ReaderBench.use(model) { bench in
      try bench.run(milliseconds: 500)
      #expect(bench.status.format == "MJPG")
    }
    #expect(
      try ReaderBench.complaint(model, adjust: { $0.format = "Z16" })
        == """
        /dev/video0: nothing here decodes the format Z16
          help: 'miraged cameras' lists formats, sizes and rates
        """)
    model.formats.removeLast()
    #expect(
      try ReaderBench.complaint(model).contains("/dev/video0: nothing here decodes the format Z16"))
  }
}
