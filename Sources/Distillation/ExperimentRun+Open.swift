import Datasets
import Diagnostics
import Foundation
import NeuralNetworks
import Samples
import Tensors

extension ExperimentRun {
  /// What stands in `run.json`: where the run came from.
  struct Record: Codable, Equatable {
    var experiment: Experiment
    /// The manifest as an absolute path, since the run's folder may lie anywhere.
    var manifest: String
    var facts: InputFacts
    var environment: [String: String]
  }

  private static let recordFile = "run.json"

  /// Opens an experiment file for training: reads its data, makes its splits, checks everything.
  ///
  /// Writes `run.json` with the full configuration into `folder`.
  public static func begin(
    _ file: URL, in folder: URL, threads: Int? = nil
  ) throws -> (run: ExperimentRun, facts: InputFacts, environment: [String: String]) {
    var experiment = try JSONFile.read(Experiment.self, at: file)
    if let threads { experiment.training.threads = threads }
    try experiment.check(place: file.relativePath)
    let manifest = URL(
      filePath: experiment.data.manifest, relativeTo: file.absoluteURL.deletingLastPathComponent()
    ).absoluteURL.standardizedFileURL
    let (run, facts) = try make(experiment, manifest: manifest, folder: folder)
    let record = Record(
      experiment: experiment, manifest: manifest.path, facts: facts,
      environment: environment(experiment))
    try AtomicFile.write(
      try JSONFile.encode(record), to: folder.appending(path: recordFile))
    return (run, facts, record.environment)
  }

  /// Opens a run's folder again, for judging, reporting and exporting.
  public static func reopen(
    _ folder: URL
  ) throws -> (run: ExperimentRun, facts: InputFacts, environment: [String: String]) {
    let file = folder.appending(path: recordFile)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw Complaint(
        folder.relativePath, "no run.json here, a run's folder was wanted",
        remedy: "give the folder that 'mirage-train fit' wrote")
    }
    let record = try JSONFile.read(Record.self, at: file)
    let (run, facts) = try make(
      record.experiment, manifest: URL(filePath: record.manifest), folder: folder)
    guard facts == record.facts else {
      throw Complaint(
        record.manifest,
        "the data is not what the run was trained on (its digests or counts differ)",
        remedy: "restore the recordings, or run 'mirage-train fit' again")
    }
    return (run, facts, record.environment)
  }

  private static func environment(_ experiment: Experiment) -> [String: String] {
    var facts = Provenance.environment()
    facts["oneDNN"] = Engine.version
    facts["threads"] = "\(experiment.training.threads)"
    return facts
  }

  private static func make(
    _ experiment: Experiment, manifest: URL, folder: URL
  ) throws -> (ExperimentRun, InputFacts) {
    let settings = experiment.data
    var plan = settings.split
    let perClass = plan.labelsPerClass
    // The plan's own budget would be the same for all seeds.
    plan.labelsPerClass = nil
    var (dataset, planned) = try PairedDataset.load(
      manifest, options: settings.recipe, plan: plan)
    if let noise = settings.centerPixelNoise {
      var random = SplitMix64(seed: plan.seed, purpose: "noise of the center pixel")
      dataset = dataset.reducedToCenterSpectra(noise: Float(noise), using: &random)
    }
    var splits: [UInt64: Split] = [:]
    for seed in experiment.seeds {
      splits[seed] =
        perClass.map {
          planned.split.rationed(
            perClass: $0, labels: dataset.labels, classes: dataset.classes.count, seed: seed)
        } ?? planned.split
    }
    let digest = planned.catalog.digest
    let run = ExperimentRun(
      experiment: experiment, dataset: dataset, splits: splits, folder: folder, manifest: manifest,
      dataIdentity: "\(digest.short)/\(try dataset.recipe.digest.short)")
    let any = splits[experiment.seeds[0]] ?? planned.split
    let facts = InputFacts(
      manifest: planned.catalog.folder.manifest.name, manifestDigest: digest,
      samples: dataset.count,
      labelled: any.labelled.count, unlabelled: any.unlabelled.count,
      validation: any.validation.count, calibration: any.calibration.count, test: any.test.count,
      overlapOfCenters: planned.split.leak.trainingCenter,
      overlapOfPatches: max(planned.split.leak.sharedPixel, planned.split.leak.sharedPiece),
      calibrationID: dataset.calibration)
    return (run, facts)
  }
}

extension Experiment {
  /// Refuses settings that cannot work, by name.
  public func check(place: String) throws {
    func refuse(_ problem: String, _ remedy: String? = nil) throws -> Never {
      throw Complaint(place, problem, remedy: remedy)
    }
    if seeds.isEmpty { try refuse("'seeds' is empty, at least one was wanted") }
    if Set(seeds).count != seeds.count { try refuse("'seeds' names a seed twice") }
    if arms.isEmpty { try refuse("'arms' is empty, at least one was wanted") }
    if training.steps < 1 {
      try refuse("'training.steps' is \(training.steps), 1 or more was wanted")
    }
    if training.labelledBatch < 1 {
      try refuse("'training.labelledBatch' is \(training.labelledBatch), 1 or more was wanted")
    }
    if training.pairBatch < 0 {
      try refuse("'training.pairBatch' is \(training.pairBatch), 0 or more was wanted")
    }
    if training.threads < 1 { try refuse("'training.threads' is below 1") }
    let (color, cube) = (data.recipe.colorSize, data.recipe.cubeSize)
    if color != cube, color != 2 * cube {
      try refuse(
        "'data.recipe.colorSize' is \(color), 'data.recipe.cubeSize' (\(cube)) or twice it was "
          + "wanted")
    }
    if distillation.temperature <= 0 { try refuse("'distillation.temperature' is not above 0") }
    try training.optimizer.check(place: place)
  }
}
