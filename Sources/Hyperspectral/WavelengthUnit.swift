import Foundation
import Units

/// What the numbers of a header's `wavelength` list count.
enum WavelengthUnit: Sendable {
  case nanometers, micrometers, millimeters, centimeters, meters, angstroms
  case waveNumber, gigahertz, megahertz

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
    case "mm", "millimeter", "millimeters", "millimetres": self = .millimeters
    case "cm", "centimeter", "centimeters", "centimetres": self = .centimeters
    case "m", "meter", "meters", "metres": self = .meters
    case "ghz", "gigahertz": self = .gigahertz
    case "mhz", "megahertz": self = .megahertz
    case "å", "angstrom", "angstroms": self = .angstroms
    case "wavenumber", "wavenumbers", "cm-1", "1/cm": self = .waveNumber
    default: return nil
    }
  }

  func nanometers(_ number: Double) -> Double {
    switch self {
    case .nanometers: number
    case .micrometers: 1000 * number
    case .millimeters: 1e6 * number
    case .centimeters: 1e7 * number
    case .meters: 1e9 * number
    case .angstroms: number / 10
    case .waveNumber: 1e7 / number
    // The speed of light in vacuum, in nanometers and a thousandth or millionth of a second.
    case .gigahertz: 299_792_458 / number
    case .megahertz: 299_792_458_000 / number
    }
  }

  /// Whether twice the number is twice the wavelength.
  var isLength: Bool {
    switch self {
    case .waveNumber, .gigahertz, .megahertz: false
    default: true
    }
  }

  /// Whether all of `numbers` are light in this unit.
  func fits(_ numbers: [Double]) -> Bool {
    numbers.allSatisfy { Self.plausible.contains(nanometers($0)) }
  }

  /// The unit of the two usual ones in which numbers of this range are light.
  static func fitting(_ low: Double, _ high: Double) -> WavelengthUnit? {
    [nanometers, micrometers].first { $0.fits([low, high]) }
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
      if nanometers.fits(numbers) {
        unit = .nanometers
      } else if micrometers.fits(numbers) {
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
