import Diagnostics

/// Turns pictures of three planes, all luma, all Cb, all Cr, into RGB.
///
/// Chroma is that of the nearest sample, as for the formats of cameras.
public struct PlanarDecoder: Sendable {
  /// How many chroma samples there are.
  public enum Sampling: String, Sendable, CaseIterable {
    /// 4:2:0: one for two columns and two rows.
    case halfBoth
    /// 4:2:2: one for two columns.
    case halfWidth
    /// 4:4:4: one for each pixel.
    case full
    /// None: gray.
    case lumaAlone
  }

  public let width: Int
  public let height: Int
  public let sampling: Sampling
  /// Names the file in errors.
  public let place: String
  private let layout: PixelLayout
  private let weights: ColorWeights

  /// A decoder of planes without padding.
  ///
  /// - Throws: a `PixelError` where the size cannot be.
  public init(
    width: Int, height: Int, sampling: Sampling, color: ColorRules, place: String
  ) throws(PixelError) {
    layout = try PixelLayout(.gray, width: width, height: height, color: color, place: place)
    weights = ColorWeights(color)
    self.width = width
    self.height = height
    self.sampling = sampling
    self.place = place
  }

  /// Columns and rows of each chroma plane.
  var chroma: (width: Int, height: Int) {
    switch sampling {
    case .halfBoth: ((width + 1) / 2, (height + 1) / 2)
    case .halfWidth: ((width + 1) / 2, height)
    case .full: (width, height)
    case .lumaAlone: (0, 0)
    }
  }

  /// Bytes of a frame.
  public var byteCount: Int { width * height + 2 * chroma.width * chroma.height }

  /// Decodes one frame into `picture`, which gets this decoder's size and three channels.
  ///
  /// - Throws: a `PixelError` where bytes are missing.
  public func decode(_ bytes: RawSpan, into picture: inout Picture) throws(PixelError) {
    if picture.width != width || picture.height != height || picture.channels != 3 {
      picture = Picture(width: width, height: height)
    }
    guard bytes.byteCount >= byteCount else {
      throw PixelError(
        place, .planes(width: width, height: height, found: bytes.byteCount, wanted: byteCount))
    }
    let kernels = PixelKernels(layout: layout, weights: weights)
    if sampling == .lumaAlone {
      kernels.convert(bytes, into: &picture.pixels)
    } else {
      kernels.convertPlanes(
        bytes, chromaWidth: chroma.width, chromaHeight: chroma.height, into: &picture.pixels)
    }
  }
}
