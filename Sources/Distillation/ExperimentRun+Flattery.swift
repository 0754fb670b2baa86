import Datasets
import Diagnostics
import Foundation
import NeuralNetworks

extension ExperimentRun {
  /// Trains one arm on samples dealt at random, to show the figure that such a split flatters.
  ///
  /// Nil where the data was made in memory, or where neither `spectral` nor `color` is trained.
  public func flattery(
    on engine: Engine,
    advance: @escaping (_ steps: Int, _ note: String) throws -> Void = { _, _ in }
  ) throws -> Flattery? {
    guard let manifest, let arm = [Arm.spectral, .color].first(where: experiment.arms.contains)
    else { return nil }
    var plan = SplitPlan(
      method: .random, seed: experiment.data.split.seed, testShare: 0.5, validationShare: 0,
      calibrationShare: 0)
    plan.classMinimum = .init(training: 2, test: 1)
    let (dataset, planned) = try PairedDataset.load(
      manifest, options: experiment.data.recipe, plan: plan, purpose: .flatteringFigure)
    var leaky = experiment
    leaky.seeds = [experiment.seeds[0]]
    leaky.arms = [arm]
    let run = ExperimentRun(
      experiment: leaky, dataset: dataset,
      splits: [leaky.seeds[0]: planned.split], folder: folder.appending(path: "flattering"),
      dataIdentity: "flattering/\(dataIdentity)")
    try run.fit(on: engine, advance: advance)
    func accuracy(_ run: ExperimentRun) throws -> Double {
      guard let split = run.splits[leaky.seeds[0]],
        let logits = try run.predictions(arm, leaky.seeds[0])?.logits[.test]
      else { return 0 }
      let (units, truth) = run.byPiece(logits, rows: split.test)
      return Metrics(logits: units, truth: truth).accuracy
    }
    return Flattery(
      accuracy: try accuracy(run), honestAccuracy: try accuracy(self), arm: arm,
      overlapOfCenters: planned.split.leak.trainingCenter,
      overlapOfPatches: max(planned.split.leak.sharedPixel, planned.split.leak.sharedPiece))
  }
}

extension ExperimentRun {
  /// The flattering figure of an earlier `fit`, if one was asked for.
  public var storedFlattery: Flattery? {
    let file = folder.appending(path: "results.json")
    // Absent until the first `fit` is through; then there is no figure either.
    return (try? JSONFile.read(ExperimentResults.self, at: file))?.flattery
  }
}
