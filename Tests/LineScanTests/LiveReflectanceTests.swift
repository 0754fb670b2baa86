import Foundation
import Hyperspectral
import LineScan
import Tensors
import TestSupport
import Testing
import Units

@Suite("Live reflectance")
struct LiveReflectanceTests {
  /// The simulated camera's counts over its lamp, as a person would record them.
  private func reference(_ level: Float) -> Cube<RawCounts> {
    let format = LineFormat.small
    return Cube(
      lines: 3, samples: format.samples, wavelengths: format.wavelengths ?? [],
      values: [Float](repeating: level, count: 3 * format.countsPerLine))
  }

  @Test("lines from a camera become the spectra that their recording becomes, to the bit")
  func agrees() throws {
    try withTemporaryFolder { folder in
      var recipe = ReflectanceRecipe()
      recipe.bands.ranges = [[450, 800]]
      recipe.pretreatment.steps = [.standardNormalVariate, .logMeanReflectance]
      let calibration = try ReflectanceCalibration(
        dark: DetectorReference(reference(90), name: "dark"),
        white: DetectorReference(reference(4000), name: "white"), recipe: recipe)
      var source = SimulatedLines(.small, settings: SimulatedLines.Settings(lineCount: 25))
      let recording = try LineRecording(
        in: folder, format: source.format, settings: RecordingSettings())
      var corrector = try ReflectanceCorrector(calibration, layout: source.format.layout)
      #expect(corrector.channels == 4)
      var spectra = [Float](repeating: 0, count: corrector.count)
      var live: [Float] = []
      while let line = try source.nextLine() {
        var target = spectra.mutableSpan
        corrector.correct(line.counts.span.bytes, into: &target)
        live += spectra
        try recording.append(line)
      }
      _ = try recording.finish()
      var stored: [Float] = []
      let file = try CubeFile.open(folder.appending(path: "cube.hdr"))
      let report = try ReflectanceCorrector.stream(file, calibration) { _, spectra in
        for place in spectra.indices { stored.append(spectra[place]) }
      }
      #expect(live == stored && live.count == 25 * 16 * 4)
      #expect(report == corrector.report)
    }
  }
}
