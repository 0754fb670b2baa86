import CJPEG
import Foundation

/// JPEG files in memory: the one file that talks to libjpeg-turbo.
enum JPEGCodec {
  static let signature: [UInt8] = [0xff, 0xd8, 0xff]

  /// Warnings that leave every pixel as the camera meant it.
  private static let harmless = ["extraneous bytes before marker"]

  static func decode(_ bytes: Data, place: String) throws(PictureError) -> Picture {
    guard let handle = tjInitDecompress() else { throw refusal(nil, place) }
    defer { tjDestroy(handle) }
    var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
    let status = bytes.withUnsafeBytes { source in
      tjDecompressHeader3(
        handle, source.bindMemory(to: UInt8.self).baseAddress, UInt(source.count), &width, &height,
        &sampling, &space)
    }
    guard status == 0 else { throw refusal(handle, place) }
    guard width > 0, height > 0 else {
      throw PictureError(place, .codec(format: "JPEG", message: "the file ends in its header"))
    }
    try PictureFile.check(
      width: Int(width), height: Int(height), byteCount: bytes.count, place: place)
    let isGray = space == Int32(TJCS_GRAY.rawValue)
    let channels = isGray ? 1 : 3
    var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * channels)
    let decoded = bytes.withUnsafeBytes { source in
      tjDecompress2(
        handle, source.bindMemory(to: UInt8.self).baseAddress, UInt(source.count), &pixels, width,
        0, height, Int32(isGray ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue),
        TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
    }
    if decoded != 0, !isHarmless(handle) { throw refusal(handle, place) }
    return Picture(width: Int(width), height: Int(height), channels: channels, pixels: pixels)
  }

  /// Without chroma subsampling, so that small colored marks keep their color.
  static func encode(
    _ picture: Picture, quality: Int, place: String
  ) throws(PictureError) -> Data {
    guard let handle = tjInitCompress() else { throw refusal(nil, place) }
    defer { tjDestroy(handle) }
    let isGray = picture.channels == 1
    var target: UnsafeMutablePointer<UInt8>?
    var count: UInt = 0
    defer { tjFree(target) }
    let status = tjCompress2(
      handle, picture.pixels, Int32(picture.width), 0, Int32(picture.height),
      Int32(isGray ? TJPF_GRAY.rawValue : TJPF_RGB.rawValue), &target, &count,
      Int32(isGray ? TJSAMP_GRAY.rawValue : TJSAMP_444.rawValue), Int32(quality),
      TJFLAG_ACCURATEDCT)
    guard status == 0, let target else { throw refusal(handle, place) }
    return Data(bytes: target, count: Int(count))
  }

  private static func isHarmless(_ handle: tjhandle) -> Bool {
    let text = message(handle)
    return tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
      && harmless.contains { text.contains($0) }
  }

  private static func message(_ handle: tjhandle?) -> String {
    tjGetErrorStr2(handle).map { String(cString: $0) } ?? "not enough memory"
  }

  private static func refusal(_ handle: tjhandle?, _ place: String) -> PictureError {
    PictureError(place, .codec(format: "JPEG", message: message(handle)))
  }
}
