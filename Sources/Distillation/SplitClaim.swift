import Chemometrics
import Datasets
import Foundation
import Samples

/// What a split would claim for a classifier that only remembers: the nearer training lies to the
/// test, the better it looks.
///
/// The classifier takes the class of the nearest mean spectrum of a training piece or patch.
public struct SplitClaim: Sendable, Equatable {
  /// Share of the labelled test samples that are decided rightly.
  public let accuracy: Double
  public let test: Int

  /// Cuts the samples of a planned split and judges the classifier on them.
  ///
  /// `patch` is the side of a scene's patches. Errors are those of reading recordings.
  public init(_ planned: PlannedSplit, patch: Int) throws {
    let isScene = planned.catalog.folder.manifest.recordings.contains { $0.layout == .scene }
    let options =
      isScene
      ? RecipeOptions.scene(patch: patch)
      : RecipeOptions(colorSize: 32, cubeSize: 16, cropMillimeters: 40)
    let dataset = try PairedDataset.load(
      planned.catalog, options: options, fittingOn: planned.split.training)
    func labelled(_ rows: [Int]) -> (rows: [Int], labels: [Int]) {
      let known = rows.compactMap { row in dataset.labels[row].map { (row, $0) } }
      return (known.map(\.0), known.map(\.1))
    }
    let (training, labels) = labelled(planned.split.labelled)
    let (test, truth) = labelled(planned.split.test)
    let model = NearestNeighbor(
      dataset.meanSpectra(training), labels: labels, classes: dataset.classes.count)
    let logits = model.scores(dataset.meanSpectra(test))
    accuracy = Metrics(logits: logits, truth: truth).accuracy
    self.test = test.count
  }
}

extension SampleCatalog {
  /// The plan with its leaky way to divide replaced by one that keeps test and training apart:
  /// blocks with a guard band for a scene, groups for belts.
  public func separated(_ plan: SplitPlan) -> SplitPlan {
    var honest = plan
    let isScene = folder.manifest.recordings.contains { $0.layout == .scene }
    honest.method = isScene ? .blocks : .groups
    honest.guardBand = nil
    honest.classMinimum = plan.classMinimum ?? .init(training: 1, test: 1)
    return honest
  }
}
