import CWebP
import Diagnostics
import Foundation

/// Short clips as animated WebP files, which every browser shows: the one file that talks to
/// libwebp.
public enum AnimatedPicture {
  /// Writes pictures of equal size one after the other, forever repeated.
  public static func write(
    _ pictures: [Picture], framesPerSecond: Double, quality: Int = 75, to file: URL
  ) throws {
    try AtomicFile.write(
      encode(pictures, framesPerSecond: framesPerSecond, quality: quality), to: file)
  }

  /// `quality` from 0 to 100.
  public static func encode(
    _ pictures: [Picture], framesPerSecond: Double, quality: Int = 75
  ) throws -> Data {
    guard let first = pictures.first else {
      preconditionFailure("animated picture: no pictures, 1 or more wanted")
    }
    precondition(
      framesPerSecond > 0 && (0...100).contains(quality),
      "animated picture: \(framesPerSecond) frames a second, quality \(quality)")
    let sideLimit = Int(WEBP_MAX_DIMENSION)
    guard (1...sideLimit).contains(first.width), (1...sideLimit).contains(first.height) else {
      throw Complaint(
        "animated picture",
        "is \(first.width) × \(first.height) pixels, WebP has at most \(sideLimit) a side")
    }
    var options = WebPAnimEncoderOptions()
    var settings = WebPConfig()
    guard WebPAnimEncoderOptionsInit(&options) != 0, WebPConfigInit(&settings) != 0 else {
      throw Complaint("animated picture", "libwebp is of another version than its headers")
    }
    settings.quality = Float(quality)
    settings.method = 2
    guard
      let encoder = WebPAnimEncoderNew(Int32(first.width), Int32(first.height), &options)
    else { throw Complaint("animated picture", "not enough memory") }
    defer { WebPAnimEncoderDelete(encoder) }
    let milliseconds = 1000 / framesPerSecond
    for (number, picture) in pictures.enumerated() {
      precondition(
        picture.width == first.width && picture.height == first.height,
        "animated picture: \(picture.width) × \(picture.height) after "
          + "\(first.width) × \(first.height)")
      let time = Int32((Double(number) * milliseconds).rounded())
      try add(picture, at: time, to: encoder, settings: &settings)
    }
    let end = Int32((Double(pictures.count) * milliseconds).rounded())
    var assembled = WebPData()
    defer { WebPDataClear(&assembled) }
    guard WebPAnimEncoderAdd(encoder, nil, end, nil) != 0,
      WebPAnimEncoderAssemble(encoder, &assembled) != 0, let bytes = assembled.bytes
    else { throw refusal(encoder) }
    return Data(bytes: bytes, count: assembled.size)
  }

  private static func add(
    _ picture: Picture, at time: Int32, to encoder: OpaquePointer, settings: inout WebPConfig
  ) throws {
    var frame = WebPPicture()
    guard WebPPictureInit(&frame) != 0 else { throw refusal(encoder) }
    defer { WebPPictureFree(&frame) }
    frame.use_argb = 1
    frame.width = Int32(picture.width)
    frame.height = Int32(picture.height)
    let imported = WebPPictureImportRGB(&frame, picture.colored.pixels, 3 * frame.width)
    guard imported != 0, WebPAnimEncoderAdd(encoder, &frame, time, &settings) != 0 else {
      throw refusal(encoder)
    }
  }

  private static func refusal(_ encoder: OpaquePointer) -> Complaint {
    let reason = WebPAnimEncoderGetError(encoder).map { String(cString: $0) } ?? "no reason given"
    return Complaint("animated picture", "libwebp cannot write it: \(reason)")
  }
}
