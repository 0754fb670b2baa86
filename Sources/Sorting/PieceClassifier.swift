import Conveyor
import Samples

/// What tells pieces apart: a student network from a bundle, or a stand-in for tests.
///
/// Made and warmed on one thread and used on another, the frame thread.
public protocol PieceClassifier: Sendable {
  /// How crops are made, exactly as for training.
  var recipe: SampleRecipe { get }
  /// How logits become classes.
  var rule: DecisionRule { get }
  /// Writes the logits of crops.
  ///
  /// Shapes: `crops` begins with `[count, colorSize, colorSize, 3]` standardized numbers, `logits`
  /// gets `[count, classes]` at its beginning; both may be longer. `count` is at least 1.
  mutating func classify(_ crops: [Float], count: Int, into logits: inout [Float]) throws
  /// Largest score, one less the probability, at which a class is in a piece's set, `[classes]`,
  /// so that sets have the true class in a share `coverage` of the pieces; nil where unknown.
  func setLimits(coverage: Double) -> [Double]?
}

extension PieceClassifier {
  /// Nothing is known of pieces that were held out.
  public func setLimits(coverage: Double) -> [Double]? { nil }
}
