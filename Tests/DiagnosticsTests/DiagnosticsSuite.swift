import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite("Diagnostics")
struct DiagnosticsSuite {
  struct Settings: Codable, Equatable {
    var rate: Double
    var names: [String]
  }

  @Test(
    "SHA-256 agrees with the examples of FIPS 180-2",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func digest(text: String, wanted: String) throws {
    #expect(Digest(of: text).hexadecimal == wanted)
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "text")
      try AtomicFile.write(text, to: file)
      #expect(try Digest(ofFile: file).hexadecimal == wanted)
    }
  }

  @Test("a file is written with its folder, and replaced as a whole")
  func atomicFile() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "new/deep/file")
      try AtomicFile.write("first", to: file)
      try AtomicFile.write("second", to: file)
      #expect(try String(contentsOf: file, encoding: .utf8) == "second")
      let names = try FileManager.default.contentsOfDirectory(
        atPath: file.deletingLastPathComponent().path)
      #expect(names == ["file"])
    }
  }

  @Test("a file that cannot be written is named with a remedy")
  func unwritable() throws {
    let file = URL(filePath: "/proc/mirage/file")
    let error = try #require(throws: (any Error).self) { try AtomicFile.write("x", to: file) }
    #expect("\(error)".contains("/proc/mirage"))
    let explained = error as? any Explained
    #expect(explained?.remedy != nil)
  }

  @Test("JSON5 with comments and trailing commas is read")
  func json5() throws {
    let data = Data("{ // how fast\n rate: 0.5, names: ['a', 'b',], }".utf8)
    #expect(
      try JSONFile.decode(Settings.self, from: data, place: "x")
        == Settings(rate: 0.5, names: ["a", "b"]))
  }

  @Test(
    "a wrong JSON file is refused by file and key",
    arguments: [
      ("{\"names\": []}", "run.json5: the key 'rate' is missing in 'top level'"),
      (
        "{\"rate\": \"fast\", \"names\": []}",
        "run.json5: 'rate' has the wrong type, Double was wanted"
      ),
      (
        "{\"rate\": 1, \"names\": [\"a\", 2]}",
        "run.json5: 'names.[1]' has the wrong type, String was wanted"
      ),
      (
        "{\"rate\": null, \"names\": []}",
        "run.json5: 'rate' is null, Double was wanted"
      ),
    ])
  func wrongJSON(text: String, wanted: String) throws {
    let error = try #require(throws: Complaint.self) {
      try JSONFile.decode(Settings.self, from: Data(text.utf8), place: "run.json5")
    }
    #expect("\(error.place): \(error.problem)" == wanted)
  }

  @Test("a missing JSON file is named")
  func missingJSON() throws {
    let error = try #require(throws: Complaint.self) {
      try JSONFile.read(Settings.self, at: URL(filePath: "no/such.json"))
    }
    #expect(
      "\(error)"
        == "no/such.json: no such file, or it cannot be read\n  help: check the spelling")
  }

  @Test(
    "time left is written as a clock",
    arguments: [(0.0, "0:00"), (9.4, "0:09"), (75, "1:15"), (3700, "1:01:40"), (-3, "0:00")])
  func clock(seconds: Double, wanted: String) {
    #expect(ProgressLine.clock(seconds) == wanted)
  }

  @Test("an explained error reads as place, problem and remedy")
  func explained() {
    #expect("\(Complaint("a", "b"))" == "a: b")
    #expect("\(Complaint("a", "b", remedy: "c"))" == "a: b\n  help: c")
    #expect(Complaint("a", "b").exitStatus == .failure)
    #expect(Interrupted(saved: "x").exitStatus == .interrupted)
  }
}
