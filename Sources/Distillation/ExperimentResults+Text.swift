import Bundles
import Diagnostics
import Foundation
import NeuralNetworks

extension ExperimentResults {
  /// The table of arms for a terminal: mean ± standard deviation over seeds, on test pieces.
  public var table: String {
    var rows = [["sees", "arm", "accuracy", "macro F1", "purity at 95 %", "parameters"]]
    for arm in arms {
      rows.append([
        arm.arm.sees, arm.arm.title, Self.percent(arm.summary { $0.accuracy }),
        Self.percent(arm.summary { $0.macroF1 }),
        Self.percent(
          arm.summary {
            $0.purityAt95Recovery.reduce(0, +) / Double(max(1, $0.purityAt95Recovery.count))
          }), arm.parameters > 0 ? "\(arm.parameters)" : "",
      ])
    }
    return Self.aligned(rows) + "\n\n" + Self.aligned(comparisonRows)
  }

  private var comparisonRows: [[String]] {
    [["paired difference (accuracy, points)", "mean", "95 % interval", "p", "seeds won"]]
      + comparisons.filter { $0.metric == "accuracy" }.map { entry in
        [
          "\(entry.first) − \(entry.second)", Self.signed(entry.mean),
          entry.low.isFinite ? "[\(Self.signed(entry.low)), \(Self.signed(entry.high))]" : "",
          entry.low.isFinite ? String(format: "%.3f", entry.pValue) : "",
          "\(entry.wins) of \(entry.differences.count)",
        ]
      }
  }

  private static func percent(_ value: (mean: Double, deviation: Double)) -> String {
    String(format: "%.1f ± %.1f %%", 100 * value.mean, 100 * value.deviation)
  }

  private static func signed(_ value: Double) -> String { String(format: "%+.2f", value) }

  private static func aligned(_ rows: [[String]]) -> String {
    let columns = rows.first?.count ?? 0
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { text, width in
        text + String(repeating: " ", count: width - text.count)
      }.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }
}

extension InputFacts {
  /// Counts and overlaps in a few lines.
  public var summary: String {
    """
    data: \(manifest), \(samples) samples, digest \(manifestDigest.short)
      training \(labelled) labelled + \(unlabelled) unlabelled pairs, validation \(validation), \
    calibration \(calibration), test \(test)
      overlap of test with training: \(Self.percent(overlapOfCenters)) see a training center of \
    their class, \(Self.percent(overlapOfPatches)) share a pixel or piece
    """
  }

  private static func percent(_ share: Double) -> String {
    String(format: "%.1f %%", 100 * share)
  }
}

extension ExperimentRun {
  /// Arms, seeds and steps in a line.
  public var summary: String {
    "experiment: \(experiment.name), \(experiment.arms.count) arms, \(experiment.seeds.count) "
      + "seeds, \(totalSteps) steps"
  }

  /// Engines that fit this machine: one per core, less where an engine has several threads.
  public var defaultJobs: Int {
    max(1, ProcessInfo.processInfo.activeProcessorCount / max(1, experiment.training.threads))
  }

  /// Which network the run can seal: the compact one where it was trained.
  public var sealable: StudentBundle.Network? {
    if experiment.arms.contains(.compact) { return .compact }
    return experiment.arms.contains(.student) ? .student : nil
  }

  /// Judges the run and keeps `results.json` and the whole log beside it.
  public func conclude(
    facts: InputFacts, flattery: Flattery?, environment: [String: String]
  ) throws -> ExperimentResults {
    let results = try evaluate(facts: facts, flattery: flattery, environment: environment)
    try AtomicFile.write(
      try JSONFile.encode(results), to: folder.appending(path: "results.json"))
    try AtomicFile.write(
      try log().map { try JSONFile.line($0) + "\n" }.joined(),
      to: folder.appending(path: "log.jsonl"))
    return results
  }

  /// The model card that travels in a bundle.
  public func card(
    of bundle: StudentBundle, seed: UInt64, _ results: ExperimentResults
  ) -> String {
    let arm: Arm = bundle.contents.network == .compact ? .compact : .student
    let metrics = experiment.seeds.firstIndex(of: seed).flatMap { index in
      results.arm(arm)?.metrics[index]
    }
    let rows = zip(results.classes.indices, results.classes).map { label, name in
      let recall = metrics?.recall[label] ?? 0
      let precision = metrics?.precision[label] ?? 0
      let purity = metrics?.purityAt95Recovery[label] ?? 0
      return String(
        format: "| %@ | %.3f | %.3f | %.3f |", name, recall, precision, purity)
    }.joined(separator: "\n")
    let threshold = bundle.contents.thresholds.first ?? 0
    return """
      # \(bundle.contents.name)

      RGB-only student (\(bundle.contents.network.rawValue) network, \
      \(bundle.parameters.count) numbers), taught with a hyperspectral camera.

      - Seed \(seed), chosen on the validation samples; the test samples played no part in it.
      - Test: \(metrics?.samples ?? 0) pieces, accuracy \
      \(String(format: "%.3f", metrics?.accuracy ?? 0)).
      - Temperature \(bundle.contents.temperature); probability threshold \
      \(String(format: "%.3f", threshold))\(threshold > 0 ? "" : " (none could be shown safe)").
      - Sets of classes on the test: \(coverageText(of: bundle, seed: seed, arm)).
      - Calibration \(bundle.contents.calibration); another one needs a new bundle.
      - Verdict of the experiment: \(results.verdict.sentence).

      | class | recall | precision | purity at 95 % recovery |
      | --- | --- | --- | --- |
      \(rows)

      Not for materials that the training never saw: those go to the bin for unknown pieces only \
      as far as the energy limit catches them.

      """
  }
}
