import Diagnostics
import Foundation

/// Why an ENVI header or the cube beside it was refused.
public struct ENVIError: Explained, Equatable {
  /// What is wrong, with the values found.
  public enum Reason: Equatable, Sendable {
    case notENVI
    case missing(String)
    case notACount(String, found: String)
    case notANumber(String, found: String)
    case unknown(String, found: String, wanted: String)
    case complex
    case compressed
    case kind(String)
    case notLabels(String)
    case unclosedBrace(String, line: Int)
    case listCount(String, found: Int, bands: Int)
    case wavelengthUnit(String)
    case wavelengthRange(unit: String, low: Double, high: Double)
    case extents(lines: Int, samples: Int, bands: Int)
    case noCube(tried: [String])
    case manyCubes([String])
    case noHeader(tried: [String])
    case size(SizeMismatch)
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .notENVI: "the first line is not 'ENVI'"
    case .missing(let name): "the field '\(name)' is missing"
    case .notACount(let name, let found): "'\(name)' is '\(found)', not a whole number above 0"
    case .notANumber(let name, let found): "'\(name)' holds '\(found)', a number was wanted"
    case .unknown(let name, let found, let wanted): "'\(name)' is '\(found)', not \(wanted)"
    case .complex: "'data type' is complex (6 or 9), real numbers were wanted"
    case .compressed: "'file compression' says that the cube is compressed, plain numbers are read"
    case .kind(let kind): "'file type' is '\(kind)', a cube was wanted"
    case .notLabels(let kind): "'file type' is '\(kind)', a classification was wanted"
    case .unclosedBrace(let name, let line):
      "'\(name)' opens a brace on line \(line) that is never closed"
    case .listCount(let name, let found, let bands):
      "'\(name)' lists \(found) values but 'bands' is \(bands)"
    case .wavelengthUnit(let unit): "'wavelength units' is '\(unit)', a unit of length was wanted"
    case .wavelengthRange(let unit, let low, let high):
      unit.isEmpty
        ? "'wavelength' runs from \(low) to \(high), which no unit makes wavelengths of light"
        : "'wavelength' runs from \(low) to \(high), which in '\(unit)' is not light"
    case .extents(let lines, let samples, let bands):
      "\(lines) lines × \(samples) samples × \(bands) bands are more than a machine can count"
    case .noCube(let tried): "the file of numbers is not beside it; looked for \(Self.list(tried))"
    case .manyCubes(let found): "several files could hold the numbers: \(Self.list(found))"
    case .noHeader(let tried): "the header is not beside it; looked for \(Self.list(tried))"
    case .size(let mismatch): mismatch.explanation
    }
  }

  public var remedy: String? {
    switch reason {
    case .notENVI: "give the .hdr file, or the raw cube with its .hdr file beside it"
    case .listCount(let name, let found, let bands) where found == 2 * bands && bands > 0:
      "the list may use commas inside its numbers: write 400.1, not 400,1"
        + (name == "wavelength" ? "" : ", in '\(name)'")
    case .listCount(let name, _, _): "export the header again with all bands, or correct '\(name)'"
    case .missing, .notACount, .notANumber, .unknown, .extents: "correct the field in the header"
    case .kind(let kind):
      kind.contains("library")
        ? "give a recording; a library holds single spectra" : "read it as labels, not as a cube"
    case .notLabels: "give the file of a classification, or labels as a PNG picture"
    case .complex, .compressed: "export the cube again as plain whole or floating numbers"
    case .unclosedBrace: "close the list with '}'"
    case .wavelengthUnit: "set 'wavelength units' to nanometers or micrometers"
    case .wavelengthRange(_, let low, let high):
      if let unit = WavelengthUnit.fitting(low, high) {
        "set 'wavelength units' to \(unit), which the numbers can only be"
      } else {
        "correct 'wavelength' and 'wavelength units', or take both out"
      }
    case .noCube: "put header and cube into one folder under one name"
    case .manyCubes: "give the cube's own name instead of the header's"
    case .noHeader: "copy the .hdr file too; without it the numbers cannot be understood"
    case .size(let mismatch): mismatch.remedy
    }
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

/// The arithmetic of a header and a file that do not agree.
public struct SizeMismatch: Equatable, Sendable {
  public let lines: Int
  public let samples: Int
  public let bands: Int
  public let interleave: Interleave
  public let bytesPerNumber: Int
  public let headerOffset: Int
  /// Bytes of the file.
  public let found: Int

  /// What the file should hold, and what it does, in bytes and in the unit that comes last.
  var explanation: String {
    let offset = headerOffset == 0 ? "" : " + \(headerOffset) bytes in front"
    return """
      the header says \(lines) lines × \(samples) samples × \(bands) bands × \(bytesPerNumber) \
      bytes\(offset) = \(wanted) bytes; the file holds \(found), which is \(held)
      """
  }

  var wanted: Int { headerOffset + lines * samples * bands * bytesPerNumber }

  /// How much of the cube the file can hold, such as `301 and a third lines`.
  var held: String {
    guard found > headerOffset else { return "not even what lies in front" }
    let isByBand = interleave == .bsq
    let unitBytes = (isByBand ? lines : bands) * samples * bytesPerNumber
    let amount = Double(found - headerOffset) / Double(unitBytes)
    return "\(Self.words(amount)) \(isByBand ? "bands" : "lines")"
  }

  var remedy: String {
    let readings = plausibleReadings
    if !readings.isEmpty {
      return "the size fits exactly with \(readings.joined(separator: ", or with "))"
    }
    return found < wanted
      ? "the file was cut short: copy or record it again"
      : "correct the extents, 'data type' or 'header offset' in the header"
  }

  /// Changes of one field that make header and file agree.
  var plausibleReadings: [String] {
    var readings: [String] = []
    let room = found - headerOffset
    func whole(_ name: String, _ unit: Int, now: Int) {
      if room > 0, room % unit == 0, room / unit != now {
        readings.append("'\(name) = \(room / unit)'")
      }
    }
    let names = [
      1: "'data type = 1'", 2: "'data type = 12'", 4: "'data type = 4'", 8: "'data type = 5'",
    ]
    for (bytes, name) in names.sorted(by: { $0.key < $1.key })
    where bytes != bytesPerNumber && room % bytes == 0
      && room / bytes == lines * samples * bands
    {
      readings.append(name)
    }
    if readings.isEmpty { whole("lines", samples * bands * bytesPerNumber, now: lines) }
    if readings.isEmpty { whole("bands", samples * lines * bytesPerNumber, now: bands) }
    if found > wanted, found - wanted < 1 << 16 {
      readings.append("'header offset = \(headerOffset + found - wanted)'")
    }
    return readings
  }

  /// `301.333` as `301 and a third`.
  static func words(_ amount: Double) -> String {
    let whole = amount.rounded(.down)
    let names = [
      (0.0, ""), (0.25, "a quarter"), (1 / 3.0, "a third"), (0.5, "a half"),
      (2 / 3.0, "two thirds"), (0.75, "three quarters"),
    ]
    for (share, name) in names where abs(amount - whole - share) < 0.004 {
      if name.isEmpty { return String(format: "%.0f", whole) }
      return whole == 0 ? name : String(format: "%.0f and ", whole) + name
    }
    return String(format: "%.2f", amount)
  }
}
