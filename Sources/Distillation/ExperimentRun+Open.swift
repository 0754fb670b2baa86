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

  /// Opens an experiment for training: reads its data, makes its splits, checks everything.
  ///
  /// Paths in the experiment count from the folder of its `file`. Writes `run.json` with the full
  /// configuration into `folder`.
  public static func begin(
    _ experiment: Experiment, of file: URL, in folder: URL
  ) throws -> (run: ExperimentRun, facts: InputFacts, environment: [String: String]) {
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
    try record.experiment.check(place: file.relativePath)
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
