import Datasets
import Diagnostics
import Foundation
import Hyperspectral
import Samples
import Tensors

@testable import Distillation

/// A finished run as `fit` leaves it, with predictions made up instead of trained: the first two
/// classes look the same to RGB, and the student has learnt half of what tells them apart.
struct WrittenRun {
  var classes = ["copper", "brass", "zinc", "aluminum", "steel"]
  var seeds: [UInt64] = [1, 2, 3, 4, 5]
  var arms = Arm.standard + [.shuffled]
  /// Test pieces; each third one is seen in two samples.
  var pieces = 150
  var hasWavelengths = true
  var name = "made-up scrap"
  private let bands = 12
  private let size = 8

  /// Rows: 20 training samples of each class, then calibration, then test.
  private var trainingCount: Int { 20 * classes.count }
  private var calibrationCount: Int { 10 * classes.count }
  private var sampleCount: Int { pieces + pieces / 3 }

  /// Writes all that a report reads into `folder` and judges it.
  func write(
    in folder: URL, flattery: Flattery? = nil, overlap: Double = 0
  ) throws -> (run: ExperimentRun, results: ExperimentResults) {
    let dataset = dataset()
    let start = trainingCount + calibrationCount
    let split = Split(
      labelled: Array(0..<(trainingCount / 2)),
      unlabelled: Array((trainingCount / 2)..<trainingCount), validation: [],
      calibration: Array(trainingCount..<start), test: Array(start..<(start + sampleCount)))
    var experiment = Experiment()
    experiment.name = name
    experiment.seeds = seeds
    experiment.arms = arms
    let run = ExperimentRun(
      experiment: experiment, dataset: dataset,
      splits: Dictionary(uniqueKeysWithValues: seeds.map { ($0, split) }), folder: folder,
      dataIdentity: "made up")
    for seed in seeds {
      for arm in arms {
        try predictions(arm, seed, split, dataset).write(
          to: run.seedFolder(seed).appending(path: "\(arm.rawValue).predictions.safetensors"),
          identity: "made up")
      }
      for stage in StageName.needed(for: arms) { try writeLog(stage, seed, run) }
    }
    let facts = InputFacts(
      manifest: "manifest.json", manifestDigest: Digest(of: name), samples: dataset.count,
      labelled: split.labelled.count, unlabelled: split.unlabelled.count, validation: 0,
      calibration: split.calibration.count, test: split.test.count, overlapOfCenters: overlap,
      overlapOfPatches: overlap, calibrationID: "rig/2026-01-01")
    return (
      run, try run.evaluate(facts: facts, flattery: flattery, environment: ["processor": "any"])
    )
  }

  private func label(_ row: Int) -> Int {
    let start = trainingCount + calibrationCount
    // Two samples of one piece lie `pieces` rows apart.
    return (row < start ? row : start + (row - start) % pieces) % classes.count
  }

  private func dataset() -> PairedDataset {
    let start = trainingCount + calibrationCount
    let count = start + sampleCount
    var random = SplitMix64(seed: 5)
    var color: [Float] = []
    var spectra: [Float] = []
    for row in 0..<count {
      let label = label(row)
      for y in 0..<size {
        for x in 0..<size {
          let (dx, dy) = (Double(x) - 3.5, Double(y) - 3.5)
          let isPiece = dx * dx + dy * dy < 14
          let shade = Float(random.nextNormal() * 0.4)
          for channel in 0..<3 {
            // The first two classes have one color.
            let tint: Float = [1.2, 0.2, -0.8][channel] * (label < 2 ? 1 : Float(label - 3))
            color.append(isPiece ? tint + shade : 0)
          }
          for band in 0..<bands {
            let peak = Double(band) - 2 * Double(label) - 1
            let value = Float(1.5 * exp(-peak * peak / 6) - 0.5 + random.nextNormal() * 0.3)
            spectra.append(isPiece ? value : 0)
          }
        }
      }
    }
    var recipe = SampleRecipe(
      colorSize: size, cubeSize: size, cropMillimeters: 40, masksBackground: true,
      colorMean: [0.5, 0.45, 0.4], colorDeviation: [0.2, 0.2, 0.2])
    if hasWavelengths {
      recipe.wavelengths = (0..<bands).map { .init(nanometers: 900 + 70 * Double($0)) }
      recipe.bandMean = [Float](repeating: 0.4, count: bands)
      recipe.bandDeviation = [Float](repeating: 0.1, count: bands)
    }
    return PairedDataset(
      classes: classes, color: Tensor(shape: [count, size, size, 3], values: color),
      spectra: Tensor(shape: [count, size, size, bands], values: spectra),
      labels: (0..<count).map(label),
      pieces: (0..<count).map { row in
        row < start ? "r0/\(row)" : "r1/\((row - start) % pieces)"
      }, groups: (0..<count).map { row in row < start ? "day-0" : "day-\(1 + row % pieces % 8)" },
      recipe: recipe, calibration: "rig/2026-01-01")
  }

