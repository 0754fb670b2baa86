/// A run of HTML or SVG whose texts are escaped and whose tags are closed by construction.
///
/// A string literal is text: `"a < b"` is shown as it stands, whatever it holds.
public struct Markup: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// The characters that go into the file.
  public private(set) var source: String

  public init() { source = "" }

  /// Text to be shown as it is.
  public init(text: String) { source = Self.escaped(text) }

  public init(stringLiteral value: String) { self.init(text: value) }

  /// Characters that are already HTML, from this target alone: the style sheet, the doctype.
  init(verbatim source: String) { self.source = source }

  /// The parts one behind the other.
  public init(joining parts: some Sequence<Markup>) {
    source = parts.reduce(into: "") { $0 += $1.source }
  }

  /// Puts `other` behind what is there.
  public mutating func append(_ other: Markup) { source += other.source }

  /// `text` with the characters replaced that mean something in HTML.
  public static func escaped(_ text: String) -> String {
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
public func element(
  _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
  @MarkupBuilder content: () -> Markup
) -> Markup {
  Markup(verbatim: "<\(name)\(written(attributes))>\(content().source)</\(name)>")
}

/// An element without content: `leaf("line", ["x1": "0"])`.
public func leaf(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) -> Markup {
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
public enum MarkupBuilder {
  /// An element as it is.
  public static func buildExpression(_ part: Markup) -> Markup { part }
  /// An element, or nothing.
  public static func buildExpression(_ part: Markup?) -> Markup { part ?? Markup() }
  /// A text, escaped.
  public static func buildExpression(_ text: String) -> Markup { Markup(text: text) }
  /// Elements in their order.
  public static func buildExpression(_ parts: [Markup]) -> Markup { Markup(joining: parts) }
  /// All expressions of a closure.
  public static func buildBlock(_ parts: Markup...) -> Markup { Markup(joining: parts) }
  /// An `if` without `else`.
  public static func buildOptional(_ part: Markup?) -> Markup { part ?? Markup() }
  /// The first branch of an `if`.
  public static func buildEither(first: Markup) -> Markup { first }
  /// The other branch of an `if`.
  public static func buildEither(second: Markup) -> Markup { second }
  /// The turns of a loop.
  public static func buildArray(_ parts: [Markup]) -> Markup { Markup(joining: parts) }
}
