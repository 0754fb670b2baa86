import Foundation
import Sorting
import TestSupport
import Testing

@Suite("miraged replay")
struct ReplayTests {
  /// Runs `body` in a folder with a bundle, frames and three recipes.
  private func withRecording(
    _ body: (_ folder: URL, _ replay: ([String]) throws -> ProgramResult) throws
      -> Void
  ) throws {
    try withTemporaryFolder { folder in
      try MiragedTests.writeBundle(to: folder.appending(path: "bundle"))
      let played = try run(
        "mirage-simulate",
        [
          "belt", "--out", folder.appending(path: "frames").path, "--seconds", "1", "--rate", "10",
          "--speed", "500", "--pieces", "8",
        ])
      try #require(played.status == 0, "\(played.error)")
      for (name, rest) in [
        ("all", "eject: 'copper,brass,aluminium'"), ("none", "eject: ''"),
        (
          "strict",
          "eject: 'copper,brass,aluminium', thresholds: { copper: 1, brass: 1, aluminium: 1 }"
        ),
        ("wrong", "eject: 'gold'"),
      ] {
        try Data("// A recipe.\n{ bundle: 'bundle', \(rest) }\n".utf8)
          .write(to: folder.appending(path: "\(name).json5"))
      }
      try body(folder) { arguments in
        try run(
          "miraged",
          ["replay", "--frames", folder.appending(path: "frames").path]
            + arguments.map { $0.hasPrefix("-") ? $0 : folder.appending(path: $0).path })
      }
    }
  }

  @Test("counts what changed, shows each piece, and gives the same page again")
  func changes() throws {
    try withRecording { folder, replay in
      let options = ["--before", "all.json5", "--after", "strict.json5"]
      let first = try replay(options + ["--out", "first.html", "--json", "changes.json"])
      #expect(first.status == 0, "\(first.error)")
      #expect(first.output.contains("all → strict: of "))
      #expect(first.output.contains("→ unknown: "))
      let diff = try JSONDecoder().decode(
        DecisionDiff.self, from: Data(contentsOf: folder.appending(path: "changes.json")))
      #expect(diff.both > 4)
      #expect(diff.changes.count == diff.both)
      #expect(diff.noLongerEjected == diff.both)
      let second = try replay(options + ["--out", "second.html"])
      #expect(second.output == first.output)
      let pages = try ["first.html", "second.html"].map {
        try String(contentsOf: folder.appending(path: $0), encoding: .utf8)
      }
      #expect(pages[0] == pages[1])
      // A piece that was decided at a frame which did not show it has no picture.
      let pictures = pages[0].components(separatedBy: "data:image/jpeg").count - 1
      #expect(pictures > diff.both / 2 && pictures <= diff.both)
    }
  }

  @Test("one recipe beside itself changes nothing")
  func same() throws {
    try withRecording { folder, replay in
      let result = try replay(
        ["--before", "all.json5", "--after", "all.json5", "--out", "page.html"])
      #expect(result.status == 0, "\(result.error)")
      #expect(result.output.contains("pieces none changed"))
    }
  }

  @Test("a recipe that does not go with its bundle, and one that is not there, are told by name")
  func refused() throws {
    try withRecording { folder, replay in
      let wrong = try replay(["--before", "all.json5", "--after", "wrong.json5"])
      #expect(wrong.status != 0)
      #expect(wrong.error.contains("'gold'"))
      let missing = try replay(["--before", "all.json5", "--after", "nowhere.json5"])
      #expect(missing.status != 0)
      #expect(missing.error.contains("nowhere.json5"))
    }
  }
}
