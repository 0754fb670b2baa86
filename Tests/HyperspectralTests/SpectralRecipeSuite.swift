import Chemometrics
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

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
