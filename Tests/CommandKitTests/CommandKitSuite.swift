import CommandKit
import Diagnostics
import Foundation
import Testing

enum Stage: String, CaseIterable, ArgumentValue {
  case teacher, student, hallucination, fusion
}

struct Train: Command {
  static let name = "train"
  static let summary = "Runs one of the four training steps."
  static let examples = ["mirage-train train pellets --epochs 3"]

  var folder = URL(filePath: "nowhere")
  var extras: [String] = []
  var stage = Stage.teacher
  var epochs = 30
  var rate: Float = 0.001
  var seed: UInt64?
  var classes = ["all"]
  var output = URL(filePath: "runs")
  var isDeterministic = false

  static let operands: [Operand<Self>] = [
    .required("FOLDER", \.folder, "Folder with manifest.json")
  ]
  static let flags: [Flag<Self>] = [
    .value("--stage", \.stage, "STEP", "Which step to run"),
    .value("--epochs", \.epochs, "N", "Passes over the training split", in: .from(1, to: 500)),
    .value("--rate", \.rate, "RATE", "Step size of the optimizer", in: .from(0)),
    .optional("--seed", \.seed, "N", "Seed of all random numbers", in: .from(0, to: 99)),
    .repeated("--class", \.classes, "NAME", "Only this class"),
    .value("--output", \.output, "FOLDER", "Where the run is written"),
    .toggle("--deterministic", \.isDeterministic, "Make two runs agree bit for bit"),
  ]

  func run() async throws {}
}

struct Compare: Command {
  static let name = "compare"
  static let summary = "Compares bundles."

  var first = URL(filePath: "")
  var rest: [URL] = []
  var report = URL(filePath: "")

  static let operands: [Operand<Self>] = [
    .required("BUNDLE", \.first, "The bundle to compare with"),
    .rest("OTHER", \.rest, "The bundles that are compared"),
  ]
  static let flags: [Flag<Self>] = [
    .required("--report", \.report, "FILE", "Where the page goes")
  ]

  func run() async throws {}
}

@Suite("CommandKit")
struct CommandKitSuite {
  static let tool = Tool("mirage-train", "Trains students.", [Train.self, Compare.self])

  func shown(_ arguments: String...) throws -> String {
    guard case .show(let text) = try Self.tool.request(arguments) else {
      Issue.record("nothing was shown")
      return ""
    }
    return text
  }

  func parsed<C: Command>(_ type: C.Type, _ arguments: [String]) throws -> C {
    guard case .run(let command) = try Self.tool.request(arguments) else {
      throw Complaint("\(arguments)", "no command was read")
    }
    return try #require(command as? C)
  }

  @Test("fills the properties, and leaves the others at their initial values")
  func values() throws {
    let train = try parsed(
      Train.self,
      ["train", "--stage", "fusion", "pellets", "--rate=0.5", "--seed", "7", "--deterministic"])
    #expect(train.folder.relativePath == "pellets")
    #expect(train.stage == .fusion)
    #expect(train.rate == 0.5)
    #expect(train.seed == 7)
    #expect(train.isDeterministic)
    #expect(train.epochs == 30)
    #expect(train.classes == ["all"])
  }

  @Test("a repeated flag replaces the initial values and keeps the order")
  func repeated() throws {
    let train = try parsed(
      Train.self, ["train", "x", "--class", "copper", "--class", "brass"])
    #expect(train.classes == ["copper", "brass"])
  }

  @Test("what follows -- is never a flag")
  func separator() throws {
    let compare = try parsed(Compare.self, ["compare", "--report", "r", "--", "--a", "-b", "c"])
    #expect(compare.first.relativePath == "--a")
    #expect(compare.rest.map(\.relativePath) == ["-b", "c"])
  }

