import CameraCalibration
import Foundation
import Hyperspectral
import Tensors
import Units

/// How a simulated hyperspectral camera spreads light over its detector; the truth that a
/// wavelength calibration has to find.
public struct SimulatedSpectrograph: Codable, Equatable, Sendable {
  public var samples: Int
  public var bands: Int
  /// Wavelengths of the first and the last band in the middle column, in nanometers.
  public var low: Double
  public var high: Double
  /// By how much the middle band's wavelength leaves the straight line, as a share of half the
  /// range, and the same of a cubic bend.
  public var bow = 0.0
  public var twist = 0.0
  /// Full width at half maximum of a line, in nanometers.
  public var width: Double
  /// Nanometers by which the outermost columns' wavelengths exceed those of the middle: smile.
  public var smile = 0.0
  /// The same, growing from the left to the right: a tilted detector.
  public var tilt = 0.0
  public var fullScale = 4095.0

  public init(samples: Int, bands: Int, range: ClosedRange<Double>, width: Double) {
    self.samples = samples
    self.bands = bands
    low = range.lowerBound
    high = range.upperBound
    self.width = width
  }

  /// The wavelength at a place on the detector.
  public func nanometers(band: Double, column: Double? = nil) -> Double {
    let u = 2 * band / Double(bands - 1) - 1
    let straight = u + bow * (1 - u * u) + twist * (u * u * u - u)
    var shift = 0.0
    if let column, samples > 1 {
      let v = 2 * column / Double(samples - 1) - 1
      shift = smile * v * v + tilt * v
    }
    return (low + high) / 2 + (high - low) / 2 * straight + shift
  }

  /// The place at which a column sees a wavelength; beyond the detector where it does not.
  public func band(of nanometers: Double, column: Double? = nil) -> Double {
    var (left, right) = (-0.4 * Double(bands), 1.4 * Double(bands))
    for _ in 0..<60 {
      let middle = (left + right) / 2
      if self.nanometers(band: middle, column: column) < nanometers {
        left = middle
      } else {
        right = middle
      }
    }
    return (left + right) / 2
  }

  /// Nanometers from band to band at a place.
  func dispersion(at band: Double) -> Double {
    nanometers(band: band + 0.5) - nanometers(band: band - 0.5)
  }

  /// Counts that a lamp's lines add to each band of a column, without noise; a line of strength 1
  /// has a height of 1 where the detector is most sensitive.
  public func spectrum(
    of lines: [LampLine], column: Double? = nil,
    sensitivity: (_ place: Double) -> Double = { _ in 1 }
  ) -> [Double] {
    var counts = [Double](repeating: 0, count: bands)
    for line in lines {
      let middle = band(of: line.nanometers, column: column)
      let deviation = width / dispersion(at: middle) / 2.354_820_045
      let reach = 6 * deviation + 1
      let first = min(bands, max(0, Int(middle - reach)))
      let last = max(first, min(bands, Int(max(0, middle + reach)) + 1))
      let top = erf(0.5 / deviation / 2.0.squareRoot())
      for band in first..<last {
        // A band collects what falls between its borders.
        let scale = 1 / deviation / 2.0.squareRoot()
        let share =
          0.5
          * (erf((Double(band) + 0.5 - middle) * scale)
            - erf((Double(band) - 0.5 - middle) * scale))
        counts[band] +=
          line.strength * sensitivity(Double(band) / Double(bands - 1)) * share / top
      }
    }
    return counts
  }

  /// Noise of a count: photons and readout, averaged over some lines.
  func noisy(
    _ level: Double, averaged lines: Double = 1, using random: inout some RandomNumberGenerator
  ) -> Double {
    let deviation = ((max(0, level - 60) / 8 + 6) / lines).squareRoot()
    return min(fullScale, max(0, level + deviation * random.nextNormal()))
  }
}

/// A random camera before a random lamp, with what went wrong: the cases on which automatic
/// matching is proved.
public struct SimulatedLampCase: Sendable {
  public let camera: SimulatedSpectrograph
  public let elements: [LampElement]
  /// What the lamp really emits, lines that no list knows included.
  public let lines: [LampLine]
  /// Counts of the middle columns, `[bands]`.
  public let spectrum: [Double]
  /// Wavelengths that the tool begins with: tilted, shifted and up to a fifth wrong.
  public let start: [Double]

