import Diagnostics
import Foundation
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Calibrated wavelengths")
struct CalibratedWavelengthSuite {
  private func cube(_ level: Float, bands: Int = 4) -> Cube<RawCounts> {
    Cube(
      lines: 2, samples: 3,
      wavelengths: (0..<bands).map { Wavelength(nanometers: 500 + 10 * Double($0)) },
      values: [Float](repeating: level, count: 6 * bands))
  }

  @Test("a recipe's wavelengths stand for those of the headers, in all that follows")
  func named() throws {
    var recipe = ReflectanceRecipe()
    recipe.wavelengths = [612, 623, 634, 645]
    recipe.bands.ranges = [[620, 640]]
    let (result, _) = try reflectance(
      of: cube(600), dark: cube(100), white: cube(1100), recipe: recipe)
    #expect(result.wavelengths.map(\.nanometers) == [623, 634])
    #expect(result.values == [Float](repeating: 0.5, count: 12))
  }

  @Test("as many as bands are wanted")
  func counted() {
    var recipe = ReflectanceRecipe()
    recipe.wavelengths = [612, 623]
    #expect(
      complaint {
        _ = try reflectance(of: cube(600), dark: cube(100), white: cube(1100), recipe: recipe)
      } == """
        dark reference: has 4 bands, the recipe's 'wavelengths' name 2
          help: use the camera and binning that the wavelengths were calibrated with
        """)
  }

  @Test("cubes without wavelengths of their own are read with those of the recipe")
  func unnamed() throws {
    try withTemporaryFolder { folder in
      for (name, level) in [("cube", Float(600)), ("dark", 100), ("white", 1100)] {
        let file = folder.appending(path: "\(name).hdr")
        try ENVIFile.write(cube(level), to: file)
        let text = try String(contentsOf: file, encoding: .utf8)
        let kept = text.split(separator: "\n").filter { !$0.hasPrefix("wavelength") }
        try Data(kept.joined(separator: "\n").utf8).write(to: file)
      }
      func open(_ name: String) throws -> any CubeReader {
        try CubeFile.open(folder.appending(path: "\(name).hdr"))
      }
      var recipe = ReflectanceRecipe()
      recipe.wavelengths = [612, 623, 634, 645]
      let (result, _) = try reflectance(
        of: open("cube"), dark: open("dark"), white: open("white"), recipe: recipe)
      #expect(result.wavelengths.map(\.nanometers) == [612, 623, 634, 645])
    }
  }

  @Test("a recipe names its references by files beside it only")
  func references() throws {
    let text = "{ references: { dark: 'dark.hdr', white: 'white.hdr' } }"
    let recipe = try ReflectanceRecipeSuite.recipe(text)
    #expect(recipe.references == ReferenceFiles(dark: "dark.hdr", white: "white.hdr"))
    #expect(
      complaint {
        _ = try ReflectanceRecipeSuite.recipe("{ references: { dark: '../d', white: 'w' } }")
      }.hasPrefix(
        "recipe.json: 'references.dark': the name of a file beside the recipe was wanted"))
  }
}
