import CommandKit
import Diagnostics
import Foundation

/// Looks at a configuration as `run` would, without a run.
struct CheckCommand: Command {
  static let name = "check"
  static let summary = "Says what is wrong with a configuration, all of it, before it is used."

  var file = URL(filePath: ".")
  var isTextOnly = false

  static let operands: [Operand<Self>] = [
    .required("FILE", \.file, "The configuration, JSON5")
  ]

  static let flags: [Flag<Self>] = [
    .toggle("--text-only", \.isTextOnly, "Look at the text alone, not at the files that it names")
  ]

  static let examples = ["miraged check line.json5", "miraged check --text-only line.json5"]

  func run() async throws {
    let (options, given, found) = try Run.read(settings: file)
    var problems = found
    if options.recipe == nil, !given.contains("--bundle"),
      !found.contains(where: { $0.contains("'bundle'") })
    {
      problems.append("\(file.relativePath): 'bundle' is missing")
    }
    if problems.isEmpty {
      problems += options.complaints(about: file.relativePath, isTextOnly ? .text : .recipes)
      if !isTextOnly { problems += await options.bundleComplaints(about: file) }
    }
    guard problems.isEmpty else {
      for problem in problems { print(problem) }
      print("\(file.relativePath): \(problems.count) to correct; 'miraged explain KEY' helps")
      throw ExitStatus.negative
    }
    print("\(file.relativePath): good, \(given.count) settings")
  }
}

/// Says what a key of a configuration means.
struct ExplainCommand: Command {
  static let name = "explain"
  static let summary = "Says what a key of a configuration means, its range and its default."

  var key: String?

  static let operands: [Operand<Self>] = [
    .optional("KEY", \.key, "As in the configuration, such as valveLatency; all without one")
  ]

  static let examples = ["miraged explain valveLatency", "miraged explain"]

  func run() async throws {
    print(try Run.explanation(of: key))
    guard let key else { return }
    let isLive = Run.liveSettings.contains(key)
    print("  \(isLive ? "can be changed while it sorts" : "needs a restart when it is changed")")
  }
}
