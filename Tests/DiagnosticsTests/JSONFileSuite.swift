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
}
