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
    try values.read(&radiometry, .radiometry)
    try values.read(&distortion, .distortion)
    try values.read(&bands, .bands)
    try values.read(&pretreatment, .pretreatment)
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case version, radiometry, distortion, bands, pretreatment
  }

  /// Reads a recipe from a JSON file.
  public static func read(_ file: URL) throws -> ReflectanceRecipe {
    try JSONFile.read(ReflectanceRecipe.self, at: file)
  }
}
