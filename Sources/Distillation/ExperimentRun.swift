import Datasets
import Diagnostics
import Foundation
import Models
import NeuralNetworks
import Tensors

/// An experiment on its data, in its folder: trains what is missing and keeps what is there.
public struct ExperimentRun: Sendable {
  public let experiment: Experiment
  public let dataset: PairedDataset
  /// The split of each seed: the same sets, another choice of labelled samples.
  public let splits: [UInt64: Split]
  /// Holds `seed-<n>/`, `log.jsonl`, `results.json`.
  public let folder: URL
  /// Where the recordings are; nil for data made in memory.
  public let manifest: URL?
  /// Digests of what the data came from.
  public let dataIdentity: String

  public init(
    experiment: Experiment, dataset: PairedDataset, splits: [UInt64: Split], folder: URL,
    manifest: URL? = nil, dataIdentity: String
  ) {
    self.experiment = experiment
    self.dataset = dataset
    self.splits = splits
    self.folder = folder
    self.manifest = manifest
    self.dataIdentity = dataIdentity
  }

  public var architecture: Architecture {
    let network = experiment.network
    return Architecture(
      colorSize: dataset.color.shape[1], cubeSize: dataset.spectra.shape[1],
      bands: dataset.spectra.shape[3], classes: dataset.classes.count, stem: network.stem,
      spectralStem: network.spectralStem, stages: network.stages, compactStem: network.compactStem,
      compactStages: network.compactStages)
  }

  /// Optimizer steps of the whole run, for progress.
  public var totalSteps: Int {
    StageName.needed(for: experiment.arms).reduce(0) { $0 + $1.steps(experiment) }
      * experiment.seeds.count
  }

  /// Where a seed's stages and predictions are kept.
  public func seedFolder(_ seed: UInt64) -> URL { folder.appending(path: "seed-\(seed)") }

  /// Trains every stage of every seed that is not finished yet and writes all predictions.
  ///
  /// `advance` counts optimizer steps. Seeds do not depend on one another: engines may share them
  /// out, each with `seeds` of its own, without a change of any bit.
  public func fit(
    seeds: [UInt64]? = nil, on engine: Engine,
    advance: @escaping (_ steps: Int, _ note: String) throws -> Void
  ) throws {
    for seed in seeds ?? experiment.seeds {
      let run = try seedRun(seed, on: engine, advance: advance)
      try AtomicFile.write(
        try JSONFile.encode(run.split), to: seedFolder(seed).appending(path: "split.json"))
      let stages = SeedStages(run)
      for stage in StageName.needed(for: experiment.arms) { _ = try stages.parameters(stage) }
      for arm in experiment.arms {
        let file = predictionFile(arm, seed)
        let identity = run.training.identity(arm.rawValue) + (try classicalIdentity(arm))
        if try Predictions.read(file, identity: identity) != nil { continue }
        let found =
          try arm.stage.map { try run.predict($0, try stages.parameters($0)) }
          ?? classical(arm, run.split, seed: seed)
        try found.write(to: file, identity: identity)
      }
    }
  }

  /// What an arm said of the samples that did not train it; nil before it is trained.
  public func predictions(_ arm: Arm, _ seed: UInt64) throws -> Predictions? {
    try Predictions.read(predictionFile(arm, seed))
  }

  /// The weights that a finished stage left behind.
  func weights(_ stage: StageName, _ seed: UInt64) throws -> Parameters? {
    let file = seedFolder(seed).appending(path: "\(stage.rawValue).safetensors")
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return Parameters(try Safetensors.read(file).tensors)
  }

  private func predictionFile(_ arm: Arm, _ seed: UInt64) -> URL {
    seedFolder(seed).appending(path: "\(arm.rawValue).predictions.safetensors")
  }

  func seedRun(
    _ seed: UInt64, on engine: Engine, advance: @escaping (Int, String) throws -> Void
  ) throws -> SeedRun {
    guard let split = splits[seed] else {
      preconditionFailure("experiment: no split for seed \(seed)")
    }
    let base = try identity(seed, split, isDistilled: false)
    let distilled = try identity(seed, split, isDistilled: true)
    let training = StageTraining(
      engine: engine, settings: experiment.training, folder: seedFolder(seed),
      identity: { name in
        (StageName(rawValue: name)?.isDistilled ?? false ? distilled : base) + "/" + name
      },
      seed: seed,
      advance: { try advance($0, "seed \(seed), \($1)") })
    return SeedRun(
      engine: engine, experiment: experiment, architecture: architecture, dataset: dataset,
      split: split, seed: seed, training: training)
  }

  /// Digest of all that the weights of a seed follow from.
  private func identity(_ seed: UInt64, _ split: Split, isDistilled: Bool) throws -> String {
    var parts = [
      dataIdentity, "\(seed)", String(decoding: try JSONFile.encode(split), as: UTF8.self),
      try JSONFile.line(experiment.network), try JSONFile.line(experiment.training),
      try JSONFile.line(architecture),
    ]
    if isDistilled { parts.append(try JSONFile.line(experiment.distillation)) }
    return Digest(of: parts.joined(separator: "\n")).short
  }
}
