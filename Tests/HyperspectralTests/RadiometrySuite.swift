import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Radiometry")
struct RadiometrySuite {
  static func cube(_ values: [Float], samples: Int = 1, bands: Int) -> Cube<RawCounts> {
    Cube(
      lines: values.count / samples / bands, samples: samples,
      wavelengths: (0..<bands).map { Wavelength(nanometers: 400 + 10 * Double($0)) }, values: values
    )
  }

  @Test("counts become the reflectance that NumPy computes", .tags(.golden))
  func golden() throws {
    let (cube, report) = try reflectance(
      of: ENVIFileSuite.cube("counts-bil"), dark: ENVIFileSuite.cube("dark"),
      white: ENVIFileSuite.cube("white"))
    expectClose(
      cube.values, try ENVIFileSuite.golden("reflectance").values, absolute: 1e-5, relative: 1e-5)
    #expect(report.maskedBands.isEmpty && report.defects.isEmpty)
    #expect(report.saturation == 4095 && report.count == 480)
  }

  @Test("exposure and the tile's own reflectance scale the result")
  func scaled() throws {
    var recipe = ReflectanceRecipe()
    recipe.radiometry.integrationTimes = IntegrationTimes(sample: 4, white: 2)
    recipe.radiometry.tile = TileReflectance(0.5)
    let (cube, _) = try reflectance(
      of: Self.cube([50, 90], bands: 2), dark: Self.cube([10, 10, 10, 10], bands: 2),
      white: Self.cube([100, 120, 120, 100], bands: 2), recipe: recipe)
    expectClose(cube.values, [0.1, 0.2], absolute: 1e-6)
  }

  @Test("bands without light in the references are 0 and reported")
  func masked() throws {
    let (cube, report) = try reflectance(
      of: Self.cube([60, 12, 60], bands: 3), dark: Self.cube([10, 10, 10], bands: 3),
      white: Self.cube([110, 10.5, 110], bands: 3))
    expectClose(cube.values, [0.5, 0, 0.5], absolute: 1e-6)
    #expect(report.maskedBands == [1])
    #expect(
      report.warnings == ["1 bands carry no light in the references and are 0 everywhere: 1"])
  }

  @Test("a dead detector element takes the mean of its living neighbors")
  func dead() throws {
    let (cube, report) = try reflectance(
      of: Self.cube([20, 10, 80, 90], samples: 4, bands: 1),
      dark: Self.cube([10, 10, 10, 10], samples: 4, bands: 1),
      white: Self.cube([110, 10, 110, 10], samples: 4, bands: 1))
    expectClose(cube.values, [0.1, 0.4, 0.7, 0.7], absolute: 1e-6)
    #expect(
      report.defects == [1, 3].map { DetectorDefect(sample: $0, band: 0, fault: .dead) })
    #expect(
      report.warnings.first
        == "2 defective detector elements are replaced by their neighbors: 2 dead")
  }

  @Test("clipped and saturated values are counted, and NaN is no light")
  func counted() throws {
    let (cube, report) = try reflectance(
      of: Self.cube([5, 255, 200, .nan], bands: 1), dark: Self.cube([10], bands: 1),
      white: Self.cube([110], bands: 1))
    expectClose(cube.values, [0, 1.2, 1.2, 0], absolute: 1e-6)
    #expect(report.clippedLow == 1 && report.clippedHigh == 2)
    #expect(report.saturation == 255 && report.saturatedCounts == 1)
    #expect(report.saturatedWhiteCounts == 0)
    #expect(
      report.warnings == [
        "25.0 % of the counts are saturated at 255.0", "25.0 % of the values were below 0",
        "50.0 % of the values were above the ceiling",
      ])
  }

  @Test("references of another camera setting, and swapped ones, are refused in words")
  func refused() {
    let counts = Self.cube([50, 90], bands: 2)
    let (dark, white) = (Self.cube([10, 10], bands: 2), Self.cube([110, 110], bands: 2))
    #expect(
      complaint { _ = try reflectance(of: counts, dark: dark, white: Self.cube([1], bands: 1)) }
        == """
        white reference: has 1 samples × 1 bands, the dark reference 1 × 2
          help: record references and sample with the same camera settings
        """)
    let shifted = Cube<RawCounts>(
      lines: 1, samples: 1, wavelengths: [.init(nanometers: 400), .init(nanometers: 412)],
      values: [1, 1])
    #expect(
      complaint { _ = try reflectance(of: counts, dark: shifted, white: white) } == """
        white reference: has band 1 at 410.0 nm, the dark reference at 412.0 nm
          help: record references and sample with the same camera settings
        """)
    #expect(
      complaint { _ = try reflectance(of: counts, dark: white, white: dark) } == """
        white reference: is not brighter than the dark reference in any band
          help: check that the two references are not swapped, and that the lamps were on
        """)
  }
}
