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
    "mirage-train fit SampleData/Experiments/belt.json5 --seeds 10 --out Runs/belt-10",
  ]

  var experiment = URL(filePath: "experiment.json5")
  var out: URL?
  var seeds: Int?
  var steps: Int?
  var threads: Int?
  var jobs: Int?
  var showsFlattery = false

  static let operands: [Operand<Self>] = [
    .required("EXPERIMENT", \.experiment, "Experiment file (JSON5)")
  ]
  static let flags: [Flag<Self>] = [
    .optional(
      "--out", \.out, "FOLDER", "Where the run is kept (default: Runs/<experiment's name>)"),
    .optional(
      "--seeds", \.seeds, "N", "Train seeds 0 to N - 1, in place of the file's", in: .from(1)),
    .optional(
      "--steps", \.steps, "N", "Optimizer steps of a stage, in place of the file's", in: .from(1)),
    .optional("--threads", \.threads, "N", "Threads of the engine, in place of the file's"),
    .optional("--jobs", \.jobs, "N", "Seeds trained side by side (default: one per core)"),
    .toggle(
      "--flatter", \.showsFlattery,
      "Also train on a leaky split, to show the figure it would have given"),
  ]

  func run() async throws {
    Interruption.install()
    let file = experiment
    var experiment = try JSONFile.read(Experiment.self, at: file)
    if let seeds { experiment.seeds = (0..<UInt64(seeds)).map(\.self) }
    if let steps { experiment.training.steps = steps }
    if let threads { experiment.training.threads = threads }
    let folder = out ?? URL(filePath: "Runs").appending(path: experiment.name)
    let (run, facts, environment) = try ExperimentRun.begin(experiment, of: file, in: folder)
    say("\(facts.summary)\n\(run.summary)\n")
    try await train(run)
    let flatters = showsFlattery
    let results = try await Engine.onDedicatedThread(threads: run.experiment.training.threads) {
      engine in
      let flattery = flatters ? try run.flattery(on: engine) : run.storedFlattery
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

  /// Trains all seeds, `jobs` of them side by side, each on an engine of its own.
  private func train(_ run: ExperimentRun) async throws {
    let progress = ProgressLine("training", total: run.totalSteps)
    let seeds = run.experiment.seeds
    let jobs = max(1, min(jobs ?? run.defaultJobs, seeds.count))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for job in 0..<jobs {
        let own = stride(from: job, to: seeds.count, by: jobs).map { seeds[$0] }
        group.addTask {
          try await Engine.onDedicatedThread(threads: run.experiment.training.threads) { engine in
            try run.fit(seeds: own, on: engine) { progress.advance(by: $0, note: $1) }
          }
        }
      }
      try await group.waitForAll()
    }
    progress.finish()
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
