/// A run of HTML or SVG whose texts are escaped and whose tags are closed by construction.
///
/// A string literal is text: `"a < b"` is shown as it stands, whatever it holds.
struct Markup: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// The characters that go into the file.
  private(set) var source: String

  init() { source = "" }

  /// Text to be shown as it is.
  init(text: String) { source = Self.escaped(text) }

  init(stringLiteral value: String) { self.init(text: value) }

  /// Characters that are already HTML, from this target alone: the style sheet, the doctype.
  init(verbatim source: String) { self.source = source }

  /// The parts one behind the other.
  init(joining parts: some Sequence<Markup>) {
    source = parts.reduce(into: "") { $0 += $1.source }
  }

  mutating func append(_ other: Markup) { source += other.source }

  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      // Other control characters are not allowed in HTML at all.
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// An element with content: `element("p", ["class": "note"]) { "text" }`.
func element(
  _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
  @MarkupBuilder content: () -> Markup
) -> Markup {
  Markup(verbatim: "<\(name)\(written(attributes))>\(content().source)</\(name)>")
}

/// An element without content: `leaf("line", ["x1": "0"])`.
func leaf(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) -> Markup {
  Markup(verbatim: "<\(name)\(written(attributes))/>")
}

private func written(_ attributes: KeyValuePairs<String, String>) -> String {
  attributes.reduce(into: "") { text, attribute in
    // An empty value says nothing for the attributes that the page uses, except `alt`.
    guard !attribute.value.isEmpty || attribute.key == "alt" else { return }
    text += " \(attribute.key)=\"\(Markup.escaped(attribute.value))\""
  }
}

/// Puts the expressions of a closure one behind the other.
@resultBuilder
enum MarkupBuilder {
  static func buildExpression(_ part: Markup) -> Markup { part }
  static func buildExpression(_ part: Markup?) -> Markup { part ?? Markup() }
  static func buildExpression(_ text: String) -> Markup { Markup(text: text) }
  static func buildExpression(_ parts: [Markup]) -> Markup { Markup(joining: parts) }
  static func buildBlock(_ parts: Markup...) -> Markup { Markup(joining: parts) }
  static func buildOptional(_ part: Markup?) -> Markup { part ?? Markup() }
  static func buildEither(first: Markup) -> Markup { first }
  static func buildEither(second: Markup) -> Markup { second }
  static func buildArray(_ parts: [Markup]) -> Markup { Markup(joining: parts) }
}
