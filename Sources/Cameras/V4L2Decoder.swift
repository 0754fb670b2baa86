import Imaging

/// Turns frames of one agreed format into pictures: by our own decoders, or by libv4lconvert where
/// the format is none of theirs.
enum VideoDecoder {
  case own(PixelDecoder)
  case converter(VideoConverter)

  /// - Throws: a `CameraRefusal` where nothing can decode the format.
  init(_ format: VideoFormat, place: String) throws(CameraRefusal) {
    guard let known = PixelFormat(code: format.code) else {
      guard let converted = ConvertedFormat(code: format.code) else {
        throw CameraRefusal(place, .undecodable(format: format.name))
      }
      self = .converter(try VideoConverter(converted, format, place: place))
      return
    }
    do throws(PixelError) {
      self = .own(try PixelDecoder(format.layout(known, place: place), place: place))
    } catch {
      throw CameraRefusal(place, .contradiction(error.problem))
    }
  }

  /// Whether anything decodes the format that V4L2 knows by this number.
  static func knows(_ code: UInt32) -> Bool {
    PixelFormat(code: code) != nil || ConvertedFormat(code: code) != nil
  }

  /// Decodes one frame into `picture`; after a throw it holds nothing that should be shown.
  func decode(_ bytes: RawSpan, into picture: inout Picture) throws {
    switch self {
    case .own(let decoder): try decoder.decode(bytes, into: &picture)
    case .converter(let converter): try converter.decode(bytes, into: &picture)
    }
  }
}
