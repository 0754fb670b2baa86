import Diagnostics
import Hyperspectral
import Units

/// What a person chooses about samples; a recipe is this and what the recordings add to it.
public struct RecipeOptions: Codable, Equatable, Sendable {
  /// Rows and columns of the RGB crop.
  public var colorSize: Int
  /// Rows and columns of the cube crop; `colorSize` is this or twice this.
  public var cubeSize: Int
  /// Side of the crop on the belt; nil for a scene.
  public var cropMillimeters: Double?
  public var masksBackground: Bool
  public var pretreatment: SpectralRecipe
  public var bands: BandChoice

  public init(
    colorSize: Int, cubeSize: Int, cropMillimeters: Double?, masksBackground: Bool = true,
    pretreatment: SpectralRecipe = SpectralRecipe(steps: []), bands: BandChoice = BandChoice()
  ) {
    self.colorSize = colorSize
    self.cubeSize = cubeSize
    self.cropMillimeters = cropMillimeters
    self.masksBackground = masksBackground
    self.pretreatment = pretreatment
    self.bands = bands
  }

  /// Patches of a scene, `size` × `size` pixels for both sensors.
  public static func scene(
    patch size: Int, pretreatment: SpectralRecipe = SpectralRecipe(steps: []),
    bands: BandChoice = BandChoice()
  ) -> RecipeOptions {
    RecipeOptions(
      colorSize: size, cubeSize: size, cropMillimeters: nil, masksBackground: false,
      pretreatment: pretreatment, bands: bands)
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case colorSize, cubeSize, cropMillimeters, masksBackground, pretreatment, bands
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
    self.init(
      colorSize: try container.decode(Int.self, forKey: .colorSize),
      cubeSize: try container.decode(Int.self, forKey: .cubeSize),
      cropMillimeters: try container.decodeIfPresent(Double.self, forKey: .cropMillimeters),
      masksBackground: try container.decodeIfPresent(Bool.self, forKey: .masksBackground) ?? true,
      pretreatment: try container.decodeIfPresent(SpectralRecipe.self, forKey: .pretreatment)
        ?? SpectralRecipe(steps: []),
      bands: try container.decodeIfPresent(BandChoice.self, forKey: .bands) ?? BandChoice())
  }

  /// A recipe for cubes with these bands whose mean is 0 and deviation 1 everywhere, to be fitted.
  ///
  /// `pretreatment` takes the place of the options' own, such as that one fitted to training
  /// spectra. `place` names the cube or setting in errors.
  public func unfittedRecipe(
    for wavelengths: [Wavelength], pretreatment: SpectralRecipe? = nil, place: String
  ) throws(RecipeError) -> SampleRecipe {
    var recipe = SampleRecipe(
      colorSize: colorSize, cubeSize: cubeSize, cropMillimeters: cropMillimeters,
      masksBackground: cropMillimeters != nil && masksBackground,
      pretreatment: pretreatment ?? self.pretreatment,
      wavelengths: try bands.applied(to: wavelengths, place: place))
    recipe.bandMean = [Float](repeating: 0, count: recipe.spectralChannels)
    recipe.bandDeviation = [Float](repeating: 1, count: recipe.spectralChannels)
    try recipe.check(place: place)
    return recipe
  }
}