  @Test(
    "a wrong command line is refused with what was found and what was wanted",
    arguments: [
      ([], "a command is missing", "mirage-train --help"),
      (["trian"], "unknown command 'trian'; did you mean 'train'?", "mirage-train --help"),
      (["--verison"], "unknown flag '--verison'; did you mean '--version'?", "mirage-train --help"),
      (["zebra"], "unknown command 'zebra'", "mirage-train --help"),
      (
        ["train", "x", "--epoch", "3"], "unknown flag '--epoch'; did you mean '--epochs'?",
        "mirage-train train --help"
      ),
      (
        ["train", "x", "--stage", "hallucinaton"],
        "--stage takes one of teacher, student, hallucination, fusion, not 'hallucinaton'",
        "mirage-train train --help"
      ),
      (
        ["train", "x", "--epochs", "0"], "--epochs takes 1 to 500, not '0'",
        "mirage-train train --help"
      ),
      (
        ["train", "x", "--epochs", "many"], "--epochs takes a whole number, not 'many'",
        "mirage-train train --help"
      ),
      (
        ["train", "x", "--rate", "-0.5"], "--rate takes 0.0 or more, not '-0.5'",
        "mirage-train train --help"
      ),
      (
        ["train", "x", "--seed", "100"], "--seed takes 0 to 99, not '100'",
        "mirage-train train --help"
      ),
      (
        ["train", "x", "--rate", "nan"], "--rate takes a number, not 'nan'",
        "mirage-train train --help"
      ),
      (
        ["train", "x", "--seed", "--deterministic"],
        "--seed needs its N, but '--deterministic' follows", "mirage-train train --help"
      ),
      (
        ["train", "x", "--seed"], "--seed needs its N, but nothing follows",
        "mirage-train train --help"
      ),
      (
        ["train", "x", "--deterministic=no"], "--deterministic takes no value, not 'no'",
        "mirage-train train --help"
      ),
      (["train"], "FOLDER is missing: folder with manifest.json", "mirage-train train --help"),
      (
        ["train", ""], "FOLDER takes a file or folder, not ''", "mirage-train train --help"
      ),
      (["train", "x", "y"], "'y' is one argument too many", "mirage-train train --help"),
      (
        ["compare", "x", "y"], "--report is missing: where the page goes",
        "mirage-train compare --help"
      ),
      (
        ["compare", "x", "--report", "r"], "OTHER is missing: the bundles that are compared",
        "mirage-train compare --help"
      ),
    ] as [([String], String, String)])
  func refused(arguments: [String], problem: String, help: String) throws {
    let error = try #require(throws: UsageError.self) { try Self.tool.request(arguments) }
    #expect(error.problem == problem)
    #expect(error.help == help)
    let (text, status) = Self.tool.report(error)
    #expect(text == "mirage-train: \(problem)\n  help: run '\(help)'")
    #expect(status == .usage)
  }

  @Test("the help of a command lists operands, flags, defaults, ranges and examples")
  func commandHelp() throws {
    let wanted = """
      mirage-train train: Runs one of the four training steps.

      usage: mirage-train train [FLAGS] FOLDER

        FOLDER  Folder with manifest.json

        --stage STEP     Which step to run (one of teacher, student, hallucination, fusion; default:
                         teacher)
        --epochs N       Passes over the training split, 1 to 500 (default: 30)
        --rate RATE      Step size of the optimizer, 0.0 or more (default: 0.001)
        --seed N         Seed of all random numbers, 0 to 99
        --class NAME     Only this class (may be repeated; default: all)
        --output FOLDER  Where the run is written (default: runs)
        --deterministic  Make two runs agree bit for bit

      examples:
        mirage-train train pellets --epochs 3
      """
    #expect(try shown("train", "--help") == wanted)
    #expect(try shown("train", "x", "--epochs", "3", "-h") == wanted)
    #expect(try shown("help", "train") == wanted)
  }

  @Test("the help of the tool lists its commands")
  func toolHelp() throws {
    let wanted = """
      mirage-train: Trains students.

      usage: mirage-train COMMAND ...

        train          Runs one of the four training steps.
        compare        Compares bundles.
        --help         Show this text; behind a command, the text of that command
        --version      Show the version
        --completions  Print a script that completes commands and flags in bash
      """
    #expect(try shown("--help") == wanted)
    #expect(try shown("compare", "--help").contains("compare --report FILE BUNDLE OTHER..."))
  }

  @Test("the version is that of the release")
  func version() throws {
    #expect(try shown("--version") == "mirage-train \(Release.version)")
  }

  @Test("an explained error is printed with place, problem and remedy")
  func explained() {
    let error = Complaint("belt.hdr", "'bands' is 0", remedy: "export the header again")
    let (text, status) = Self.tool.report(error)
    #expect(
      text == "mirage-train: belt.hdr: 'bands' is 0\n  help: export the header again")
    #expect(status == .failure)
  }

  @Test("an interrupted command ends with 130, a negative answer silently with 3")
  func statuses() {
    let interrupted = Self.tool.report(Interrupted(saved: "step 12 is saved"))
    #expect(interrupted.text == "mirage-train: interrupted: step 12 is saved")
    #expect(interrupted.status.rawValue == 130)
    let negative = Self.tool.report(ExitStatus.negative)
    #expect(negative.text == nil)
    #expect(negative.status.rawValue == 3)
  }

  @Test(
    "bash completes commands, flags and closed choices",
    arguments: [
      (["tr"], ["train"]),
      (["train", "--s"], ["--stage", "--seed"]),
      (["train", "--stage", "f"], ["fusion"]),
      (["compare", "--r"], ["--report"]),
    ] as [([String], [String])])
  func completions(typed: [String], offered: [String]) throws {
    let words = (["mirage-train"] + typed).map { "'\($0)'" }.joined(separator: " ")
    let script =
      try shown("--completions") + """

        COMP_WORDS=(\(words)); COMP_CWORD=\(typed.count)
        _mirage_train; echo "${COMPREPLY[@]}"
        """
    let bash = Process()
    bash.executableURL = URL(filePath: "/bin/bash")
    bash.arguments = ["-c", script]
    let pipe = Pipe()
    bash.standardOutput = pipe
    try bash.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    bash.waitUntilExit()
    #expect(output == offered.joined(separator: " ") + "\n")
  }
}
