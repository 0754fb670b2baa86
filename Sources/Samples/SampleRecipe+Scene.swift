import Hyperspectral
import Imaging

/// A scene made ready for patches: shares of 255 and pretreated spectra of every pixel.
public struct PreparedScene: Sendable {
  public let width: Int
  public let height: Int
  /// `[height, width, 3]`, shares of 255, not standardized.
  public let color: [Float]
  /// `[height, width, channels]`, pretreated, not standardized.
  public let spectra: [Float]
  public let channels: Int

  /// Pretreats each pixel once; `place` is the cube's file.
  public init(
    _ picture: Picture, _ cube: Cube<Reflectance>, recipe: SampleRecipe, place: String
  ) throws {
    guard picture.width == cube.samples, picture.height == cube.lines else {
      throw RecipeError(
        place,
        .sceneSize(
          picture: [picture.width, picture.height], cube: [cube.samples, cube.lines]))
    }
    width = picture.width
    height = picture.height
    color = Self.shares(of: picture)
    let kept = try KeptBands(of: recipe, in: cube.wavelengths, place: place)
    var spectra = [Float](repeating: 0, count: width * height * kept.positions.count)
    var target = 0
    for pixel in 0..<(width * height) {
      for position in kept.positions {
        spectra[target] = cube.values[pixel * cube.bands + position]
        target += 1
      }
    }
    recipe.pretreatment.apply(
      to: &spectra, bands: kept.positions.count, wavelengths: recipe.wavelengths)
    self.spectra = spectra
    channels = recipe.spectralChannels
  }

  /// `[height, width, 3]`, shares of 255; a gray picture counts as equal red, green and blue.
  private static func shares(of picture: Picture) -> [Float] {
    var shares: [Float] = []
    shares.reserveCapacity(picture.width * picture.height * 3)
    for pixel in 0..<(picture.width * picture.height) {
      for channel in 0..<3 {
        let byte = picture.pixels[pixel * picture.channels + min(channel, picture.channels - 1)]
        shares.append(Float(byte) / 255)
      }
    }
    return shares
  }
}

extension SampleRecipe {
  /// Writes the patch around a pixel, `[colorSize, colorSize, 3]`, before standardization.
  ///
  /// Beyond the scene's border the patch is mirrored, the border pixel not repeated.
  public func rawColorPatch(
    of scene: PreparedScene, column: Int, row: Int, into patch: inout [Float], at start: Int = 0
  ) {
    Self.gather(
      scene.color, channels: 3, scene, size: colorSize, column, row, into: &patch, at: start)
  }

  /// Writes the patch around a pixel, `[cubeSize, cubeSize, spectralChannels]`, before
  /// standardization; mirrored as the color patch.
  public func rawCubePatch(
    of scene: PreparedScene, column: Int, row: Int, into patch: inout [Float], at start: Int = 0
  ) {
    Self.gather(
      scene.spectra, channels: scene.channels, scene, size: cubeSize, column, row, into: &patch,
      at: start)
  }

  /// The color patch, standardized.
  public func colorPatch(
    of scene: PreparedScene, column: Int, row: Int, into patch: inout [Float], at start: Int = 0
  ) {
    rawColorPatch(of: scene, column: column, row: row, into: &patch, at: start)
    standardizeColor(&patch, in: start..<(start + colorCount))
  }

  /// The cube patch, standardized.
  public func cubePatch(
    of scene: PreparedScene, column: Int, row: Int, into patch: inout [Float], at start: Int = 0
  ) {
    rawCubePatch(of: scene, column: column, row: row, into: &patch, at: start)
    standardizeSpectra(&patch, in: start..<(start + cubeCount))
  }

  private static func gather(
    _ source: [Float], channels: Int, _ scene: PreparedScene, size: Int, _ column: Int, _ row: Int,
    into patch: inout [Float], at start: Int
  ) {
    precondition(size % 2 == 1, "scene patch: size \(size) has no center")
    precondition(
      start + size * size * channels <= patch.count, "scene patch: too little room behind \(start)")
    let reach = size / 2
    let values = source.span
    var target = patch.mutableSpan
    var place = start
    for y in (row - reach)...(row + reach) {
      let line = mirrored(y, below: scene.height) * scene.width
      for x in (column - reach)...(column + reach) {
        let pixel = (line + mirrored(x, below: scene.width)) * channels
        for channel in 0..<channels { target[place + channel] = values[pixel + channel] }
        place += channels
      }
    }
  }

  /// The position inside `0..<count` that a mirror at each end shows.
  static func mirrored(_ position: Int, below count: Int) -> Int {
    if position >= 0, position < count { return position }
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let inside = ((position % period) + period) % period
    return inside < count ? inside : period - inside
  }
}
