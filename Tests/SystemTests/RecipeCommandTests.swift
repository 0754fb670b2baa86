import Diagnostics
import Foundation
import Sorting
import TestSupport
import Testing

@Suite("miraged's recipes")
struct RecipeCommandTests {
  /// A folder with a bundle and recipes, each under the name of its file.
  static func withRecipes<Result>(
    _ recipes: [String: String], _ body: (_ recipes: URL) throws -> Result
  ) throws -> Result {
    try withTemporaryFolder { folder in
      try MiragedTests.writeBundle(to: folder.appending(path: "student"))
      let place = folder.appending(path: "recipes")
      for (name, text) in recipes {
        try AtomicFile.write(text, to: place.appending(path: "\(name).json5"))
      }
      return try body(place)
    }
  }

  @Test("a run begins with a recipe by its name, and its decisions say so")
  func begins() throws {
    let text = """
      {
        name: "Copper out", bundle: "../student", eject: ["copper", "brass", "aluminium"],
        thresholds: {brass: 0.25}, note: "cables",
      }
      """
    try Self.withRecipes(["copper": text]) { folder in
      let listed = try run("miraged", ["recipe", "list", folder.path])
      #expect(listed.output.contains("Copper out: blows out copper, brass, aluminium"))
      #expect(listed.output.contains("; cables"))
      let checked = try run("miraged", ["recipe", "check", folder.path])
      #expect(checked.status == 0 && checked.output.contains("good, 'Copper out'"))
      let result = try run(
        "miraged",
        [
          "run", "--recipes", folder.path, "--recipe", "Copper out", "--simulate", "--seconds", "1",
          "--speed", "600",
        ])
      #expect(result.status == 0, "\(result.error)")
      let decisions = try result.output.split(separator: "\n").compactMap { line in
        let event = try JSONFile.decode(SortEvent.self, from: Data(line.utf8), place: "line")
        return if case .decision(let decision) = event { decision } else { nil }
      }
      #expect(!decisions.isEmpty)
      #expect(decisions.allSatisfy { $0.recipe == "Copper out" && $0.action == .eject })
    }
  }

  @Test("what is wrong with recipes is told with place and nearest key, and none of them is used")
  func wrong() throws {
    let recipes = [
      "a": "{bundle: '../student',\n ejct: ['copper'], thresholds: {copper: 2}}",
      "b": "{bundle: '../student', eject: ['gold']}",
      "c": "{bundle: '../nothing'}",
      "d": "{name: 'twin', bundle: '../student'}",
      "e": "{name: 'twin', bundle: '../student'}",
      "f": "{thresholds: {copper: 'much'}}",
    ]
    try Self.withRecipes(recipes) { folder in
      let checked = try run("miraged", ["recipe", "check", folder.path])
      #expect(checked.status == 3)
      for words in [
        "a.json5:2:2: 'ejct' is no setting; did you mean 'eject'?",
        "a.json5:2:20: 'thresholds' takes 0.0 to 1.0, not '2.0' for 'copper'",
        "b.json5: class 'gold': is none of the bundle's: copper, brass, aluminium",
        "nothing: not a bundle", "d.json5: its name 'twin' is also that of e.json5",
        "f.json5:1:2: 'thresholds' takes CLASS=P, a text, a number or numbers by name",
        "f.json5: 'bundle' is missing",
      ] {
        #expect(checked.output.contains(words), "\(words) in \(checked.output)")
      }
      for (arguments, words) in [
        (["--recipe", "a"], "recipe 'a': "),
        (["--recipe", "twin"], "its name 'twin' is also that of"),
        (["--recipe", "g"], "recipe 'g': is not in"),
        (["--recipe", "b", "--eject", "copper"], "--recipe: found with --bundle or --eject"),
      ] {
        let result = try run(
          "miraged", ["run", "--simulate", "--recipes", folder.path] + arguments)
        #expect(result.status != 0 && result.error.contains(words), "\(result.error)")
      }
      let lonely = try run("miraged", ["run", "--simulate", "--recipe", "a"])
      #expect(lonely.status == 2 && lonely.error.contains("found without --recipes"))
    }
  }
}
