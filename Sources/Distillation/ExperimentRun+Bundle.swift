import Bundles
import Datasets
import Foundation
import NeuralNetworks
import Tensors

extension ExperimentRun {
  /// How many crops a bundle carries for its self-test.
  private static let goldenCount = 8

  /// Seals the network for the line: the seed that did best on the validation samples.
  ///
  /// Returns the bundle and the seed. The test samples play no part in the choice.
  public func seal(
    _ network: StudentBundle.Network, acceptedRisk: Double = 0.1, on engine: Engine
  ) throws -> (bundle: StudentBundle, seed: UInt64) {
    let arm: Arm = network == .compact ? .compact : .student
    let stage: StageName = network == .compact ? .compact : .student
    var best: (seed: UInt64, accuracy: Double)?
    for seed in experiment.seeds {
      guard let split = splits[seed],
        let logits = try predictions(arm, seed)?.logits[.validation], logits.shape[0] > 0
      else { continue }
      let (units, truth) = byPiece(logits, rows: split.validation)
      let accuracy = Metrics(logits: units, truth: truth).accuracy
      if accuracy > best?.accuracy ?? -1 { best = (seed, accuracy) }
    }
    let seed = best?.seed ?? experiment.seeds[0]
    guard let split = splits[seed], let parameters = try weights(stage, seed),
      let found = try predictions(arm, seed)
    else {
      throw BundleUnavailable(arm: arm, folder: folder.relativePath)
    }
    let confidence = confidence(found, split, risk: acceptedRisk)
    var contents = StudentBundle.Contents(
      name: experiment.name, network: network, joining: experiment.network.joining,
      architecture: architecture, classes: dataset.classes, recipe: dataset.recipe,
      temperature: confidence.temperature,
      thresholds: Array(repeating: confidence.threshold, count: dataset.classes.count),
      energyLimit: confidence.energyLimit, calibration: dataset.calibration,
      origin: [
        "experiment": experiment.name, "seed": "\(seed)", "data": dataIdentity, "arm": arm.rawValue,
        "validation accuracy": best.map { String(format: "%.4f", $0.accuracy) } ?? "none",
      ])
    contents.rigs = dataset.rigs
    contents.conformal = conformal(found, split, temperature: confidence.temperature)
    let rows = Array(split.test.prefix(Self.goldenCount))
    let color = dataset.color.rows(rows)
    let draft = StudentBundle(
      contents: contents, parameters: parameters,
      golden: (color, Tensor(shape: [rows.count, dataset.classes.count])))
    let plan = try draft.plan(batch: max(1, rows.count), on: engine)
    guard let logits = try plan(["color": color])["logits"] else {
      throw BundleUnavailable(arm: arm, folder: folder.relativePath)
    }
    return (
      StudentBundle(contents: contents, parameters: parameters, golden: (color, logits)), seed
    )
  }

  /// Scores of the calibration pieces, which share no group with those that trained.
  private func conformal(
    _ found: Predictions, _ split: Split, temperature: Float
  ) -> ConformalScores? {
    guard let held = found.logits[.calibration], held.shape[0] > 0 else { return nil }
    let (logits, truth) = byPiece(held, rows: split.calibration)
    return ConformalScores(
      probabilities: Metrics.probabilities(logits, temperature: temperature), truth: truth,
      classes: logits.shape[1])
  }

  /// How often sets hold the true class on the test pieces, in words for the card.
  func coverageText(of bundle: StudentBundle, seed: UInt64, _ arm: Arm) -> String {
    guard let conformal = bundle.contents.conformal, let split = splits[seed],
      let logits = try? predictions(arm, seed)?.logits[.test], logits.shape[0] > 0
    else { return "not known, as no pieces were held out for it" }
    let (units, truth) = byPiece(logits, rows: split.test)
    let probabilities = Metrics.probabilities(units, temperature: bundle.contents.temperature)
    return [0.9, 0.95].map { coverage in
      let found = SetCoverage(
        limits: conformal.limits(coverage: coverage), probabilities: probabilities, truth: truth)
      return "\(Int(coverage * 100)) % wanted: \(found.text)"
    }.joined(separator: "; ")
  }

  /// Temperature, threshold and energy limit from the calibration samples.
  private func confidence(
    _ found: Predictions, _ split: Split, risk: Double
  ) -> (temperature: Float, threshold: Double, energyLimit: Double?) {
    guard let held = found.logits[.calibration], held.shape[0] > 0 else { return (1, 0, nil) }
    let (logits, truth) = byPiece(held, rows: split.calibration)
    let temperature = Confidence.temperature(logits, truth: truth)
    let threshold = Confidence.threshold(
      probabilities: Metrics.probabilities(logits, temperature: temperature), truth: truth,
      risk: risk)
    let classes = logits.shape[1]
    let energies = (0..<logits.shape[0]).map { row in
      // At the temperature at which the line reckons it.
      Confidence.energy(
        Array(logits.values[(row * classes)..<((row + 1) * classes)]), temperature: temperature)
    }.sorted()
    // One calibration piece in two hundred may lie beyond the limit.
    let limit =
      energies.isEmpty ? nil : energies[min(energies.count - 1, energies.count * 199 / 200)]
    return (temperature, threshold ?? 0, limit)
  }
}
