import CommandKit
import Diagnostics
import Distillation
import Foundation
import ModelExchange
import NeuralNetworks
import Reports

/// Trains everything an experiment names, judges it, seals the bundle and writes the report.
struct Fit: Command {
  static let name = "fit"
  static let summary = "Trains all steps of an experiment and seals the student."
  static let examples = [
    "mirage-train fit SampleData/Experiments/indian-pines.json5",
    "mirage-train fit scrap.json5 --out Runs/scrap --threads 2",
  ]

  var experiment = URL(filePath: "experiment.json5")
  var out: URL?
  var threads: Int?
  var showsFlattery = false

  static let operands: [Operand<Self>] = [
    .required("EXPERIMENT", \.experiment, "Experiment file (JSON5)")
  ]
  static let flags: [Flag<Self>] = [
    .optional("--out", \.out, "FOLDER", "Where the run is kept (default: Runs/<experiment's name>)"),
    .optional("--threads", \.threads, "N", "Threads of the engine, in place of the file's"),
    .toggle(
      "--flatter", \.showsFlattery,
      "Also train on a leaky split, to show the figure it would have given"),
  ]

  func run() async throws {
    Interruption.install()
    let file = experiment
    let name = try JSONFile.read(Experiment.self, at: file).name
    let folder = out ?? URL(filePath: "Runs").appending(path: name)
    let (run, facts, environment) = try ExperimentRun.begin(file, in: folder, threads: threads)
    say("\(facts.summary)\n\(run.summary)\n")
    let flatters = showsFlattery
    let threads = run.experiment.training.threads
    let results = try await Engine.onDedicatedThread(threads: threads) { engine in
      let progress = ProgressLine("training", total: run.totalSteps)
      try run.fit(on: engine) { steps, note in progress.advance(by: steps, note: note) }
      progress.finish()
      let flattery = flatters ? try run.flattery(on: engine) : nil
      let results = try run.conclude(
        facts: facts, flattery: flattery, environment: environment)
      if let network = run.sealable {
        let (bundle, seed) = try run.seal(network, on: engine)
        try bundle.write(
          to: folder.appending(path: "bundle"), card: run.card(of: bundle, seed: seed, results))
      }
      return results
    }
    try writeEvents(try run.log(), to: folder.appending(path: "tensorboard"))
    let page = folder.appending(path: "report.html")
    try ReportPage(run: run, results: results).write(to: page)
    print(results.table)
    print("\nverdict: \(results.verdict.sentence)")
    print("report: \(page.relativePath)")
    if run.sealable != nil { print("bundle: \(folder.appending(path: "bundle").relativePath)") }
  }

  /// The log for TensorBoard: one run per seed and stage.
  private func writeEvents(_ log: [LogEntry], to folder: URL) throws {
    let groups = Dictionary(grouping: log) { "seed-\($0.seed)/\($0.stage)" }
    for (name, entries) in groups {
      let file = try EventFile(
        in: folder.appending(path: name), time: Date().timeIntervalSince1970)
      for entry in entries {
        let scalars =
          entry.losses.sorted { $0.key < $1.key }.map { EventFile.Scalar("loss/\($0)", $1) }
          + [EventFile.Scalar("rate", entry.rate)]
        try file.append(
          .init(step: entry.step, time: Date().timeIntervalSince1970, scalars: scalars))
      }
    }
  }

  private func say(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
