import Foundation
import TestSupport

/// A Swift file of the package, as the tidy tests read it.
struct SourceText: Sendable {
  /// The path from the package's folder.
  let path: String
  let lines: [String]
  /// The lines with the text of comments and string literals taken out.
  let code: [String]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    code = Self.code(of: lines)
  }

  /// The modules that the file imports.
  var imports: [String] {
    code.compactMap { line -> String? in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place <= 2, place + 1 < words.count,
        words[..<place].allSatisfy({ $0.hasPrefix("@") || $0 == "public" || $0 == "package" })
      else { return nil }
      // "import struct Foundation.URL" names the kind before the module.
      let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let module = words[(place + 1)...].first { word in !kinds.contains(String(word)) }
      return module?.split(separator: ".").first.map(String.init)
    }
  }

  /// The places, as `path:line: text`, where a line of code matches `pattern`.
  func places(where pattern: Regex<Substring>) -> [String] {
    zip(code.indices, code).compactMap { number, line in
      line.contains(pattern) ? "\(path):\(number + 1): \(lines[number])" : nil
    }
  }

  /// All Swift files under the given folders of the package.
  static func all(under folders: [String]) throws -> [SourceText] {
    try folders.flatMap { folder in
      let base = packageRoot.appending(path: folder)
      let names = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
      return try (names ?? []).filter { $0.hasSuffix(".swift") }.sorted().map { name in
        SourceText(
          path: "\(folder)/\(name)",
          text: try String(contentsOf: base.appending(path: name), encoding: .utf8))
      }
    }
  }

  private static func code(of lines: [String]) -> [String] {
    var isInLongString = false
    var depth = 0
    return lines.map { line in
      var kept = ""
      var rest = Substring(line)
      while !rest.isEmpty {
        if depth > 0 {
          if rest.hasPrefix("*/") { depth -= 1 }
          rest = rest.dropFirst(rest.hasPrefix("*/") ? 2 : 1)
        } else if rest.hasPrefix("\"\"\"") {
          isInLongString.toggle()
          rest = rest.dropFirst(3)
        } else if isInLongString {
          rest = rest.dropFirst()
        } else if rest.hasPrefix("//") {
          break
        } else if rest.hasPrefix("/*") {
          depth += 1
          rest = rest.dropFirst(2)
        } else if rest.hasPrefix("\"") {
          kept += "\"\""
          rest = afterLiteral(rest.dropFirst())
        } else {
          kept.append(rest.removeFirst())
        }
      }
      return kept
    }
  }

  /// What follows a string literal of one line, interpolations included.
  private static func afterLiteral(_ text: Substring) -> Substring {
    var rest = text
    var parentheses = 0
    while let next = rest.popFirst() {
      switch next {
      case "\\" where rest.first == "(":
        rest.removeFirst()
        parentheses += 1
      case "\\": rest = rest.dropFirst()
      case "(" where parentheses > 0: parentheses += 1
      case ")" where parentheses > 0: parentheses -= 1
      case "\"" where parentheses > 0: rest = afterLiteral(rest)
      case "\"": return rest
      default: break
      }
    }
    return rest
  }
}
