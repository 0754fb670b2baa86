import Foundation
import Units

/// What the numbers of a header's `wavelength` list count.
enum WavelengthUnit: Sendable {
  case nanometers, micrometers, angstroms, waveNumber

  /// Wavelengths that an optical detector can see: vacuum ultraviolet to thermal infrared.
  static let plausible = 100.0...30_000.0

  /// Nil for `Unknown` and its like; the evidence of the numbers decides then.
  init?(name: String) {
    switch name.lowercased() {
    case "nm", "nanometer", "nanometers", "nanometre", "nanometres": self = .nanometers
    // The micro sign and the Greek letter look alike and are two characters.
    case "um", "\u{b5}m", "\u{3bc}m", "micron", "microns", "micrometer", "micrometers",
      "micrometre", "micrometres":
      self = .micrometers
    case "angstrom", "angstroms": self = .angstroms
    case "wavenumber", "wavenumbers", "cm-1", "1/cm": self = .waveNumber
    default: return nil
    }
  }

  func nanometers(_ number: Double) -> Double {
    switch self {
    case .nanometers: number
    case .micrometers: 1000 * number
    case .angstroms: number / 10
    case .waveNumber: 1e7 / number
    }
  }

  /// The list in nanometers, or nil where it counts bands; what is assumed goes into `notes`.
  static func wavelengths(
    _ numbers: [Double], unit name: String, place: String, notes: inout [String]
  ) throws(ENVIError) -> [Wavelength]? {
    let (low, high) = (numbers.min() ?? 0, numbers.max() ?? 0)
    if name.lowercased() == "index" {
      notes.append("'wavelength units' is 'index': the list numbers bands and tells no wavelength")
      return nil
    }
    let unit: WavelengthUnit
    if let named = WavelengthUnit(name: name) {
      unit = named
    } else if name.isEmpty || name.lowercased() == "unknown" {
      let found = name.isEmpty ? "no 'wavelength units'" : "'wavelength units' is '\(name)'"
      if low >= plausible.lowerBound, high <= plausible.upperBound {
        unit = .nanometers
      } else if low >= plausible.lowerBound / 1000, high <= plausible.upperBound / 1000 {
        unit = .micrometers
      } else {
        throw ENVIError(place, .wavelengthRange(unit: name, low: low, high: high))
      }
      notes.append("\(found): \(low) to \(high) can only be \(unit)")
    } else {
      throw ENVIError(place, .wavelengthUnit(name))
    }
    let nanometers = numbers.map(unit.nanometers)
    guard nanometers.allSatisfy(plausible.contains) else {
      throw ENVIError(place, .wavelengthRange(unit: name, low: low, high: high))
    }
    return nanometers.map(Wavelength.init(nanometers:))
  }
}
