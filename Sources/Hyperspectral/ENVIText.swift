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
      guard let braces = ListBraces(of: name, value) else {
        add(ENVIHeader.Field(name: name, value: value, isList: false))
        continue
      }
      let start = lines.startIndex
      let (list, rest) = try Self.list(String(value.dropFirst()), braces, &lines) {
        ENVIError(place, .unclosedBrace(name.lowercased(), line: start))
      }
      add(ENVIHeader.Field(name: name, value: list, isList: true))
      if !rest.isEmpty, !rest.hasPrefix(";") {
        notes.append("'\(rest.prefix(40))' behind the list '\(name)' was passed over")
      }
    }
  }

  private mutating func add(_ field: ENVIHeader.Field) {
    if let known = fields.firstIndex(where: { $0.name == field.name }) {
      notes.append("'\(field.name)' comes twice, the last one counts")
      fields[known] = field
    } else {
      fields.append(field)
    }
  }

  /// The text up to the closing brace, comment lines left out, and what follows it on its line.
  private static func list(
    _ first: String, _ braces: ListBraces, _ lines: inout ArraySlice<String>,
    unclosed: () -> ENVIError
  ) throws(ENVIError) -> (String, rest: String) {
    var parts: [String] = []
    var piece = first
    while true {
      if let end = braces.end(in: piece) {
        parts.append(piece[..<end].trimmed)
        let text = parts.filter { !$0.isEmpty }.joined(separator: "\n")
        return (text, piece[piece.index(after: end)...].trimmed)
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
    text.split(omittingEmptySubsequences: false, whereSeparator: ENVIHeader.isLineBreak)
      .map(String.init)
  }
}

/// The braces around a list, inside of which others may stand.
package struct ListBraces: Sendable {
  let opening: Character

  init(opening: Character) { self.opening = opening }

  /// Those that the value of a field begins with; brackets enclose lists of numbers only.
  package init?(of name: String, _ value: some StringProtocol) {
    let lists = ["wavelength", "fwhm", "bbl", "default bands"]
    guard let first = value.first,
      first == "{" || (first == "[" && lists.contains(name.lowercased()))
    else { return nil }
    opening = first
  }

  var closing: Character { opening == "{" ? "}" : "]" }

  /// Where a line ends the list: at the first brace that it has not opened itself, or at its end,
  /// as Spectral Python has it; nil where the list goes on.
  package func end(in line: some StringProtocol) -> String.Index? {
    var depth = 0
    var last: String.Index?
    for index in line.indices {
      let character = line[index]
      if !character.isWhitespace { last = index }
      if character == opening {
        depth += 1
      } else if character == closing {
        if depth == 0 { return index }
        depth -= 1
      }
    }
    return last.flatMap { line[$0] == closing ? $0 : nil }
  }

  /// Whether a list of this text ends where the text does.
  func encloses(_ text: String) -> Bool {
    let lines = (text + String(closing)).split(
      omittingEmptySubsequences: false, whereSeparator: ENVIHeader.isLineBreak)
    return lines.dropLast().allSatisfy { end(in: $0) == nil }
      && lines.last.map { end(in: $0) == $0.indices.last } ?? false
  }
}

extension StringProtocol {
  var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
