import Diagnostics

/// Turns a camera's frames into RGB pictures.
///
/// After the first frame nothing is allocated as long as the picture handed in has the layout's
/// size and belongs to the caller alone.
public struct PixelDecoder: Sendable {
  public let layout: PixelLayout
  /// Names the camera or file in errors.
  public let place: String

  private let kernels: PixelKernels
  private let jpeg: FrameJPEG?

  /// A decoder of frames that lie in memory as `layout` says.
  ///
  /// - Throws: a `PixelError` where there is no memory for libjpeg-turbo.
  public init(_ layout: PixelLayout, place: String) throws(PixelError) {
    self.layout = layout
    self.place = place
    kernels = PixelKernels(layout: layout, weights: ColorWeights(layout.color))
    jpeg = layout.format == .motionJPEG ? try FrameJPEG(place: place) : nil
  }

  /// Decodes one frame into `picture`, which gets the layout's size and three channels.
  ///
  /// - Parameter bytes: at least `layout.byteCount` of them; what follows is not looked at. The
  ///   length of an MJPG frame is what the camera filled, not the size of its buffer.
  /// - Throws: a `PixelError` where bytes are missing or a JPEG picture is damaged or has another
  ///   size; `picture` then holds nothing that should be shown.
  public func decode(_ bytes: RawSpan, into picture: inout Picture) throws(PixelError) {
    if picture.width != layout.width || picture.height != layout.height || picture.channels != 3 {
      picture = Picture(width: layout.width, height: layout.height)
    }
    if let jpeg {
      try jpeg.decode(
        bytes, into: &picture.pixels, width: layout.width, height: layout.height, place: place)
      return
    }
    guard bytes.byteCount >= layout.byteCount else {
      throw PixelError(place, .short(layout, found: bytes.byteCount))
    }
    kernels.convert(bytes, into: &picture.pixels)
  }
}
