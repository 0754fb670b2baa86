import Foundation
import Hyperspectral
import Tensors
import Units

/// The push-broom camera: bands, optics, noise, and the dark and white references it needs.
struct LineScanner: Sendable {
  static let fullScale: Float = 4095

  let settings: LineScannerSettings
  let wavelengths: [Wavelength]
  let samples: Int
  /// Counts of a white tile, `[samples, bands]`, without the dark level.
  let white: [Float]
  /// Counts without light, `[samples, bands]`.
  let dark: [Float]
  private let tileTilt: Float

  init(_ settings: LineScannerSettings, samples: Int, session: Session, rigSeed: UInt64) {
    self.settings = settings
    self.samples = samples
    tileTilt = Float(session.tileTilt)
    let bands = settings.bands
    let width = 600 / Double(bands)
    wavelengths = (0..<bands).map {
      Wavelength(nanometers: 400 + (Double($0) + 0.5) * width)
    }
    let light =
      Spectrum.lampPhotons(kelvin: Float(session.lampKelvin)) * PlausibleCurves.scannerEfficiency
    let levels = wavelengths.map { light.mean(around: Float($0.nanometers), width: Float(width)) }
    let peak = levels.max() ?? 1
    // Pixels differ by a percent or so, and the lamps fall off towards the edges.
    var random = SplitMix64(seed: rigSeed, purpose: "line detector")
    var white = [Float](repeating: 0, count: samples * bands)
    var dark = white
    for sample in 0..<samples {
      let place = 2 * (Float(sample) + 0.5) / Float(samples) - 1
      let falloff = (1 - 0.22 * place * place) * Float(settings.whiteCounts) / peak
      for band in 0..<bands {
        let index = sample * bands + band
        white[index] = falloff * levels[band] * (1 + 0.012 * random.nextSensorNoise())
        dark[index] = 60 + 3 * random.nextSensorNoise()
      }
    }
    self.white = white
    self.dark = dark
  }

  /// A reflectance as each band sees it, `[bands]`.
  func bandValues(of reflectance: Spectrum) -> [Float] {
    let width = Float(600 / Double(settings.bands))
    return wavelengths.map { reflectance.mean(around: Float($0.nanometers), width: width) }
  }

  /// Deviation of the pixel's footprint on the belt, in millimeters: optics, travel, pixel.
  var footprintDeviation: Float {
    let (blur, pixel) = (Float(settings.blurPixels), Float(settings.pixelMillimeters))
    return pixel * (blur * blur + 1 / 12).squareRoot()
  }

  /// Turns reflectances, `[lines, samples, bands]`, into 12-bit counts with noise.
  func counts(
    of reflectance: [Float], lines: Int, using random: inout SplitMix64
  ) -> Cube<RawCounts> {
    var values = reflectance
    let row = samples * settings.bands
    let photonVariance = 1 / Float(settings.electronsPerCount)
    let readVariance = Float(settings.readNoise * settings.readNoise)
    for line in 0..<lines {
      for index in 0..<row {
        let signal = white[index] * values[line * row + index]
        let deviation = (max(0, signal) * photonVariance + readVariance).squareRoot()
        let noisy = dark[index] + signal + deviation * random.nextSensorNoise()
        // Counts are never negative, so cutting after adding a half rounds.
        values[line * row + index] = Float(Int32(min(Self.fullScale, max(0, noisy)) + 0.5))
      }
    }
    return Cube(lines: lines, samples: samples, wavelengths: wavelengths, values: values)
  }

  /// Lines with the shutter closed.
  func darkReference(using random: inout SplitMix64) -> Cube<RawCounts> {
    reference(of: [Float](repeating: 0, count: settings.bands), using: &random)
  }

  /// Lines of the white tile, whose reflectance is 1 but for its tilt over the range.
  func whiteReference(using random: inout SplitMix64) -> Cube<RawCounts> {
    reference(
      of: wavelengths.map { 1 + tileTilt * Float(($0.nanometers - 700) / 300) }, using: &random)
  }

  /// Lines of one spectrum, `[bands]`, noise included.
  private func reference(
    of spectrum: [Float], using random: inout SplitMix64
  ) -> Cube<RawCounts> {
    let lines = settings.referenceLines
    let values = (0..<(lines * samples)).flatMap { _ in spectrum }
    return counts(of: values, lines: lines, using: &random)
  }
}
