import Diagnostics
import Foundation

/// The whole way from stored counts to what a model sees of a spectrum, as one value that is
/// stored and compared.
///
/// Training and live use hand the same value to the same `ReflectanceCorrector`. In JSON a key, a
/// step or a version that this program does not know is refused by name.
public struct ReflectanceRecipe: Codable, Equatable, Sendable {
  /// Version of this format and of the code's meaning; another number is refused.
  public static let currentVersion = 1

  public var version = ReflectanceRecipe.currentVersion
  /// The center of each stored band in nanometers, in place of what cubes say: those of a
  /// wavelength calibration; nil leaves theirs.
  public var wavelengths: [Double]?
  /// References that belong to the recipe; nil where each recording names its own.
  public var references: ReferenceFiles?
  /// From counts to reflectance.
  public var radiometry = RadiometryOptions()
  /// Smile and keystone, which are undone after that.
  public var distortion = DetectorDistortion()
  /// Which bands are kept, binned, resampled.
  public var bands = BandPlan()
  /// What is done to each spectrum at the end.
  public var pretreatment = SpectralRecipe(steps: [])

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&version, .version)
    try values.check(
      .version, "version \(Self.currentVersion)", version == Self.currentVersion)
    wavelengths = try values.decodeIfPresent([Double].self, forKey: .wavelengths)
    references = try values.decodeIfPresent(ReferenceFiles.self, forKey: .references)
    try values.check(
      .wavelengths, "a list of nanometers above 0",
      wavelengths?.allSatisfy { $0 > 0 && $0.isFinite } ?? true)
    try values.read(&radiometry, .radiometry)
    try values.read(&distortion, .distortion)
    try values.read(&bands, .bands)
    try values.read(&pretreatment, .pretreatment)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case version, wavelengths, references, radiometry, distortion, bands, pretreatment
  }

  /// Reads a recipe from a JSON file.
  public static func read(_ file: URL) throws -> ReflectanceRecipe {
    try JSONFile.read(ReflectanceRecipe.self, at: file)
  }
}

/// Where a recipe's dark and white references lie: paths beside the recipe's own file.
public struct ReferenceFiles: Codable, Equatable, Sendable {
  public var dark: String
  public var white: String

  public init(dark: String, white: String) {
    self.dark = dark
    self.white = white
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    dark = try values.decode(String.self, forKey: .dark)
    white = try values.decode(String.self, forKey: .white)
    let wanted = "the name of a file beside the recipe"
    try values.check(.dark, wanted, Self.isBeside(dark))
    try values.check(.white, wanted, Self.isBeside(white))
  }

  enum CodingKeys: String, CodingKey, CaseIterable { case dark, white }

  private static func isBeside(_ name: String) -> Bool {
    !name.isEmpty && !name.contains("/") && !name.contains("\\") && !name.contains("\0")
      && name != "." && name != ".."
  }
}
