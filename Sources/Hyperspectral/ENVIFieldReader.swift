import Foundation
import Tensors
import Units

/// Turns fields into values, or says which field is wrong and how.
///
/// What is needed to understand the numbers is refused where it is wrong; what is only good to
/// know is passed over with a note.
struct ENVIFieldReader {
  let fields: [ENVIHeader.Field]
  let place: String

  /// Other names that programs write.
  private static let synonyms = [
    "wavelength": ["wavelengths"],
    "wavelength units": ["wavelength unit", "wavelength_units", "wavelength_unit"],
  ]

  func field(_ name: String) -> ENVIHeader.Field? {
    let names = [name] + (Self.synonyms[name] ?? [])
    return names.lazy.compactMap { name in fields.first { $0.name == name } }.first
  }

  func count(_ name: String) throws(ENVIError) -> Int {
    guard let text = field(name)?.value else { throw ENVIError(place, .missing(name)) }
    guard let count = Self.whole(text), count > 0 else {
      throw ENVIError(place, .notACount(name, found: text))
    }
    return count
  }

  /// Some programs write every number as a floating one.
  static func whole(_ text: String) -> Int? {
    Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
  }

  func number(_ name: String) throws(ENVIError) -> Double? {
    guard let text = field(name)?.value, !text.isEmpty else { return nil }
    guard let number = Double(text) else { throw ENVIError(place, .notANumber(name, found: text)) }
    return number
  }

  func interleave() throws(ENVIError) -> Interleave {
    guard let text = field("interleave")?.value else {
      throw ENVIError(place, .missing("interleave"))
    }
    guard let interleave = Interleave(rawValue: text.lowercased()) else {
      throw ENVIError(place, .unknown("interleave", found: text, wanted: "bil, bip or bsq"))
    }
    return interleave
  }

  func type() throws(ENVIError) -> ScalarType {
    guard let text = field("data type")?.value else {
      throw ENVIError(place, .missing("data type"))
    }
    let code = Self.whole(text)
    if code == 6 || code == 9 { throw ENVIError(place, .complex) }
    guard let type = code.flatMap({ ENVIHeader.typeCodes[$0] }) else {
      let known = ENVIHeader.typeCodes.keys.sorted().map(String.init).joined(separator: ", ")
      throw ENVIError(place, .unknown("data type", found: text, wanted: "one of \(known)"))
    }
    return type
  }

  func byteOrder(type: ScalarType, notes: inout [String]) throws(ENVIError) -> ByteOrder {
    let text = field("byte order")?.value.lowercased() ?? ""
    switch (Self.whole(text), text) {
    case (0, _), (_, "host (intel)"), (_, "intel"): return .little
    case (1, _), (_, "network (ieee)"), (_, "ieee"): return .big
    case (_, ""):
      if type.byteCount > 1 { notes.append("no 'byte order': little endian taken") }
      return .little
    default:
      throw ENVIError(
        place, .unknown("byte order", found: text, wanted: "0 (little endian) or 1 (big endian)"))
    }
  }

  func offset() throws(ENVIError) -> Int {
    guard let text = field("header offset")?.value, !text.isEmpty else { return 0 }
    guard let offset = Self.whole(text), offset >= 0 else {
      throw ENVIError(place, .unknown("header offset", found: text, wanted: "0 or more bytes"))
    }
    return offset
  }

  func kind() throws(ENVIError) -> ENVIHeader.Kind {
    if let text = field("file compression")?.value, text != "0", !text.isEmpty {
      throw ENVIError(place, .compressed)
    }
    let text = field("file type")?.value.lowercased() ?? ""
    if text.contains("spectral library") { return .spectralLibrary }
    return text.contains("classification") ? .classification : .cube
  }

  func scaleFactor() throws(ENVIError) -> Double? {
    guard let factor = try number("reflectance scale factor") else { return nil }
    guard factor.isFinite, factor > 0 else {
      throw ENVIError(
        place,
        .unknown("reflectance scale factor", found: "\(factor)", wanted: "a number above 0"))
    }
    return factor
  }

  func ignoreValue() throws(ENVIError) -> Double? {
    guard let text = field("data ignore value")?.value.lowercased() else { return nil }
    if ["none", "null", "n/a", "{}"].contains(text) { return nil }
    return try number("data ignore value")
  }

  func numbers(
    _ field: ENVIHeader.Field, bands: Int, notes: inout [String]
  ) throws(ENVIError) -> [Double] {
    var entries = field.entries
    if entries.count != bands {
      let words = field.value.split { $0 == "," || $0.isWhitespace }.map(String.init)
      if words.count == bands {
        notes.append("'\(field.name)' is a list without commas")
        entries = words
      }
    }
    guard entries.count == bands else {
      throw ENVIError(place, .listCount(field.name, found: entries.count, bands: bands))
    }
    var numbers: [Double] = []
    for entry in entries {
      guard let number = Double(entry), number.isFinite else {
        throw ENVIError(place, .notANumber(field.name, found: entry))
      }
      numbers.append(number)
    }
    return numbers
  }

  func badBands(of bands: Int, notes: inout [String]) throws(ENVIError) -> [Int] {
    guard let field = field("bbl"), !field.entries.isEmpty else { return [] }
    let marks = try numbers(field, bands: bands, notes: &notes)
    return marks.indices.filter { marks[$0] == 0 }
  }

