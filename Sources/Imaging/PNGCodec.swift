import CPNG
import Foundation

/// PNG files in memory: the one file that talks to libpng.
enum PNGCodec {
  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Rows as libpng gave them.
  struct Pixels {
    let width: Int
    let height: Int
    let channels: Int
    /// 1 or 2 (in the machine's byte order).
    let bytesPerValue: Int
    let isColored: Bool
    let bytes: [UInt8]
  }

  enum Form: Int32 {
    /// 8-bit gray or color.
    case picture = 0
    /// The numbers as they are stored.
    case numbers = 1
  }

  static func decode(
    _ bytes: Data, as form: Form, place: String
  ) throws(PictureError) -> Pixels {
    var state = mirage_png()
    let limit = UInt32(PictureFile.sideLimit)
    func read(into pixels: UnsafeMutablePointer<UInt8>?) -> Int32 {
      bytes.withUnsafeBytes { source in
        mirage_png_read(
          &state, source.bindMemory(to: UInt8.self).baseAddress, source.count, limit,
          form.rawValue, pixels)
      }
    }
    guard read(into: nil) == 0 else { throw refusal(state, place) }
    let (width, height) = (Int(state.width), Int(state.height))
    try PictureFile.check(width: width, height: height, byteCount: bytes.count, place: place)
    let isColored =
      form == .numbers && state.color_type & PNG_COLOR_MASK_COLOR != 0
      && state.color_type & PNG_COLOR_MASK_PALETTE == 0
    let isTransparent = state.color_type & PNG_COLOR_MASK_ALPHA != 0
    if form == .numbers, isColored || isTransparent { throw PictureError(place, .notLabels) }
    let channels = Int(state.channels)
    let bytesPerValue = Int(state.bit_depth) / 8
    var pixels = [UInt8](repeating: 0, count: width * height * channels * bytesPerValue)
    guard pixels.withUnsafeMutableBufferPointer({ read(into: $0.baseAddress) }) == 0 else {
      throw refusal(state, place)
    }
    return Pixels(
      width: width, height: height, channels: channels, bytesPerValue: bytesPerValue,
      isColored: isColored, bytes: pixels)
  }

  /// A PNG file of 8-bit (`bytesPerValue` 1) or 16-bit values, row by row.
  static func encode(
    _ bytes: [UInt8], width: Int, height: Int, channels: Int, bytesPerValue: Int, place: String
  ) throws(PictureError) -> Data {
    precondition(bytes.count == width * height * channels * bytesPerValue)
    var state = mirage_png()
    state.width = UInt32(width)
    state.height = UInt32(height)
    state.channels = Int32(channels)
    state.bit_depth = Int32(8 * bytesPerValue)
    defer { free(state.target) }
    guard mirage_png_write(&state, bytes) == 0, let target = state.target else {
      throw refusal(state, place)
    }
    return Data(bytes: target, count: state.written)
  }

  private static func refusal(_ state: mirage_png, _ place: String) -> PictureError {
    let message = withUnsafeBytes(of: state.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return PictureError(place, .codec(format: "PNG", message: message))
  }
}
