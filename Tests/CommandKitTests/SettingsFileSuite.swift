import Diagnostics
import Foundation
import TestSupport
import Testing

@testable import CommandKit

private struct Sort: Command {
  static let name = "sort"
  static let summary = "Sorts."

  var config: URL?
  var bundle = URL(filePath: "nowhere")
  var rate = 5.0
  var seed: UInt64?
  var classes = ["all"]
  var targets = ""
  var isQuick = false
  var limits = NamedNumbers()

  static let flags: [Flag<Self>] = [
    .settings("--config", \.config, "FILE", "Settings"),
    .required("--bundle", \.bundle, "FOLDER", "The bundle"),
    .value("--frame-rate", \.rate, "FPS", "Frames a second", in: .from(1, to: 100)),
    .optional("--seed", \.seed, "N", "Which belt"),
    .repeated("--class", \.classes, "NAME", "Only this class"),
    .value("--targets", \.targets, "CLASSES", "With commas"),
    .toggle("--quick", \.isQuick, "Quickly"),
    .numbers("--limits", \.limits, "CLASS=P", "Of classes", in: .from(0, to: 1)),
  ]

  func run() async throws {}
}

@Suite("Settings in a file")
struct SettingsFileSuite {
  private let tool = Tool("mirage", "Sorts.", [Sort.self])

