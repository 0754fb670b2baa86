import CommandKit
import Distillation
import Foundation

/// Judges a finished run again and prints its tables.
struct Evaluate: Command {
  static let name = "evaluate"
  static let summary = "Judges a run on its test samples and prints the tables."
  static let examples = ["mirage-train evaluate Runs/indian-pines"]

  var runFolder = URL(filePath: "Runs")

  static let operands: [Operand<Self>] = [
    .required("RUN", \.runFolder, "Folder that 'mirage-train fit' wrote")
  ]

  func run() async throws {
    let (run, facts, environment) = try ExperimentRun.reopen(runFolder)
    let results = try run.conclude(
      facts: facts, flattery: run.storedFlattery, environment: environment)
    print(facts.summary)
    print(results.table)
    print("\nverdict: \(results.verdict.sentence)")
  }
}
