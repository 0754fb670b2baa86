import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Samples
import Tensors
import TestSupport
import Testing
import Units

@Suite("Scene patches")
struct ScenePatchTests {
  static func scene(_ recipe: SampleRecipe, width: Int = 6, height: Int = 5) throws
    -> PreparedScene
  {
    var picture = Picture(width: width, height: height)
    for place in picture.pixels.indices { picture.pixels[place] = UInt8(place) }
    let cube = Cube<Reflectance>(
      lines: height, samples: width, wavelengths: recipe.wavelengths,
      values: (0..<(width * height * recipe.wavelengths.count)).map { Float($0) })
    return try PreparedScene(picture, cube, recipe: recipe, place: "cube.hdr")
  }

  @Test("a patch at the corner is mirrored without repeating the border")
  func corner() throws {
    let recipe = makeRecipe(color: 5, cube: 5, millimeters: nil, masks: false, bands: 2)
    let scene = try Self.scene(recipe)
    var patch = [Float](repeating: 0, count: recipe.cubeCount)
    recipe.rawCubePatch(of: scene, column: 0, row: 4, into: &patch)
    var wanted: [Float] = []
    for row in [2, 3, 4, 3, 2] {
      for column in [2, 1, 0, 1, 2] {
        wanted += [Float((row * 6 + column) * 2), Float((row * 6 + column) * 2 + 1)]
      }
    }
    #expect(patch == wanted)
  }

  @Test("color and cube patches have the same center, in shares of 255 and in reflectance")
  func center() throws {
    let recipe = makeRecipe(color: 3, cube: 3, millimeters: nil, masks: false, bands: 2)
    let scene = try Self.scene(recipe)
    var color = [Float](repeating: 0, count: recipe.colorCount)
    var spectra = [Float](repeating: 0, count: recipe.cubeCount)
    recipe.colorPatch(of: scene, column: 3, row: 2, into: &color)
    recipe.cubePatch(of: scene, column: 3, row: 2, into: &spectra)
    expectClose(Array(color[12..<15]), [45, 46, 47].map { Float($0) / 255 }, absolute: 1e-6)
    #expect(Array(spectra[8..<10]) == [30, 31])
  }

  @Test("a picture of another size than the cube is refused with both sizes")
  func sizes() {
    let recipe = makeRecipe(color: 3, cube: 3, millimeters: nil, masks: false, bands: 1)
    let cube = Cube<Reflectance>(
      lines: 2, samples: 3, wavelengths: recipe.wavelengths, values: [0, 0, 0, 0, 0, 0])
    #expect(
      complaint {
        _ = try PreparedScene(
          Picture(width: 2, height: 2), cube, recipe: recipe, place: "cube.hdr")
      } == "cube.hdr: the picture is 2 × 2 but the cube 3 × 2")
  }
}

@Suite("Recipe")
struct RecipeTests {
  @Test("statistics come from the given samples alone, background left out")
  func fit() {
    var recipe = makeRecipe(color: 2, cube: 1, bands: 2)
    // Three samples of one pixel with two bands; the middle one is background.
    recipe.fitSpectra(to: [1, 10, .nan, .nan, 3, 10, 500, 600], samples: [0, 1, 2])
    #expect(recipe.bandMean == [2, 10])
    #expect(recipe.bandDeviation == [1, 1])
    let crops: [Float] = (0..<24).map { Float($0) }
    recipe.fitColor(to: crops, samples: [1])
    expectClose(recipe.colorMean, [16.5, 17.5, 18.5], absolute: 1e-6)
    let deviation = Float((4.5 * 4.5 + 1.5 * 1.5) / 2).squareRoot()
    expectClose(recipe.colorDeviation, [deviation, deviation, deviation], absolute: 1e-6)
  }

  @Test("the digest follows every number and nothing else")
  func digest() throws {
    let recipe = makeRecipe()
    var other = recipe
    #expect(try recipe.digest == other.digest)
    other.bandMean[3] += 1e-6
    #expect(try recipe.digest != other.digest)
    let read = try JSONFile.decode(
      SampleRecipe.self, from: try JSONFile.encode(recipe), place: "recipe")
    #expect(read == recipe)
    #expect(try read.digest == recipe.digest)
  }

  @Test(
    "a recipe that cannot be reproduced is refused",
    arguments: [
      Refusal(
        { $0.version = 2 },
        "bundle: recipe version 2, version 1 was wanted\n"
          + "  help: make the bundle again with this version of Mirage"
      ),
      Refusal(
        { $0.colorSize = 9 },
        "bundle: crops of 9 pixels (color) and 4 (cube); "
          + "color must be the same or twice as many"
      ),
      Refusal({ $0.cropMillimeters = 0 }, "bundle: a crop of 0.0 mm, a length above 0 was wanted"),
      Refusal({ $0.bandMean = [1] }, "bundle: 'bandMean' has 1 numbers, 5 were wanted"),
      Refusal(
        { $0.bandDeviation[2] = 0 },
        "bundle: 'bandDeviation' has a number that is not above 0"
      ),
      Refusal(
        { $0.cropMillimeters = nil },
        "bundle: a patch of 4 pixels has no center; "
          + "a scene wants equal odd sizes for both sensors"
      ),
      Refusal({ $0.wavelengths = [] }, "bundle: no band is left by the choice of wavelengths"),
    ] as [Refusal<SampleRecipe>])
  func refusals(refusal: Refusal<SampleRecipe>) {
    var recipe = makeRecipe()
    refusal.change(&recipe)
    let found = recipe
    #expect(complaint { try found.check(place: "bundle") } == refusal.message)
  }

  @Test("a choice of bands sorts them, limits them and takes every so many")
  func bands() throws {
    let cube = [700.0, 400, 500, 600, 800].map { Wavelength(nanometers: $0) }
    let choice = BandChoice(fromNanometers: 450, toNanometers: 800, every: 2)
    #expect(
      try choice.applied(to: cube, place: "cube").map(\.nanometers) == [500, 700])
    #expect(
      complaint { _ = try BandChoice(fromNanometers: 900).applied(to: cube, place: "cube") }
        == "cube: no band is left by the choice of wavelengths")
  }

  @Test("pieces are listed by number with their boxes")
  func regions() {
    let map = makeMap(width: 10, height: 8, [(9, 1..<3, 2..<7), (2, 5..<10, 0..<1)])
    #expect(
      PieceRegion.all(in: map) == [
        PieceRegion(number: 2, columns: 5...9, rows: 0...0, pixelCount: 5),
        PieceRegion(number: 9, columns: 1...2, rows: 2...6, pixelCount: 10),
      ])
  }
}

/// A change that makes a value wrong, and what a person is told then.
struct Refusal<Value>: Sendable {
  let change: @Sendable (inout Value) -> Void
  let message: String

  init(_ change: @escaping @Sendable (inout Value) -> Void, _ message: String) {
    self.change = change
    self.message = message
  }
}
