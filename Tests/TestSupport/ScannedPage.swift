/// The elements and texts of an HTML page, read by the strict rules that our pages keep: every
/// tag closed in order, every attribute in double quotes.
public struct ScannedPage {
  /// A tag and what is written in it.
  public struct Element: Equatable {
    public let name: String
    public let attributes: [String: String]
  }

  /// Where the page breaks the rules.
  public struct Malformed: Error, CustomStringConvertible {
    public let description: String
  }

  public private(set) var elements: [Element] = []
  /// All text that is shown, without the style sheet.
  public private(set) var text = ""

  /// Reads a whole page.
  public init(_ page: String) throws {
    var open: [String] = []
    var rest = Substring(page)
    guard rest.hasPrefix("<!doctype html>") else { throw Malformed(description: "no doctype") }
    rest = rest.dropFirst("<!doctype html>".count)
    while let first = rest.first {
      guard first == "<" else {
        let piece = rest.prefix { $0 != "<" }
        if open.last != "style" { text += piece }
        if piece.contains(">"), open.last != "style" {
          throw Malformed(description: "a bare '>' in '\(piece.prefix(60))'")
        }
        rest = rest.dropFirst(piece.count)
        continue
      }
      guard let end = rest.firstIndex(of: ">") else { throw Malformed(description: "open tag") }
      let tag = rest[rest.index(after: rest.startIndex)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        guard open.popLast() == String(tag.dropFirst()) else {
          throw Malformed(description: "</\(tag.dropFirst())> closes another element")
        }
        continue
      }
      let isLeaf = tag.hasSuffix("/")
      let element = try Self.element(isLeaf ? tag.dropLast() : tag)
      elements.append(element)
      if !isLeaf { open.append(element.name) }
    }
    guard open.isEmpty else { throw Malformed(description: "still open: \(open)") }
  }

  private static func element(_ tag: Substring) throws -> Element {
    let name = tag.prefix { !$0.isWhitespace }
    guard name.allSatisfy({ $0.isLetter || $0.isNumber }), !name.isEmpty else {
      throw Malformed(description: "tag '\(tag.prefix(40))'")
    }
    var attributes: [String: String] = [:]
    var rest = tag.dropFirst(name.count).drop { $0.isWhitespace }
    while !rest.isEmpty {
      let key = rest.prefix { $0 != "=" }
      rest = rest.dropFirst(key.count + 1)
      guard rest.first == "\"", let close = rest.dropFirst().firstIndex(of: "\"") else {
        throw Malformed(description: "attribute '\(key)' of \(name) is not in quotes")
      }
      attributes[String(key)] = String(rest[rest.index(after: rest.startIndex)..<close])
      rest = rest[rest.index(after: close)...].drop { $0.isWhitespace }
    }
    return Element(name: String(name), attributes: attributes)
  }
}
