import Foundation

/// Looks for numbers of JSON5 that begin with `0x` and do not go on as such.
///
/// Foundation's reader ends the program at some of them (`0x0x`, `0x1e-`) where a whole number is
/// wanted, so they are refused before it sees them.
enum HexadecimalNumbers {
  /// The first wrong one with its line, counted from 1; nil where there is none.
  static func firstWrong(in data: Data) -> (text: String, line: Int)? {
    let bytes = [UInt8](data)
    var (index, line) = (0, 1)
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        index += 1
      case UInt8(ascii: "\""), UInt8(ascii: "'"): index = end(ofText: bytes, from: index, &line)
      case UInt8(ascii: "/"): index = end(ofComment: bytes, from: index, &line)
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
        let word = bytes[index...].prefix(while: isOfWord)
        if isPrefixed(word), !isSound(word) {
          return (String(decoding: word.prefix(40), as: UTF8.self), line)
        }
        index = word.endIndex
      default: index += 1
      }
    }
    return nil
  }

  private static func isPrefixed(_ word: ArraySlice<UInt8>) -> Bool {
    word.first == UInt8(ascii: "0") && word.count > 1
      && word[word.startIndex + 1] | 0x20 == UInt8(ascii: "x")
  }

  /// Digits alone behind the prefix, one at least.
  private static func isSound(_ word: ArraySlice<UInt8>) -> Bool {
    let digits = word.dropFirst(2)
    return !digits.isEmpty
      && digits.allSatisfy { Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }
  }

  /// All that a reader might take for a part of one number or name.
  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "$"),
      UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"), 0x80...:
      true
    default: false
    }
  }

  private static func end(ofText bytes: [UInt8], from start: Int, _ line: inout Int) -> Int {
    var index = start + 1
    while index < bytes.count, bytes[index] != bytes[start] {
      if bytes[index] == UInt8(ascii: "\n") { line += 1 }
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return index + 1
  }

  private static func end(ofComment bytes: [UInt8], from start: Int, _ line: inout Int) -> Int {
    guard start + 1 < bytes.count else { return start + 1 }
    var index = start + 2
    switch bytes[start + 1] {
    case UInt8(ascii: "/"):
      while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      return index
    case UInt8(ascii: "*"):
      while index + 1 < bytes.count,
        bytes[index] != UInt8(ascii: "*") || bytes[index + 1] != UInt8(ascii: "/")
      {
        if bytes[index] == UInt8(ascii: "\n") { line += 1 }
        index += 1
      }
      return index + 2
    default: return start + 1
    }
  }
}
