import Foundation
import Testing

@testable import Diagnostics

@Suite("JSON files")
struct JSONFileSuite {
  @Test("text that is not UTF-8 is refused")
  func brokenCharacter() {
    let text = Data([0x7b, 0xff, 0x61, 0x22, 0x3a, 0x31, 0x7d])
    #expect(throws: Complaint("rig.json", "not valid JSON: the text is not UTF-8")) {
      _ = try JSONFile.decode([String: Int].self, from: text, place: "rig.json")
    }
  }

  @Test(
    "a hexadecimal number that is none is refused with its line",
    arguments: [
      ("{a: 0x0x10}", "0x0x10", 1), ("{a: [1,\n0x1e-]}", "0x1e-", 2), ("{a: 0X}", "0X", 1),
      ("/* 0x0x\n */ {a: -0x11e-3}", "0x11e-3", 2),
    ])
  func wrongHexadecimal(text: String, number: String, line: Int) {
    #expect(
      throws: Complaint(
        "line.json5",
        "not valid JSON: line \(line) has '\(number)', digits 0 to 9 and A to F alone were wanted "
          + "after 0x", remedy: "correct the file; nothing was changed")
    ) {
      try JSONFile.decode([String: [Int]].self, from: Data(text.utf8), place: "line.json5")
    }
  }

  @Test("hexadecimal numbers, and what only looks like one, are read")
  func soundHexadecimal() throws {
    let text = """
      { // 0x0x in a comment, and /0x0x
        a: 0xFf, b: -0x10, x0x0x: 3, "0x0x": 4, c: 0x1e /* 0x1e- */, '\\'0x0x': 5,
      }
      """
    let read = try JSONFile.decode([String: Int].self, from: Data(text.utf8), place: "text")
    #expect(read == ["a": 255, "b": -16, "x0x0x": 3, "0x0x": 4, "c": 30, "'0x0x": 5])
    let words = try JSONFile.decode(
      [String].self, from: Data(#"["0x0x", '0x"0x']"#.utf8), place: "text")
    #expect(words == ["0x0x", #"0x"0x"#])
  }
}
