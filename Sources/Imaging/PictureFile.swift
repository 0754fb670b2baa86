import Diagnostics
import Foundation

/// Reads and writes pictures: PNG and JPEG, told apart by their first bytes, not by their names.
///
/// Pixels come as they are stored: color profiles, gamma, transparency and the direction in which
/// a camera was held are left out. 16-bit PNG pictures become 8-bit ones.
public enum PictureFile {
  /// The largest file that is read: 1 GiB.
  public static let fileLimit = 1 << 30
  /// The largest picture that is read: 2²⁷ pixels, a 4096-pixel line camera's 32,768 lines.
  public static let pixelLimit = 1 << 27
  /// The longest side that is read, in pixels.
  public static let sideLimit = 1 << 20

  /// The picture in `file`, with 1 channel where it is gray and 3 otherwise.
  public static func read(_ file: URL) throws -> Picture {
    try decode(BoundedFile.read(file, limit: fileLimit), place: file.relativePath)
  }

  /// As `read`, from bytes at hand; `place` names them in errors.
  public static func decode(_ bytes: Data, place: String) throws(PictureError) -> Picture {
    if bytes.starts(with: PNGCodec.signature) {
      let pixels = try PNGCodec.decode(bytes, as: .picture, place: place)
      return Picture(
        width: pixels.width, height: pixels.height, channels: pixels.channels,
        pixels: pixels.bytes)
    }
    if bytes.starts(with: JPEGCodec.signature) {
      return try JPEGCodec.decode(bytes, place: place)
    }
    throw PictureError(place, bytes.isEmpty ? .empty : .unknownFormat)
  }

  /// Writes by the ending of the file's name: `.png`, `.jpg` or `.jpeg` (quality 95).
  public static func write(_ picture: Picture, to file: URL) throws {
    switch file.pathExtension.lowercased() {
    case "png": try AtomicFile.write(encodePNG(picture), to: file)
    case "jpg", "jpeg": try AtomicFile.write(encodeJPEG(picture, quality: 95), to: file)
    default:
      throw PictureError(file.relativePath, .unknownEnding(file.pathExtension))
    }
  }

  /// The bytes of a PNG file.
  public static func encodePNG(_ picture: Picture) throws(PictureError) -> Data {
    try PNGCodec.encode(
      picture.pixels, width: picture.width, height: picture.height, channels: picture.channels,
      bytesPerValue: 1, place: "picture \(picture.width) × \(picture.height)")
  }

  /// The bytes of a JPEG file without chroma subsampling; `quality` from 1 to 100.
  public static func encodeJPEG(_ picture: Picture, quality: Int) throws(PictureError) -> Data {
    precondition((1...100).contains(quality), "JPEG: quality \(quality), 1 to 100 wanted")
    return try JPEGCodec.encode(
      picture, quality: quality, place: "picture \(picture.width) × \(picture.height)")
  }

  /// Refuses sizes beyond the limits, and sizes that no file of `byteCount` bytes can hold: zlib
  /// shrinks a row of equal bits some 8000 times, JPEG a flat picture less.
  public static func check(
    width: Int, height: Int, byteCount: Int, place: String
  ) throws(PictureError) {
    let (pixels, overflows) = width.multipliedReportingOverflow(by: height)
    guard width > 0, height > 0, !overflows, pixels <= pixelLimit,
      max(width, height) <= sideLimit
    else { throw PictureError(place, .size(width: width, height: height)) }
    guard pixels <= 10_000 * byteCount else {
      throw PictureError(place, .bomb(width: width, height: height, bytes: byteCount))
    }
  }
}

/// Reads and writes label maps: gray PNG files of 8 or 16 bits; a palette's numbers are labels too.
public enum LabelMapFile {
  /// The labels in `file`, one per pixel.
  public static func read(_ file: URL) throws -> LabelMap {
    try decode(
      BoundedFile.read(file, limit: PictureFile.fileLimit), place: file.relativePath)
  }

  /// As `read`, from bytes at hand; `place` names them in errors.
  public static func decode(_ bytes: Data, place: String) throws(PictureError) -> LabelMap {
    guard bytes.starts(with: PNGCodec.signature) else { throw PictureError(place, .notLabels) }
    let pixels = try PNGCodec.decode(bytes, as: .numbers, place: place)
    let stored = pixels.bytes
    let labels: [UInt16] =
      pixels.bytesPerValue == 1
      ? stored.map(UInt16.init)
      : (0..<(stored.count / 2)).map { index in
        let (first, second) = (UInt16(stored[2 * index]), UInt16(stored[2 * index + 1]))
        return UInt16(littleEndian: first | second << 8)
      }
    return LabelMap(width: pixels.width, height: pixels.height, labels: labels)
  }

  /// Writes 8 bits a pixel where all labels fit, and 16 otherwise.
  public static func write(_ map: LabelMap, to file: URL) throws {
    try AtomicFile.write(encode(map), to: file)
  }

  /// The bytes of the PNG file that `write` writes.
  public static func encode(_ map: LabelMap) throws(PictureError) -> Data {
    let isSmall = map.labels.allSatisfy { $0 <= 255 }
    let bytes: [UInt8] =
      isSmall
      ? map.labels.map { UInt8($0) }
      : map.labels.flatMap { [UInt8($0.littleEndian & 255), UInt8($0.littleEndian >> 8)] }
    return try PNGCodec.encode(
      bytes, width: map.width, height: map.height, channels: 1, bytesPerValue: isSmall ? 1 : 2,
      place: "label map \(map.width) × \(map.height)")
  }
}

/// Why a picture or label map was refused.
public struct PictureError: Explained, Equatable {
  /// What is wrong, with the values found.
  public enum Reason: Equatable, Sendable {
    case empty
    case unknownFormat
    case unknownEnding(String)
    case size(width: Int, height: Int)
    case bomb(width: Int, height: Int, bytes: Int)
    case notLabels
    case codec(format: String, message: String)
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .empty: "the file is empty, a picture was wanted"
    case .unknownFormat: "is neither a PNG nor a JPEG file"
    case .unknownEnding(let ending): "pictures end in .png, .jpg or .jpeg, not '.\(ending)'"
    case .size(let width, let height):
      "the picture is \(width) × \(height) pixels, 1 to \(PictureFile.pixelLimit) pixels are read"
    case .bomb(let width, let height, let bytes):
      "the picture is said to be \(width) × \(height) pixels, \(bytes) bytes cannot hold them"
    case .notLabels: "is not a gray or palette PNG file, as label maps are"
    case .codec(let format, let message): "the \(format) file cannot be used: \(message)"
    }
  }

  public var remedy: String? {
    switch reason {
    case .empty, .codec, .bomb: "the file is cut short or damaged: copy or export it again"
    case .unknownFormat: "convert it to PNG"
    case .unknownEnding: nil
    case .size: "cut the picture into parts"
    case .notLabels: "store one number per pixel, 8 or 16 bits, without colors or transparency"
    }
  }
}
