import Bundles
import CommandKit
import Conveyor
import Diagnostics
import Foundation
import NeuralNetworks
import Services

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
    if problems.isEmpty { problems += await complaints(about: options) }
    guard problems.isEmpty else {
      for problem in problems { print(problem) }
      print("\(file.relativePath): \(problems.count) to correct; 'miraged explain KEY' helps")
      throw ExitStatus.negative
    }
    print("\(file.relativePath): good, \(given.count) settings")
  }

  /// What `run` would stumble over, step by step; each is looked at, whatever the others say.
  private func complaints(about options: Run) async -> [String] {
    var problems: [String] = []
    func look(_ step: () throws -> Void) {
      do { try step() } catch {
        // Two steps may stumble over the same.
        let problem = "\(file.relativePath): \(error)"
        if !problems.contains(problem) { problems.append(problem) }
      }
    }
    look { _ = try options.valveAddress }
    look { _ = try options.httpAddress }
    look { _ = try options.modbusAddress }
    look { _ = try options.storeSettings }
    look { _ = try options.broker }
    guard !isTextOnly else { return problems }
    look { _ = try options.token }
    look {
      guard let recipes = options.recipes else { return }
      problems += try StoredRecipe.all(in: recipes).flatMap(\.problems)
    }
    look {
      let input = try LineInput(options)
      _ = try ValveSettings(input.calibration, options)
    }
    do {
      let start = try options.start
      let classes = try await Engine.onDedicatedThread(threads: 1) { engine in
        try StudentBundle.open(start.bundle, on: engine).contents.classes
      }
      for name in start.recipe.ejected where !classes.contains(name) {
        problems.append(
          "\(file.relativePath): 'eject' names '\(name)', the bundle knows "
            + classes.joined(separator: ", "))
      }
    } catch {
      problems.append("\(file.relativePath): \(error)")
    }
    return problems
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

  func run() async throws { print(try Run.explanation(of: key)) }
}
