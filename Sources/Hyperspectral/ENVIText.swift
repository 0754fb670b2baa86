import Foundation

/// A header's text as named fields: the layer below the meaning of the fields.
///
/// Takes what cameras and programs write in practice: any case of letters, any line ending,
/// comment lines that begin with `;`, lists in braces over several lines, UTF-8 or Latin-1.
struct ENVIText {
  private(set) var fields: [ENVIHeader.Field] = []
  /// What was passed over, for the person who asks.
  private(set) var notes: [String] = []

  init(_ bytes: Data, place: String) throws(ENVIError) {
    var lines = Self.lines(of: Self.text(of: bytes)).drop { $0.trimmed.isEmpty }
    guard lines.first?.trimmed == "ENVI" else { throw ENVIError(place, .notENVI) }
    lines = lines.dropFirst()
    while let line = lines.popFirst() {
      let trimmed = line.trimmed
      if trimmed.isEmpty || trimmed.hasPrefix(";") { continue }
      guard let mark = trimmed.firstIndex(of: "=") else {
        notes.append("line \(lines.startIndex) is not 'name = value' and was passed over")
        continue
      }
      let name = trimmed[..<mark].trimmed
      var value = trimmed[trimmed.index(after: mark)...].trimmed
      if value.isEmpty, let next = lines.first?.trimmed, next.hasPrefix("{") {
        value = next
        lines = lines.dropFirst()
      }
      guard let opening = Self.opening(of: value, name: name) else {
        add(ENVIHeader.Field(name: name, value: value, isList: false))
        continue
      }
      let start = lines.startIndex
      let list = try Self.list(
        String(value.dropFirst()), closing: opening == "{" ? "}" : "]", &lines
      ) {
        ENVIError(place, .unclosedBrace(name.lowercased(), line: start))
      }
      add(ENVIHeader.Field(name: name, value: list, isList: true))
    }
  }

  /// The brace that opens a list; brackets open lists of numbers only.
  private static func opening(of value: String, name: String) -> Character? {
    guard let first = value.first else { return nil }
    if first == "{" { return first }
    let lists = ["wavelength", "fwhm", "bbl", "default bands"]
    return first == "[" && lists.contains(name.lowercased()) ? first : nil
  }

  private mutating func add(_ field: ENVIHeader.Field) {
    if let known = fields.firstIndex(where: { $0.name == field.name }) {
      notes.append("'\(field.name)' comes twice, the last one counts")
      fields[known] = field
    } else {
      fields.append(field)
    }
  }

  /// The text up to the closing brace, comment lines left out.
  private static func list(
    _ first: String, closing: Character, _ lines: inout ArraySlice<String>,
    unclosed: () -> ENVIError
  ) throws(ENVIError) -> String {
    var parts: [String] = []
    var piece = first
    while true {
      if let end = piece.firstIndex(of: closing) {
        parts.append(piece[..<end].trimmed)
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
      }
      if !piece.trimmed.hasPrefix(";") { parts.append(piece.trimmed) }
      guard let next = lines.popFirst() else { throw unclosed() }
      piece = next
    }
  }

  private static func text(of bytes: Data) -> String {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    let bytes = bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    // Every byte is a Latin-1 character, and Unicode begins with the same 256.
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
  }

  private static func lines(of text: String) -> [String] {
    // A carriage return and a line feed together are one Character, and a newline.
    text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
  }
}

extension StringProtocol {
  var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