  func wavelengths(bands: Int, notes: inout [String]) throws(ENVIError) -> [Wavelength]? {
    guard let field = field("wavelength"), !field.entries.isEmpty else { return nil }
    let numbers = try numbers(field, bands: bands, notes: &notes)
    let unit = self.field("wavelength units")?.value ?? ""
    return try WavelengthUnit.wavelengths(numbers, unit: unit, place: place, notes: &notes)
  }

  /// Gains and offsets of reflectance go before those of radiance.
  func scaling(
    bands: Int, notes: inout [String]
  ) throws(ENVIError) -> ENVIHeader.BandScaling? {
    for kind in ["data reflectance", "data"] {
      let (gain, offset) = (field("\(kind) gain values"), field("\(kind) offset values"))
      guard gain != nil || offset != nil else { continue }
      // Read before anything is filled up: a list that fits bounds the number of bands.
      let gains = try gain.map { field throws(ENVIError) in
        try numbers(field, bands: bands, notes: &notes)
      }
      let offsets = try offset.map { field throws(ENVIError) in
        try numbers(field, bands: bands, notes: &notes)
      }
      notes.append("'\(kind) gain values' and 'offset values' are applied when numbers are read")
      return ENVIHeader.BandScaling(
        gains: gains ?? [Double](repeating: 1, count: bands),
        offsets: offsets ?? [Double](repeating: 0, count: bands),
        isReflectance: kind == "data reflectance")
    }
    return nil
  }
}

/// What is only good to know.
extension ENVIFieldReader {
  func bandwidths(
    bands: Int, wavelengths: [Wavelength]?, notes: inout [String]
  ) -> [Double]? {
    guard let field = field("fwhm"), !field.entries.isEmpty else { return nil }
    var unheard: [String] = []
    // The reason that is passed over here is put into words below.
    guard let widths = try? numbers(field, bands: bands, notes: &unheard),
      let list = self.field("wavelength"), let first = wavelengths?.first,
      let number = list.entries.first.flatMap(Double.init), number > 0
    else {
      notes.append("'fwhm' is not one width for each of \(bands) bands and was passed over")
      return nil
    }
    let unit = self.field("wavelength units").flatMap { WavelengthUnit(name: $0.value) }
    if unit?.isLength == false {
      notes.append("'fwhm' counts in '\(unit.map { "\($0)" } ?? "")' and was passed over")
      return nil
    }
    // Widths count in the unit of the wavelengths, whichever that turned out to be.
    return widths.map { $0 * first.nanometers / number }
  }

  func defaultBands(of bands: Int, notes: inout [String]) -> [Int] {
    guard let field = field("default bands"), !field.entries.isEmpty else { return [] }
    let numbers = field.entries.map { Self.whole($0) ?? 0 }
    guard numbers.count == 1 || numbers.count == 3, numbers.allSatisfy((1...bands).contains) else {
      let found = field.entries.prefix(8).joined(separator: ", ")
      notes.append(
        "'default bands' is '\(found)', not one or three bands of 1 to \(bands), and was passed"
          + " over")
      return []
    }
    return numbers.map { $0 - 1 }
  }

  func classColors(notes: inout [String]) -> [[UInt8]] {
    guard let field = field("class lookup"), !field.entries.isEmpty else { return [] }
    let parts = field.entries.compactMap(UInt8.init)
    guard parts.count == field.entries.count, parts.count % 3 == 0 else {
      notes.append("'class lookup' is not three numbers of 0 to 255 a class and was passed over")
      return []
    }
    return stride(from: 0, to: parts.count, by: 3).map { Array(parts[$0..<($0 + 3)]) }
  }

  /// `acquisition time` in ISO 8601, or Specim's `acquisition date` and `start time`.
  func acquisitionTime(notes: inout [String]) -> Date? {
    if let text = field("acquisition time")?.value, !text.isEmpty {
      let time = HeaderTime.date(text)
      if time == nil {
        notes.append("'acquisition time' is '\(text)', not a date and time, and was passed over")
      }
      return time
    }
    guard let day = field("acquisition date")?.value, let time = field("start time")?.value else {
      return nil
    }
    func last(_ text: String) -> Substring {
      text.split(whereSeparator: \.isWhitespace).last ?? ""
    }
    return HeaderTime.date("\(last(day))T\(last(time))")
  }
}

/// Points in time as headers write them.
enum HeaderTime {
  /// `2019-07-09T18:28:06.25Z` and its like, with `+02:00` or no time zone at all.
  static func date(_ text: String) -> Date? {
    let pattern =
      /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?\s*(Z|[+-]\d\d:?\d\d)?/
    guard let match = try? pattern.wholeMatch(in: text.trimmed),  // The pattern cannot fail.
      let day = calendar.date(
        from: DateComponents(
          year: Int(match.1), month: Int(match.2), day: Int(match.3), hour: Int(match.4),
          minute: Int(match.5)))
    else { return nil }
    let seconds = match.6.flatMap { Double($0) } ?? 0
    return day.addingTimeInterval(seconds - (match.7.map(offset) ?? 0))
  }

  private static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }()

  /// Seconds east of Greenwich.
  private static func offset(_ zone: Substring) -> Double {
    let digits = zone.filter(\.isNumber).compactMap(\.wholeNumberValue)
    guard digits.count == 4 else { return 0 }
    let minutes = 60 * (10 * digits[0] + digits[1]) + 10 * digits[2] + digits[3]
    return Double(zone.hasPrefix("-") ? -60 * minutes : 60 * minutes)
  }
}
