import Foundation
import Tensors
import Units

extension ENVIHeader {
  /// The fields that say what the numbers of a cube are; they follow from the numbers written.
  struct Meaning {
    var wavelengths: [Wavelength]?
    /// `reflectance scale factor`.
    var scaleFactor: Double?
    /// What gain, offset and ignored number the fields already tell still holds.
    var isAsStored = false
  }

  /// The number by which `data type` names a type; nil where ENVI has none.
  package static func code(of type: ScalarType) -> Int? {
    typeCodes.first { $0.value == type }?.key
  }

  /// The text of a header: `fields` in their order, those that follow from layout and meaning put
  /// right in their place, missing ones added.
  ///
  /// `lines` is text so that a growing cube may leave room for its number.
  static func text(
    _ layout: ENVILayout, lines: String, meaning: Meaning, fields: [Field]
  ) -> String {
    var own = [
      Field("samples", "\(layout.samples)"), Field("lines", lines),
      Field("bands", "\(layout.bands)"), Field("header offset", "0"),
      Field("file type", "ENVI Standard"),
      Field("data type", code(of: layout.type).map { "\($0)" } ?? ""),
      Field("interleave", layout.interleave.rawValue),
      Field("byte order", layout.byteOrder == .little ? "0" : "1"),
    ]
    var dropped: Set<String> = ["file compression"]
    var kept = fields
    if !meaning.isAsStored {
      dropped.formUnion([
        "data ignore value", "data gain values", "data offset values",
        "data reflectance gain values", "data reflectance offset values",
        "reflectance scale factor",
      ])
      if let factor = meaning.scaleFactor {
        own.append(Field("reflectance scale factor", "\(factor)"))
      }
    }
    // What else it calls itself, such as `PCI`, stays.
    if fields.contains(where: { $0.name == "file type" }) {
      own.removeAll { $0.name == "file type" }
    }
    if !tell(meaning.wavelengths, fields) {
      // The widths of the bands count in the old unit.
      dropped.formUnion(["wavelength", "wavelength units", "fwhm"])
      kept = fields.filter { $0.name != "wavelength" && $0.name != "wavelength units" }
      if let wavelengths = meaning.wavelengths {
        own.append(Field("wavelength units", "Nanometers"))
        let numbers = wavelengths.map { "\($0.nanometers)" }.joined(separator: ",\n")
        own.append(Field(name: "wavelength", value: "\n" + numbers, isList: true))
      }
    }
    return text(of: own, amid: kept.filter { !dropped.contains($0.name) })
  }

  private static func text(of own: [Field], amid kept: [Field]) -> String {
    let given = Set(kept.map(\.name))
    let isList = Dictionary(grouping: own, by: \.isList)
    var text = "ENVI\n"
    for field in isList[false] ?? [] where !given.contains(field.name) { text += Self.text(field) }
    for field in kept {
      let ours = own.first { $0.name == field.name }
      text += Self.text(
        ours.map { Field(name: field.spelling, value: $0.value, isList: $0.isList) } ?? field)
    }
    for field in isList[true] ?? [] where !given.contains(field.name) { text += Self.text(field) }
    return text
  }

  /// Whether the fields tell these wavelengths already, in whatever unit.
  private static func tell(_ wavelengths: [Wavelength]?, _ fields: [Field]) -> Bool {
    guard let list = fields.first(where: { $0.name == "wavelength" }) else {
      return wavelengths == nil
    }
    let numbers = list.entries.compactMap(Double.init)
    guard numbers.count == list.entries.count else { return false }
    let unit = fields.first { $0.name == "wavelength units" }?.value ?? ""
    var notes: [String] = []
    // Wavelengths that cannot be understood are not those wanted.
    let told = try? WavelengthUnit.wavelengths(numbers, unit: unit, place: "", notes: &notes)
    return told == wavelengths
  }

  private static func text(_ field: Field) -> String {
    // A brace or a line break in a value would end it early when it is read again.
    let name = field.spelling.filter { !$0.isNewline && $0 != "=" }
    let value = field.value
    let isWhole = ListBraces(opening: "{").encloses(value)
    return field.isList
      ? "\(name) = {\(isWhole ? value : value.filter { $0 != "}" })}\n"
      : "\(name) = \(value.split(whereSeparator: \.isNewline).joined(separator: " "))\n"
  }
}

extension ENVIHeader.Field {
  fileprivate init(_ name: String, _ value: String) {
    self.init(name: name, value: value, isList: false)
  }
}