  private static let lamps: [[LampElement]] = [
    [.mercury, .argon], [.mercury, .argon, .neon], [.argon, .krypton], [.neon], [.mercury, .neon],
    [.xenon, .argon], [.krypton, .xenon], [.mercury, .argon, .krypton, .neon],
  ]

  /// Cameras: as Specim's FX10 (224 bands, 400 to 1000 nm, 5.5 nm), twice and four times as fine,
  /// and as FX17 (900 to 1700 nm, 8 nm).
  ///
  /// Of the lamp's lines up to 35 % are missing, all strengths differ by a factor of two or so, and
  /// up to four lines are strangers. Counts have noise, a background and an end. The start's
  /// dispersion is up to 20 % wrong and its middle up to 15 % of the range.
  public init(seed: UInt64) {
    var random = SplitMix64(seed: seed, purpose: "lamp cases")
    var camera: SimulatedSpectrograph
    switch random.nextIndex(below: 4) {
    case 0: camera = .init(samples: 1, bands: 224, range: 400...1000, width: 5.5)
    case 1: camera = .init(samples: 1, bands: 448, range: 400...1000, width: 3.5)
    case 2: camera = .init(samples: 1, bands: 800, range: 380...980, width: 2)
    default: camera = .init(samples: 1, bands: 224, range: 935...1700, width: 8)
    }
    camera.low += random.nextUniform(-8, 8)
    camera.high += random.nextUniform(-20, 0)
    camera.bow = random.nextUniform(-0.012, 0.012)
    camera.twist = random.nextUniform(-0.004, 0.004)
    camera.width *= random.nextUniform(0.85, 1.25)
    elements = Self.lamps[random.nextIndex(below: Self.lamps.count)]
    lines = Self.lines(of: elements, seenBy: camera, using: &random)
    spectrum = Self.spectrum(of: lines, seenBy: camera, using: &random)
    let (scale, bend) = (random.nextUniform(0.8, 1.2), random.nextUniform(-0.005, 0.005))
    let range = camera.high - camera.low
    let middle = (camera.low + camera.high) / 2 + random.nextUniform(-0.15, 0.15) * range
    start = (0..<camera.bands).map { band in
      let u = 2 * Double(band) / Double(camera.bands - 1) - 1
      return middle + range / 2 * (u * scale + bend * (1 - u * u))
    }
    self.camera = camera
  }

  private static func lines(
    of elements: [LampElement], seenBy camera: SimulatedSpectrograph,
    using random: inout SplitMix64
  ) -> [LampLine] {
    let gains = elements.map { ($0, exp(0.8 * random.nextNormal())) }
    let missing = random.nextUniform(0, 0.35)
    var lines: [LampLine] = []
    for line in LampLine.lines(of: elements) where random.nextUniform() >= missing {
      let gain = gains.first { $0.0 == line.element }?.1 ?? 1
      lines.append(
        LampLine(
          line.element, line.nanometers,
          strength: line.strength * gain * exp(0.7 * random.nextNormal())))
    }
    let brightest = brightness(of: lines, seenBy: camera)
    for _ in 0..<random.nextIndex(below: 5) {
      lines.append(
        LampLine(
          .argon, random.nextUniform(camera.low, camera.high),
          strength: brightest * exp(random.nextUniform(-4, 0))))
    }
    return lines
  }

  private static func brightness(
    of lines: [LampLine], seenBy camera: SimulatedSpectrograph
  ) -> Double {
    lines.filter { $0.nanometers > camera.low && $0.nanometers < camera.high }
      .map(\.strength).max() ?? 1
  }

  private static func spectrum(
    of lines: [LampLine], seenBy camera: SimulatedSpectrograph, using random: inout SplitMix64
  ) -> [Double] {
    let best = random.nextUniform(0.3, 0.7)
    let level =
      camera.fullScale * random.nextUniform(0.3, 1.3) / brightness(of: lines, seenBy: camera)
    let glow = random.nextUniform(0, 60)
    let light = camera.spectrum(of: lines) { exp(-0.5 * pow(($0 - best) / 0.4, 2)) }
    return light.enumerated().map { band, counts in
      let background = 60 + glow * sin(3 * Double(band) / Double(camera.bands))
      return camera.noisy(
        min(camera.fullScale, counts * level + background), averaged: 100, using: &random)
    }
  }
}
