import Foundation
import Tensors
import Units

/// In which order a file holds the numbers of a cube, slowest first.
public enum Interleave: String, Sendable, Codable, CaseIterable {
  /// Lines, bands, samples: as a push-broom camera gives them.
  case bil
  /// Lines, samples, bands: as models want them.
  case bip
  /// Bands, lines, samples: one picture behind the other.
  case bsq
}

/// What an ENVI header says about the file of numbers beside it.
///
/// Source: NV5 Geospatial, *ENVI Header Files*, product documentation.
public struct ENVIHeader: Sendable, Equatable {
  /// A field as it was written; `value` without its braces where it is a list.
  public struct Field: Sendable, Equatable {
    /// In small letters with single blanks, as it is looked up.
    public let name: String
    /// As it was written.
    public let spelling: String
    public let value: String
    public let isList: Bool

    public init(name: String, value: String, isList: Bool) {
      spelling = name
      self.name = name.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
      self.value = value
      self.isList = isList
    }

    /// The list's entries, or the one value.
    public var entries: [String] {
      value.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    }
  }

  public let lines: Int
  public let samples: Int
  public let bands: Int
  public let interleave: Interleave
  /// How one number is stored.
  public let type: ScalarType
  public let byteOrder: ByteOrder
  /// Bytes in front of the numbers.
  public let headerOffset: Int
  /// Center of each band; nil where the header does not tell.
  public let wavelengths: [Wavelength]?
  /// Stored numbers over this are reflectance; nil where the header does not tell.
  public let reflectanceScaleFactor: Double?
  /// Numbers of the bands that the header calls bad (`bbl`).
  public let badBands: [Int]
  /// Stored for pixels that were not measured; may be not a number.
  public let ignoreValue: Double?
  /// All fields in their order, those above included.
  public let fields: [Field]
  /// What was assumed or passed over, with the evidence, for a person to read.
  public let notes: [String]

  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The whole numbers by which files name types; 6 and 9 are complex.
  static let typeCodes: [Int: ScalarType] = [
    1: .uint8, 2: .int16, 3: .int32, 4: .float32, 5: .float64, 12: .uint16, 13: .uint32,
    14: .int64, 15: .uint64,
  ]

  /// Reads a header's text; `place` names it in errors.
  public init(_ bytes: Data, place: String) throws(ENVIError) {
    let text = try ENVIText(bytes, place: place)
    let reader = Reader(fields: text.fields, place: place)
    var notes = text.notes
    lines = try reader.count("lines")
    samples = try reader.count("samples")
    bands = try reader.count("bands")
    interleave = try reader.interleave()
    type = try reader.type()
    byteOrder = try reader.byteOrder(type: type, notes: &notes)
    headerOffset = try reader.offset()
    try reader.checkKind()
    wavelengths = try reader.wavelengths(bands: bands, notes: &notes)
    reflectanceScaleFactor = try reader.scaleFactor()
    badBands = try reader.badBands(of: bands)
    ignoreValue = try reader.number("data ignore value")
    fields = text.fields
    self.notes = notes
    guard byteCount != nil else {
      throw ENVIError(place, .extents(lines: lines, samples: samples, bands: bands))
    }
  }

  /// Bytes of the numbers, without the offset; nil where they exceed what a machine can count.
  var byteCount: Int? {
    var count = type.byteCount
    for extent in [lines, samples, bands] {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      if overflows { return nil }
      count = product
    }
    return count.addingReportingOverflow(headerOffset).overflow ? nil : count
  }
}

/// Turns fields into values, or says which field is wrong and how.
private struct Reader {
  let fields: [ENVIHeader.Field]
  let place: String

  func field(_ name: String) -> ENVIHeader.Field? { fields.first { $0.name == name } }

  func count(_ name: String) throws(ENVIError) -> Int {
    guard let text = field(name)?.value else { throw ENVIError(place, .missing(name)) }
    guard let count = Int(text), count > 0 else {
      throw ENVIError(place, .notACount(name, found: text))
    }
    return count
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
    if text == "6" || text == "9" { throw ENVIError(place, .complex) }
    guard let type = Int(text).flatMap({ ENVIHeader.typeCodes[$0] }) else {
      let known = ENVIHeader.typeCodes.keys.sorted().map(String.init).joined(separator: ", ")
      throw ENVIError(place, .unknown("data type", found: text, wanted: "one of \(known)"))
    }
    return type
  }

  func byteOrder(type: ScalarType, notes: inout [String]) throws(ENVIError) -> ByteOrder {
    switch field("byte order")?.value {
    case "0": return .little
    case "1": return .big
    case nil, "":
      if type.byteCount > 1 { notes.append("no 'byte order': little endian taken") }
      return .little
    case let text?:
      throw ENVIError(
        place, .unknown("byte order", found: text, wanted: "0 (little endian) or 1 (big endian)"))
    }
  }

  func offset() throws(ENVIError) -> Int {
    guard let text = field("header offset")?.value, !text.isEmpty else { return 0 }
    guard let offset = Int(text), offset >= 0 else {
      throw ENVIError(place, .unknown("header offset", found: text, wanted: "0 or more bytes"))
    }
    return offset
  }

  /// Refuses what shares the header's form but is no plain cube of numbers.
  func checkKind() throws(ENVIError) {
    if let text = field("file compression")?.value, text != "0", !text.isEmpty {
      throw ENVIError(place, .compressed)
    }
    if let text = field("file type")?.value.lowercased(),
      ["spectral library", "classification"].contains(where: text.contains)
    {
      throw ENVIError(place, .kind(text))
    }
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

  func numbers(_ field: ENVIHeader.Field, bands: Int) throws(ENVIError) -> [Double] {
    let entries = field.entries
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

  func badBands(of bands: Int) throws(ENVIError) -> [Int] {
    guard let field = field("bbl"), !field.entries.isEmpty else { return [] }
    let marks = try numbers(field, bands: bands)
    return marks.indices.filter { marks[$0] == 0 }
  }

  func wavelengths(bands: Int, notes: inout [String]) throws(ENVIError) -> [Wavelength]? {
    guard let field = field("wavelength"), !field.entries.isEmpty else { return nil }
    let numbers = try numbers(field, bands: bands)
    let unit = self.field("wavelength units")?.value ?? ""
    return try WavelengthUnit.wavelengths(numbers, unit: unit, place: place, notes: &notes)
  }
}
