import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Dark and white references")
struct DetectorReferenceSuite {
  @Test("a passing speck changes nothing, and the mean of the rest is exact")
  func robust() throws {
    // Ten lines of one element; two at each end are left out.
    let counts: [Float] = [10, 11, 12, 13, 14, 15, 16, 17, 4000, 0]
    let cube = RadiometrySuite.cube(counts, bands: 1)
    #expect(try DetectorReference(cube, name: "dark").average == [13.5])
    var options = RadiometryOptions()
    options.trimmedShare = 0
    #expect(
      try DetectorReference(cube, name: "dark", options: options).average
        == [counts.reduce(0, +) / 10])
    options.trimmedShare = 0.5
    #expect(try DetectorReference(cube, name: "dark", options: options).average == [13.5])
    let broken = RadiometrySuite.cube([.nan, 3, .nan, .nan], bands: 2)
    let reference = try DetectorReference(broken, name: "dark")
    #expect(reference.average[0].isNaN && reference.average[1] == 3)
  }

  @Test("of a long recording some lines are looked at, from all of it")
  func long() throws {
    let lines = DetectorReference.lineLimit * 3
    let cube = RadiometrySuite.cube((0..<lines).map { Float($0) }, bands: 1)
    let reference = try DetectorReference(cube, name: "white")
    #expect(reference.lines == DetectorReference.lineLimit)
    expectClose(reference.average[0], Float(lines) / 2, absolute: 4)
    #expect(
      complaint {
        _ = try DetectorReference(RadiometrySuite.cube([], bands: 1), name: "white reference")
      } == "white reference: has no lines, one or more were wanted")
  }

  @Test("dead, hot, deviant, noisy and listed elements are found, and no others")
  func defects() throws {
    let (samples, bands, lines) = (40, 6, 12)
    var random = SplitMix64(seed: 31)
    var wanted: Set<DetectorDefect> = [
      DetectorDefect(sample: 4, band: 1, fault: .dead),
      DetectorDefect(sample: 11, band: 2, fault: .hot),
      DetectorDefect(sample: 20, band: 3, fault: .deviant),
      DetectorDefect(sample: 33, band: 4, fault: .noisy),
    ]
    let axis = (0..<bands).map { Wavelength(nanometers: 900 + 10 * Double($0)) }
    func cube(_ count: (Int, Int) -> Double) -> Cube<RawCounts> {
      Cube(
        lines: lines, samples: samples, wavelengths: axis,
        values: (0..<(lines * samples * bands)).map {
          Float(count($0 / bands % samples, $0 % bands).rounded())
        })
    }
    let dark = cube { sample, band in
      (sample, band) == (11, 2) ? 900 + random.nextNormal() : 100 + 2 * random.nextNormal()
    }
    let white = cube { sample, band in
      let lamp = 2500 - 30 * Double(sample) + 100 * Double(band)
      return switch (sample, band) {
      case (4, 1): 100
      case (20, 3): lamp / 4
      case (33, 4): lamp + 400 * random.nextNormal()
      default: lamp + 4 * random.nextNormal()
      }
    }
    var recipe = ReflectanceRecipe()
    recipe.radiometry.defects.known = [[7, 0]]
    wanted.insert(DetectorDefect(sample: 7, band: 0, fault: .listed))
    let calibration = try ReflectanceCalibration(
      dark: DetectorReference(dark, name: "dark"), white: DetectorReference(white, name: "white"),
      recipe: recipe)
    #expect(Set(calibration.report.defects) == wanted)
    #expect(
      calibration.report.warnings == [
        "5 defective detector elements are replaced by their neighbors: 1 dead, 1 hot, 1 deviant,"
          + " 1 noisy, 1 listed"
      ])
    // Each takes the mean of its two neighbors, whatever it saw itself.
    var corrector = try ReflectanceCorrector(
      calibration,
      layout: LineLayout(samples: samples, bands: bands, type: .float32, interleave: .bip))
    let level: [Float] = (0..<(samples * bands)).map { 800 + Float($0) }
    let found = corrector.corrected(ScalarType.float32.encode(level))
    for defect in wanted {
      let place = defect.sample * bands + defect.band
      expectClose(
        found[place], (found[place - bands] + found[place + bands]) / 2, absolute: 1e-6)
    }
  }

  @Test("dark level and light are scaled to the sample's integration time")
  func integrationTimes() throws {
    // Counts = 50 + t · (3 + 100 · R).
    var recipe = ReflectanceRecipe()
    recipe.radiometry.integrationTimes = IntegrationTimes(
      sample: 4, dark: 2, white: 1, bias: 50)
    let (cube, _) = try reflectance(
      of: RadiometrySuite.cube([50 + 4 * (3 + 100 * 0.25)], bands: 1),
      dark: RadiometrySuite.cube([50 + 2 * 3], bands: 1),
      white: RadiometrySuite.cube([50 + 1 * (3 + 100)], bands: 1), recipe: recipe)
    expectClose(cube.values, [0.25], absolute: 1e-6)
  }
}
