import Foundation

/// Values over wavelength on the grid of the optical tables: 380, 390, … 1010 nm.
struct Spectrum: Sendable, Equatable {
  static let count = 64
  static let first: Float = 380
  static let step: Float = 10

  /// `[count]` values; what they mean is said where the spectrum is declared.
  var values: [Float]

  init(_ values: [Float]) {
    precondition(values.count == Self.count, "spectrum: \(values.count) values, 64 wanted")
    self.values = values
  }

  init(constant value: Float) {
    values = [Float](repeating: value, count: Self.count)
  }

  /// The function's value at each wavelength in nanometers.
  init(_ function: (Float) -> Float) {
    values = (0..<Self.count).map { function(Self.nanometers($0)) }
  }

  /// Straight lines between `(nanometers, value)` points, level beyond the outer ones.
  init(through points: KeyValuePairs<Float, Float>) {
    let points = Array(points)
    precondition(!points.isEmpty, "spectrum: no point to draw through")
    self.init { nanometers in
      guard let after = points.firstIndex(where: { $0.key >= nanometers }) else {
        return points[points.count - 1].value
      }
      guard after > 0 else { return points[0].value }
      let (low, high) = (points[after - 1], points[after])
      return low.value + (high.value - low.value) * (nanometers - low.key) / (high.key - low.key)
    }
  }

  static func nanometers(_ index: Int) -> Float { first + step * Float(index) }

  static func * (first: Spectrum, second: Spectrum) -> Spectrum {
    Spectrum(zip(first.values, second.values).map { $0 * $1 })
  }

  static func * (factor: Float, spectrum: Spectrum) -> Spectrum {
    Spectrum(spectrum.values.map { factor * $0 })
  }

  static func + (first: Spectrum, second: Spectrum) -> Spectrum {
    Spectrum(zip(first.values, second.values).map { $0 + $1 })
  }

  /// `share` of the second and the rest of the first.
  func mixed(with second: Spectrum, share: Float) -> Spectrum {
    (1 - share) * self + share * second
  }

  /// The value at a wavelength, by straight lines between grid points.
  func value(at nanometers: Float) -> Float {
    let place = min(max(0, (nanometers - Self.first) / Self.step), Float(Self.count - 1))
    let low = min(Int(place), Self.count - 2)
    let share = place - Float(low)
    return values[low] * (1 - share) + values[low + 1] * share
  }

  /// The mean over a band of the given width, as a spectrometer's pixel sees it.
  func mean(around center: Float, width: Float) -> Float {
    let steps = 5
    let sum = (0..<steps).reduce(Float(0)) { sum, step in
      sum + value(at: center + width * ((Float(step) + 0.5) / Float(steps) - 0.5))
    }
    return sum / Float(steps)
  }

  var sum: Float { values.reduce(0, +) }

  /// A black body's photons per nanometer, 1 at 700 nm.
  ///
  /// Source: Planck's law; a halogen lamp's glow follows it closely over this range
  /// (CIE standard illuminant A is its energy at 2856 K).
  static func lampPhotons(kelvin: Float) -> Spectrum {
    let energy = lampEnergy(kelvin: kelvin)
    return Spectrum { nanometers in energy.value(at: nanometers) * nanometers / 700 }
  }

  /// A black body's energy per nanometer, 1 at 700 nm.
  static func lampEnergy(kelvin: Float) -> Spectrum {
    func energy(_ nanometers: Float) -> Float {
      // Second radiation constant, 1.438777e7 nm K (CODATA 2018).
      1 / (pow(nanometers / 700, 5) * (exp(1.438777e7 / (nanometers * kelvin)) - 1))
    }
    let scale = 1 / energy(700)
    return Spectrum { scale * energy($0) }
  }
}
