import Hyperspectral
import Units

/// How pixels become model input: the one place of crops, pretreatment and scaling.
///
/// Written into the bundle; the daemon refuses a bundle whose recipe it cannot reproduce.
public struct SampleRecipe: Codable, Equatable, Sendable {
  /// Version of this format and of the code's meaning; another number is refused.
  public static let currentVersion = 1

  public var version = SampleRecipe.currentVersion
  /// Rows and columns of the RGB crop.
  public var colorSize: Int
  /// Rows and columns of the cube crop; `colorSize` is this or twice this.
  public var cubeSize: Int
  /// Side of the square crop on the belt; nil for a scene, where crops are counted in pixels.
  public var cropMillimeters: Double?
  /// Whether what lies outside the piece's mask becomes 0.
  public var masksBackground: Bool
  /// Mean and deviation of R, G, B over training samples, in shares of 255.
  public var colorMean: [Float]
  public var colorDeviation: [Float]
  /// What is done to each spectrum, in order.
  public var pretreatment: SpectralRecipe
  /// Bands that the cube crop keeps, after selection.
  public var wavelengths: [Wavelength]
  /// Mean and deviation of each band after pretreatment, over training samples.
  public var bandMean: [Float]
  public var bandDeviation: [Float]

  public init(
    colorSize: Int, cubeSize: Int, cropMillimeters: Double?, masksBackground: Bool,
    colorMean: [Float] = [0, 0, 0], colorDeviation: [Float] = [1, 1, 1],
    pretreatment: SpectralRecipe = SpectralRecipe(steps: []), wavelengths: [Wavelength] = [],
    bandMean: [Float] = [], bandDeviation: [Float] = []
  ) {
    self.colorSize = colorSize
    self.cubeSize = cubeSize
    self.cropMillimeters = cropMillimeters
    self.masksBackground = masksBackground
    self.colorMean = colorMean
    self.colorDeviation = colorDeviation
    self.pretreatment = pretreatment
    self.wavelengths = wavelengths
    self.bandMean = bandMean
    self.bandDeviation = bandDeviation
  }
}
