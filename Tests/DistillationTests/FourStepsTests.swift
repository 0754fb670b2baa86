import Datasets
import Diagnostics
import Foundation
import NeuralNetworks
import Samples
import Tensors
import TestSupport
import Testing

@testable import Distillation

/// Small paired data whose class is written into both sensors, faintly into RGB.
enum TinyPairs {
  static func dataset(count: Int = 120, seed: UInt64 = 3) -> PairedDataset {
    var random = SplitMix64(seed: seed)
    var color: [Float] = []
    var spectra: [Float] = []
    var labels: [Int] = []
    for _ in 0..<count {
      let label = random.nextIndex(below: 3)
      labels.append(label)
      for _ in 0..<(6 * 6) {
        for channel in 0..<3 {
          color.append((channel == label ? 0.4 : 0) + Float(random.nextNormal()))
        }
        for band in 0..<8 {
          spectra.append((band % 3 == label ? 1 : 0) + Float(random.nextNormal()) * 0.7)
        }
      }
    }
    return PairedDataset(
      classes: ["copper", "brass", "zinc"],
      color: Tensor(shape: [count, 6, 6, 3], values: color),
      spectra: Tensor(shape: [count, 6, 6, 8], values: spectra), labels: labels,
      pieces: (0..<count).map { "p\($0)" }, groups: (0..<count).map { "g\($0 % 5)" },
      recipe: SampleRecipe(
        colorSize: 6, cubeSize: 6, cropMillimeters: nil, masksBackground: false,
        wavelengths: (0..<8).map { .init(nanometers: 720 + 30 * Double($0)) },
        bandMean: Array(repeating: 0, count: 8), bandDeviation: Array(repeating: 1, count: 8)),
      calibration: "rig/2026-01-01/0")
  }

  static let split = Split(
    labelled: Array(0..<24), unlabelled: Array(24..<60), validation: Array(60..<75),
    calibration: Array(75..<90), test: Array(90..<120))

  static func experiment(arms: [Arm] = Arm.standard) -> Experiment {
    var experiment = Experiment()
    experiment.name = "tiny"
    experiment.seeds = [1, 2]
    experiment.training.steps = 6
    experiment.training.labelledBatch = 8
    experiment.training.pairBatch = 8
    experiment.training.warmUpSteps = 1
    experiment.network.stem = 16
    experiment.network.spectralStem = 16
    experiment.network.stages = [.init(filters: 16, stride: 1), .init(filters: 32, stride: 2)]
    experiment.network.compactStem = 16
    experiment.network.compactStages = [.init(filters: 16, stride: 2)]
    experiment.arms = arms
    return experiment
  }

  static func run(_ experiment: Experiment, in folder: URL) -> ExperimentRun {
    ExperimentRun(
      experiment: experiment, dataset: dataset(),
      splits: Dictionary(uniqueKeysWithValues: experiment.seeds.map { ($0, split) }),
      folder: folder, dataIdentity: "tiny")
  }
}

@Suite("Four steps")
struct FourStepsTests {
  @Test("train, predict and judge every arm")
  func allArms() throws {
    try withTemporaryFolder { folder in
      try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        let run = TinyPairs.run(TinyPairs.experiment(arms: Arm.allCases), in: folder)
        var steps = 0
        try run.fit(on: engine) { n, _ in steps += n }
        #expect(steps == run.totalSteps)
        #expect(Set(try run.log().map(\.stage)) == Set(StageName.allCases.map(\.rawValue)))
        let results = try run.evaluate(facts: .tiny, environment: [:])
        #expect(results.arms.count == Arm.allCases.count)
        for arm in results.arms { #expect(arm.metrics.allSatisfy { $0.samples == 30 }) }
        let (bundle, _) = try run.seal(.compact, on: engine)
        #expect(try bundle.selfTest(on: engine, place: "bundle") < 1e-5)
      }
    }
  }
}

@Suite("Stopping and going on")
struct ResumptionTests {
  /// Trains with a stop after `stop` steps (counted over the whole run), then to the end.
  private func weights(stoppedAfter stop: Int?, in folder: URL) throws -> [String: Digest] {
    try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      var experiment = TinyPairs.experiment(arms: [.student])
      experiment.seeds = [5]
      experiment.distillation.hint = .orthonormal
      experiment.training.checkpointSeconds = 0
      let run = TinyPairs.run(experiment, in: folder)
      if let stop {
        var done = 0
        #expect(throws: Stop.self) {
          try run.fit(on: engine) { steps, _ in
            done += steps
            if done >= stop { throw Stop() }
          }
        }
      }
      try run.fit(on: engine) { _, _ in }
      var digests: [String: Digest] = [:]
      for name in ["color", "fusion", "hallucination", "student"] {
        for ending in ["safetensors", "log.jsonl"] {
          let file = run.seedFolder(5).appending(path: "\(name).\(ending)")
          digests["\(name).\(ending)"] = try Digest(ofFile: file)
        }
      }
      return digests
    }
  }

  private struct Stop: Error {}

  @Test("a run killed anywhere ends with the same bits", arguments: [2, 9, 20, 27])
  func sameBits(stop: Int) throws {
    let whole = try withTemporaryFolder { try weights(stoppedAfter: nil, in: $0) }
    let stopped = try withTemporaryFolder { try weights(stoppedAfter: stop, in: $0) }
    #expect(whole == stopped)
  }
}

extension InputFacts {
  static let tiny = InputFacts(
    manifest: "tiny", manifestDigest: .init(of: "tiny"), samples: 120, labelled: 24,
    unlabelled: 36, validation: 15, calibration: 15, test: 30, overlapOfCenters: 0,
    overlapOfPatches: 0, calibrationID: "rig")
}