  private func withFile<Result>(_ text: String, _ body: (URL) throws -> Result) throws -> Result {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "line.json5")
      try Data(text.utf8).write(to: file)
      return try body(file)
    }
  }

  private func parsed(_ arguments: [String]) throws -> Sort {
    guard case .run(let command) = try tool.request(["sort"] + arguments) else {
      throw Complaint("test", "help was shown")
    }
    return try #require(command as? Sort)
  }

  private func problems(_ text: String) throws -> [String] {
    try withFile(text) { file in
      try Sort.read(settings: file).problems.map { $0.components(separatedBy: "line.json5")[1] }
    }
  }

  @Test("what differs is told in the order of the flags, with units, and what is not given")
  func differences() throws {
    let found = Sort.differences(
      from: ["frameRate": "10.0", "seed": "7"],
      to: ["frameRate": "12.5", "quick": "true", "targets": "a,b"])
    #expect(
      found.map(\.text) == [
        "frameRate: 10.0 frames/s → 12.5 frames/s", "seed: 7 → not given",
        "targets: not given → a,b", "quick: false → true",
      ])
    #expect(found.first?.meaning == "Frames a second, 1.0 to 100.0")
    #expect(Sort.differences(from: ["seed": "7"], to: ["seed": "7"]).isEmpty)
  }

  @Test("what was typed holds against a file that comes later, and nothing else of the past")
  func beside() throws {
    var typed = Sort()
    (typed.rate, typed.seed, typed.isQuick) = (50, 3, true)
    let folder = URL(filePath: "/etc/line")
    let (options, problems) = try Sort.read(
      settings: "{frameRate: 7, bundle: 'b', targets: 'x', sed: 1}", place: "b.json5", in: folder,
      beside: typed, ["--frame-rate=50", "--quick", "--config", "a.json5"])
    #expect(options.rate == 50 && options.isQuick && options.seed == nil)
    #expect(options.bundle.path == "/etc/line/b" && options.targets == "x")
    #expect(problems == ["b.json5:1:43: 'sed' is no setting; did you mean 'seed'?"])
  }

  @Test("a file gives flags by their names; a relative path counts from its folder")
  func values() throws {
    let text = """
      // of hall 2
      {
        bundle: "student", 'frameRate': 12.5, "seed": 18446744073709551615, /* all */
        class: ["copper", "brass"], targets: ["a", "b"], quick: true,
      }
      """
    try withFile(text) { file in
      let sort = try parsed(["--config", file.path])
      #expect(
        sort.bundle.path == file.deletingLastPathComponent().appending(path: "student").path)
      #expect(sort.rate == 12.5 && sort.seed == .max && sort.isQuick)
      #expect(sort.classes == ["copper", "brass"] && sort.targets == "a,b")
      #expect(sort.config?.path == file.path)
      #expect(try parsed(["--config=\(file.path)"]).rate == 12.5)
    }
  }

  @Test("what stands on the command line holds against the file, before it and behind it")
  func precedence() throws {
    try withFile("{bundle: '/b', frameRate: 12, class: ['copper'], quick: false}") { file in
      for arguments in [
        ["--frame-rate", "7", "--class", "zinc", "--config", file.path],
        ["--config", file.path, "--frame-rate", "7", "--class", "zinc"],
      ] {
        let sort = try parsed(arguments)
        #expect(sort.rate == 7 && sort.classes == ["zinc"] && !sort.isQuick)
        #expect(sort.bundle.path == "/b")
      }
      #expect(throws: UsageError.self) { _ = try parsed(["--frame-rate", "7"]) }
    }
  }

  @Test("every mistake is told with line, column and the nearest key")
  func mistakes() throws {
    let text = """
      {
        bundel: "x", frameRate: 10,
        /* , seed: 1 */ 'quick': "yes",
        seed: true, class: {a: [1, {targets: 2}]},
        frameRate: 5, config: "other", targets: "//, x: 1"
      }
      """
    #expect(
      try problems(text) == [
        ":5:3: 'frameRate' stands there twice",
        ":2:3: 'bundel' is no setting; did you mean 'bundle'?",
        ":3:19: 'quick' takes true or false",
        ":4:3: 'seed' takes N, not true or false",
        ":4:15: 'class' takes NAME, a text, a number or a list of texts",
        ":5:17: 'config' is no setting",
      ])
    #expect(try problems("{frameRate: 0.5}") == [":1:2: 'frameRate' takes 1.0 to 100.0, not '0.5'"])
    #expect(try problems("{seed: 'x'}")[0].contains("a whole number from 0 on, not 'x'"))
    #expect(try problems("{}").isEmpty)
  }

  @Test("numbers by name are an object in a file, and pairs on the command line")
  func namedNumbers() throws {
    try withFile("{bundle: 'x', limits: {copper: 0.5, 'red brass': 1}}") { file in
      let sort = try parsed(["--config", file.path])
      #expect(sort.limits.numbers == ["copper": 0.5, "red brass": 1])
      let typed = try parsed(["--bundle", "x", "--limits", sort.limits.argumentText])
      #expect(typed.limits == sort.limits)
    }
    #expect(try problems("{limits: {}}").isEmpty)
    for (text, words) in [
      ("{limits: {a: 2}}", ":1:2: 'limits' takes 0.0 to 1.0, not '2.0' for 'a'"),
      ("{limits: {'a=b': 1}}", ":1:2: 'limits' takes names without '=' and ',', not 'a=b'"),
      ("{limits: {a: 'b'}}", ":1:2: 'limits' takes CLASS=P, a text, a number or numbers by name"),
      (
        "{limits: 'a'}", ":1:2: 'limits' takes names with numbers, as copper=0.8,brass=0.6, not 'a'"
      ),
      ("{limits: 'a=1,a=0'}", ":1:2: 'limits' takes names with numbers"),
      ("{limits: 'a=,b'}", ":1:2: 'limits' takes names with numbers"),
      ("{seed: {a: 1}}", ":1:2: 'seed' takes N, a text, a number or a list of texts"),
    ] {
      let found = try problems(text)
      #expect(found.first?.hasPrefix(words) == true, "\(found)")
    }
  }

  @Test("the first mistake ends a run, and says who tells all of them")
  func refusal() throws {
    try withFile("{bundle: 'x', qick: true}") { file in
      do {
        _ = try parsed(["--config", file.path])
        Issue.record("it was taken")
      } catch let error as UsageError {
        #expect(error.problem.hasSuffix(":1:15: 'qick' is no setting; did you mean 'quick'?"))
        #expect(error.help == "mirage check \(file.path)")
      }
    }
    #expect(complaint { _ = try parsed(["--config", "/no/such"]) }.contains("no such file"))
    for text in ["", "[1]", "{bundle: 'x'", "{bundle 1}", "null"] {
      #expect(complaint { _ = try problems(text) } != "no error", "\(text)")
    }
  }

  @Test("a key is explained with its values, range and default")
  func explained() throws {
    let text = try Sort.explanation(of: "frameRate")
    #expect(text.contains("frameRate: FPS"))
    #expect(text.contains("Frames a second, 1.0 to 100.0 (default: 5.0)"))
    #expect(text.contains("--frame-rate FPS"))
    #expect(try Sort.explanation(of: nil).split(separator: "\n").count == 7)
    #expect(
      complaint { _ = try Sort.explanation(of: "frameRat") }.contains("did you mean 'frameRate'?"))
  }

  @Test("no damaged file ends the program, and places stay within it")
  func damage() throws {
    let text = Data("{a: 'x\\'', /* c */ \"b\": [1, {d: 2}], // e\n c: true, 'a': 3}".utf8)
    let lines = 3
    for copy in mutations(of: text, count: 2000, seed: 9) {
      for key in KeyPositions(String(decoding: copy, as: UTF8.self)).keys {
        #expect(key.line >= 1 && key.column >= 1 && key.line < 100)
      }
      // What is refused is refused in words; all else is read.
      do {
        _ = try SettingsFile(copy, place: "x")
      } catch {
        #expect((error as? any Explained)?.problem.isEmpty == false)
      }
    }
    #expect(
      KeyPositions(String(decoding: text, as: UTF8.self)).keys.map(\.key) == ["a", "b", "c", "a"])
    #expect(KeyPositions(String(decoding: text, as: UTF8.self)).keys.last?.line == lines - 1)
  }
}