  /// How much of the true class's score its look-alike gets.
  private func likeness(_ arm: Arm) -> Double {
    switch arm {
    case .fusion, .oracle: 0
    case .spectral, .spectralAngle, .linearDiscriminant, .leastSquares, .logisticRegression: 0.2
    case .student, .hallucination: 0.62
    case .compact, .logits: 0.7
    default: 0.9
    }
  }

  private func predictions(
    _ arm: Arm, _ seed: UInt64, _ split: Split, _ dataset: PairedDataset
  ) throws -> Predictions {
    var found = Predictions(logits: [:])
    for part in Predictions.Part.allCases {
      var values: [Float] = []
      for row in split.rows(part) {
        var piece = SplitMix64(seed: UInt64(row), purpose: arm.sees)
        var chance = SplitMix64(seed: seed, purpose: "\(arm)/\(row)")
        let truth = label(row)
        for column in classes.indices {
          let isLookAlike = truth < 2 && column == 1 - truth
          let score = column == truth ? 7 : isLookAlike ? 7 * likeness(arm) : 0
          values.append(Float(score + 2 * piece.nextNormal() + 1.2 * chance.nextNormal()))
        }
      }
      found.logits[part] = Tensor(
        shape: [split.rows(part).count, classes.count], values: values)
    }
    if [.student, .hallucination, .twoColor].contains(arm) {
      found.imagination = imagination(arm, seed, split, dataset)
    }
    return found
  }

  /// The student imagines the spectra of all but the first two classes.
  private func imagination(
    _ arm: Arm, _ seed: UInt64, _ split: Split, _ dataset: PairedDataset
  ) -> Imagination {
    var random = SplitMix64(seed: seed, purpose: "imagination")
    let truth = dataset.meanSpectra(split.test)
    let share: Float = arm == .twoColor ? 0.2 : 0.8
    let cosines = split.test.map { row in
      Float((arm == .twoColor ? 0.2 : 0.7) - (label(row) < 2 ? 0.3 : 0) + 0.1 * random.nextNormal())
    }
    let spectra = truth.values.enumerated().map { index, value in
      value * (label(split.test[index / bands]) < 2 ? 0 : share)
    }
    return Imagination(
      agreement: Tensor(shape: [cosines.count], values: cosines),
      spectra: Tensor(shape: truth.shape, values: spectra),
      meanSpectrum: Tensor(shape: [bands]))
  }

  private func writeLog(_ stage: StageName, _ seed: UInt64, _ run: ExperimentRun) throws {
    var random = SplitMix64(seed: seed, purpose: "log/\(stage)")
    let entries = stride(from: 0, to: 400, by: 10).map { step in
      var losses: [String: Float] = [:]
      for (term, peak) in [("labels", 1.6), ("teacher", 1.1), ("hint", 0.6)]
      where term == "labels" || stage.isDistilled {
        losses[term] = Float(peak * (exp(-Double(step) / 120) + 0.05 * (2 + random.nextNormal())))
      }
      return LogEntry(
        seed: seed, stage: stage.rawValue, step: step, rate: 0.001, losses: losses)
    }
    try StageLog.write(
      entries, to: run.seedFolder(seed).appending(path: "\(stage.rawValue).log.jsonl"))
  }
}
