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
    #expect(report.maskedBands.isEmpty && report.deadElements == 0)
    #expect(report.saturation == 4095 && report.count == 480)
  }

  @Test("exposure and the tile's own reflectance scale the result")
  func scaled() throws {
    var options = RadiometryOptions()
    options.exposureRatio = 2
    options.tileReflectance = 0.5
    let (cube, _) = try reflectance(
      of: Self.cube([50, 90], bands: 2), dark: Self.cube([10, 10, 10, 10], bands: 2),
      white: Self.cube([100, 120, 120, 100], bands: 2), options: options)
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
    #expect(report.deadElements == 2)
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
        white reference: has 1 samples × 1 bands, the cube 1 × 2
          help: record references and sample with the same camera settings
        """)
    let shifted = Cube<RawCounts>(
      lines: 1, samples: 1, wavelengths: [.init(nanometers: 400), .init(nanometers: 412)],
      values: [1, 1])
    #expect(
      complaint { _ = try reflectance(of: counts, dark: shifted, white: white) } == """
        dark reference: has band 1 at 412.0 nm, the cube at 410.0 nm
          help: record references and sample with the same camera settings
        """)
    #expect(
      complaint { _ = try reflectance(of: counts, dark: white, white: dark) } == """
        white reference: is not brighter than the dark reference in any band
          help: check that the two references are not swapped, and that the lamps were on
        """)
  }
}

@Suite("Spectral pretreatment")
struct SpectralRecipeSuite {
  static func treated(_ steps: [SpectralRecipe.Step]) throws -> [Float] {
    var spectra = try ENVIFileSuite.golden("spectra").values
    SpectralRecipe(steps: steps).apply(to: &spectra, bands: 16)
    return spectra
  }

  @Test(
    "each step gives what SciPy gives", .tags(.golden),
    arguments: [
      (SpectralRecipe.Step.standardNormalVariate, "snv"), (.smoothed, "smoothed"),
      (.firstDerivative, "derivative"),
    ])
  func golden(step: SpectralRecipe.Step, name: String) throws {
    expectClose(
      try Self.treated([step]), try ENVIFileSuite.golden(name).values, absolute: 2e-5,
      relative: 2e-5)
  }

  @Test("the log-mean channel is that of the spectrum as it came in", .tags(.golden))
  func logMean() throws {
    let recipe = SpectralRecipe(steps: [.standardNormalVariate, .logMeanReflectance])
    #expect(recipe.outputBands(of: 16) == 17)
    let (found, snv) = (try Self.treated(recipe.steps), try ENVIFileSuite.golden("snv").values)
    let means = try ENVIFileSuite.golden("log-mean").values
    for pixel in 0..<30 {
      let row = Array(found[(pixel * 17)..<((pixel + 1) * 17)])
      expectClose(
        Array(row[..<16]), Array(snv[(pixel * 16)..<((pixel + 1) * 16)]), absolute: 2e-5)
      expectClose(row[16], means[pixel], absolute: 1e-5)
    }
  }

  @Test("a spectrum shorter than the window has a shorter window", .tags(.golden))
  func short() throws {
    let spectra = try ENVIFileSuite.golden("spectra").values
    var short = (0..<30).flatMap { spectra[($0 * 16)..<($0 * 16 + 6)] }
    SpectralRecipe(steps: [.smoothed]).apply(to: &short, bands: 6)
    expectClose(short, try ENVIFileSuite.golden("short").values, absolute: 2e-5)
    var single: [Float] = [3, 4]
    SpectralRecipe(steps: [.smoothed, .standardNormalVariate]).apply(to: &single, bands: 1)
    #expect(single == [0, 0])
  }

  @Test("no steps change nothing, and black or flat spectra stay finite")
  func edges() {
    var spectra: [Float] = [0, 0, 0, 0.5, 0.5, 0.5]
    SpectralRecipe(steps: []).apply(to: &spectra, bands: 3)
    #expect(spectra == [0, 0, 0, 0.5, 0.5, 0.5])
    SpectralRecipe(steps: [.standardNormalVariate, .logMeanReflectance])
      .apply(to: &spectra, bands: 3)
    expectClose(spectra, [0, 0, 0, log(0.001), 0, 0, 0, log(0.5)], absolute: 1e-6)
  }
}
