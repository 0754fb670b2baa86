/// Where the keys of the outermost object of a JSON5 text stand.
///
/// Only for telling places in a text that was read already: it follows quotes, comments and
/// brackets, and takes anything else as it comes.
struct KeyPositions {
  /// Lines and columns count from 1, columns in characters.
  private(set) var keys: [(key: String, line: Int, column: Int)] = []

  private let text: [Character]
  private var place = 0
  private var line = 1
  private var column = 1
  private var depth = 0
  private var wantsKey = false

  init(_ text: String) {
    self.text = Array(text)
    while place < self.text.count { step() }
  }

  private mutating func step() {
    let character = text[place]
    switch character {
    case "/" where next == "/": skip { $0.isNewline }
    case "/" where next == "*":
      while place < text.count, !(text[place] == "*" && next == "/") { advance() }
      advance()
      advance()
    case "\"", "'":
      let start = (line, column)
      let word = quoted(character)
      if wantsKey { note(word, at: start) }
    case "{", "[":
      depth += 1
      wantsKey = depth == 1 && character == "{"
      advance()
    case "}", "]":
      depth -= 1
      advance()
    case ",":
      wantsKey = depth == 1
      advance()
    case _ where wantsKey && !character.isWhitespace && character != ":":
      let start = (line, column)
      let first = place
      skip { $0.isWhitespace || ":/,{}[]\"'".contains($0) }
      if place == first { advance() }
      note(String(text[first..<place]), at: start)
    default: advance()
    }
  }

  private var next: Character? { place + 1 < text.count ? text[place + 1] : nil }

  private mutating func note(_ key: String, at start: (Int, Int)) {
    keys.append((key, start.0, start.1))
    wantsKey = false
  }

  /// The text between two quotes; behind the second afterwards.
  private mutating func quoted(_ quote: Character) -> String {
    advance()
    let first = place
    while place < text.count, text[place] != quote {
      if text[place] == "\\" { advance() }
      advance()
    }
    let word = String(text[min(first, text.count)..<min(place, text.count)])
    advance()
    return word
  }

  private mutating func skip(until isEnd: (Character) -> Bool) {
    while place < text.count, !isEnd(text[place]) { advance() }
  }

  private mutating func advance() {
    guard place < text.count else { return }
    if text[place].isNewline {
      line += 1
      column = 1
    } else {
      column += 1
    }
    place += 1
  }
}
