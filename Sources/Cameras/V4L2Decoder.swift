import CV4L2
import Diagnostics
import Imaging

/// Turns frames of one agreed format into pictures: by our own decoders, or by libv4lconvert where
/// the format is none of theirs.
enum VideoDecoder {
  case own(PixelDecoder)
  case converter(VideoConverter)

  /// - Throws: a `CameraRefusal` where nothing can decode the format.
  init(_ format: VideoFormat, place: String) throws(CameraRefusal) {
    guard let known = PixelFormat(code: format.code) else {
      self = .converter(try VideoConverter(format, place: place))
      return
    }
    do throws(PixelError) {
      self = .own(try PixelDecoder(format.layout(known, place: place), place: place))
    } catch {
      throw CameraRefusal(place, .contradiction(error.problem))
    }
  }

  /// Decodes one frame into `picture`; after a throw it holds nothing that should be shown.
  func decode(_ bytes: RawSpan, into picture: inout Picture) throws {
    switch self {
    case .own(let decoder): try decoder.decode(bytes, into: &picture)
    case .converter(let converter): try converter.decode(bytes, into: &picture)
    }
  }
}

/// libv4lconvert's many formats, to RGB.
///
/// It takes BT.601 in limited range for granted.
final class VideoConverter {
  private let handle: OpaquePointer
  private let place: String
  private var source = v4l2_format()
  private var target = v4l2_format()

  init(_ format: VideoFormat, place: String) throws(CameraRefusal) {
    guard let handle = mirage_converter_create() else {
      throw CameraRefusal(place, .memory(during: "libv4lconvert"))
    }
    self.handle = handle
    self.place = place
    source.type = captureType
    source.fmt.pix.width = UInt32(format.width)
    source.fmt.pix.height = UInt32(format.height)
    source.fmt.pix.pixelformat = format.code
    source.fmt.pix.bytesperline = UInt32(format.bytesPerLine)
    source.fmt.pix.sizeimage = UInt32(format.byteCount)
    target = source
    target.fmt.pix.pixelformat = mirage_v4l2_RGB24
    target.fmt.pix.bytesperline = UInt32(format.width * 3)
    target.fmt.pix.sizeimage = UInt32(format.width * format.height * 3)
  }

  deinit { v4lconvert_destroy(handle) }

  /// - Throws: a `Complaint` with libv4lconvert's words.
  func decode(_ bytes: RawSpan, into picture: inout Picture) throws {
    let (width, height) = (Int(source.fmt.pix.width), Int(source.fmt.pix.height))
    if picture.width != width || picture.height != height || picture.channels != 3 {
      picture = Picture(width: width, height: height)
    }
    let count = bytes.withUnsafeBytes { bytes in
      picture.pixels.withUnsafeMutableBufferPointer { target in
        convert(bytes, into: target)
      }
    }
    guard count == picture.pixels.count else {
      let words = count < 0 ? v4lconvert_get_error_message(handle).map { String(cString: $0) } : nil
      throw Complaint(
        place,
        "\(bytes.byteCount) bytes of \(fourCharacters(source.fmt.pix.pixelformat)) cannot be "
          + "converted: "
          + (words?.split(separator: "\n").first.map(String.init) ?? "\(count) bytes came out"),
        remedy: "choose another format of the camera")
    }
  }

  private func convert(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    guard let address = bytes.bindMemory(to: UInt8.self).baseAddress else { return -1 }
    // The library asks for writable bytes; a driver's mapped buffer is, and it does not write.
    return Int(
      v4lconvert_convert(
        handle, &source, &self.target, UnsafeMutablePointer(mutating: address), Int32(bytes.count),
        target.baseAddress, Int32(target.count)))
  }
}
