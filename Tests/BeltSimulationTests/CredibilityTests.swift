import BeltSimulation
import Foundation
import Imaging
import Testing

/// To a camera, the simulated scrap is to look like real scrap.
@Suite("Credibility")
struct CredibilityTests {
  /// Chromaticity r, g, b measured on a real scene of mixed scrap: mean and deviation per pixel.
  struct Measured: Sendable, CustomTestStringConvertible {
    let material: Material
    let mean: [Double]
    let deviation: [Double]
    var testDescription: String { material.rawValue }
  }

  static let measured = [
    Measured(
      material: .copper, mean: [0.364, 0.322, 0.313], deviation: [0.020, 0.016, 0.018]),
    Measured(
      material: .brass, mean: [0.354, 0.332, 0.314], deviation: [0.019, 0.018, 0.020]),
    Measured(
      material: .aluminium, mean: [0.338, 0.332, 0.330], deviation: [0.012, 0.012, 0.014]),
  ]

  @Test("chromaticity of each metal lies within two measured deviations", arguments: measured)
  func chromaticity(of measured: Measured) {
    var metals = MetalsSettings()
    metals.materials = [measured.material]
    var settings = BeltSettings()
    settings.scene = .metals(metals)
    let recording = SimulatedBelt(settings, seed: 3).recording(section: 0)
    #expect(recording.pieces.count > 10)
    var pixels: [[Double]] = []
    for (index, number) in recording.pieceNumbers.labels.enumerated() where number > 0 {
      let rgb = (0..<3).map { Double(recording.picture.pixels[index * 3 + $0]) }
      let sum = rgb.reduce(0, +)
      if sum > 0 { pixels.append(rgb.map { $0 / sum }) }
    }
    for channel in 0..<3 {
      let values = pixels.map { $0[channel] }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      let wanted = measured.deviation[channel]
      #expect(abs(mean - measured.mean[channel]) < 2 * wanted, "channel \(channel): mean \(mean)")
      let ratio = variance.squareRoot() / wanted
      #expect(ratio > 0.4 && ratio < 2.2, "channel \(channel): deviation × \(ratio)")
    }
  }

  @Test("the empty belt is about as dark as a real one, 22 of 255")
  func beltLevel() {
    var settings = SimulatedBeltTests.small()
    settings.piecesPerSection = 0
    let picture = SimulatedBelt(settings, seed: 1).picture(atBeltMillimeters: 0)
    let mean = picture.pixels.reduce(0.0) { $0 + Double($1) } / Double(picture.pixels.count)
    #expect(abs(mean - 22) < 6, "\(mean)")
  }

  @Test("reflectance computed with the references is that of clean aluminium, dip included")
  func aluminiumDip() throws {
    var metals = MetalsSettings()
    metals.materials = [.aluminium]
    (metals.oxide, metals.dirt, metals.paintShare, metals.cakedShare) = (0, 0, 0, 0)
    var settings = SimulatedBeltTests.small(.metals(metals), pieces: 4)
    settings.session.tileTilt = 0
    let recording = SimulatedBelt(settings, seed: 2).recording(section: 0)
    let spectrum = meanSpectrum(of: recording)
    let nanometers = recording.counts.wavelengths.map(\.nanometers)
    func level(_ wanted: Double) throws -> Double {
      let band = try #require(
        nanometers.indices.min {
          abs(nanometers[$0] - wanted) < abs(nanometers[$1] - wanted)
        })
      return spectrum[band]
    }
    // Fresnel with the measured constants: 0.911 at 600 nm, 0.858 near 825 nm, 0.941 at 1000 nm.
    let (visible, dip, infrared) = (try level(600), try level(825), try level(980))
    #expect(abs(dip / visible - 0.865 / 0.911) < 0.02, "\(dip / visible)")
    #expect(abs(infrared / visible - 0.934 / 0.911) < 0.02, "\(infrared / visible)")
  }

  @Test("references are sane: dark far below white, both steady along the lines")
  func references() {
    let recording = SimulatedBelt(SimulatedBeltTests.small(), seed: 5).recording(section: 0)
    let (dark, white) = (recording.dark, recording.white)
    #expect(dark.samples == recording.counts.samples && white.bands == recording.counts.bands)
    let row = dark.samples * dark.bands
    #expect(dark.values.allSatisfy { $0 > 20 && $0 < 120 && $0 == $0.rounded() })
    let whiteMean = white.values[..<row].reduce(0, +) / Float(row)
    #expect(whiteMean > 500 && white.values.allSatisfy { $0 < 4095 })
    // Between two lines only noise differs: no more than a few percent of the mean.
    let difference = (0..<row).reduce(Float(0)) {
      $0 + abs(white.values[$1] - white.values[row + $1])
    }
    #expect(difference / Float(row) < 0.03 * whiteMean)
    #expect(recording.counts.values.allSatisfy { $0 >= 0 && $0 <= 4095 })
  }

  /// Mean reflectance over the brightest half of what is not belt, `[bands]`.
  private func meanSpectrum(of recording: SimulatedRecording) -> [Double] {
    let (counts, bands) = (recording.counts, recording.counts.bands)
    func mean(_ values: [Float]) -> [Float] {
      let row = counts.samples * bands
      let lines = values.count / row
      return (0..<row).map { index in
        (0..<lines).reduce(Float(0)) { $0 + values[$1 * row + index] } / Float(lines)
      }
    }
    let (dark, white) = (mean(recording.dark.values), mean(recording.white.values))
    var sum = [Double](repeating: 0, count: bands)
    for pixel in 0..<(counts.lines * counts.samples) {
      let start = (pixel % counts.samples) * bands
      let spectrum = (0..<bands).map { band in
        (counts.values[pixel * bands + band] - dark[start + band])
          / (white[start + band] - dark[start + band])
      }
      // Neither belt nor glints at the end of the scale.
      guard spectrum[20] > 0.2, spectrum[20] < 1.2 else { continue }
      for band in 0..<bands { sum[band] += Double(spectrum[band]) }
    }
    return sum
  }
}
