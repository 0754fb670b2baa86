import CommandKit
import Distillation
import Foundation

/// Judges a finished run again and prints its tables.
struct Evaluate: Command {
  static let name = "evaluate"
  static let summary = "Judges a run on its test samples and prints the tables."
  static let examples = [
    "mirage-train evaluate Runs/indian-pines",
    "mirage-train evaluate Runs/indian-pines --on validation",
  ]

  /// The samples that may be judged.
  enum Samples: String, CaseIterable, ArgumentValue {
    case test, validation
  }

  var runFolder = URL(filePath: "Runs")
  var samples = Samples.test

  static let operands: [Operand<Self>] = [
    .required("RUN", \.runFolder, "Folder that 'mirage-train fit' wrote")
  ]
  static let flags: [Flag<Self>] = [
    .value("--on", \.samples, "SAMPLES", "Where choices are made: on validation, never on test")
  ]

  func run() async throws {
    let (run, facts, environment) = try ExperimentRun.reopen(runFolder)
    print(facts.summary)
    switch samples {
    case .test:
      let results = try run.conclude(
        facts: facts, flattery: run.storedFlattery, environment: environment)
      print(results.table)
      print("\nverdict: \(results.verdict.sentence)")
    case .validation:
      let results = try run.evaluate(on: .validation, facts: facts, environment: environment)
      print("on the validation samples, for choices only:")
      print(results.table)
    }
  }
}
