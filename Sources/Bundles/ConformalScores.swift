/// What held-out pieces of each class showed, from which follow sets of classes with a coverage.
///
/// A piece's score is one less the probability of its true class. A class is in a piece's set where
/// the piece's score for it is no larger than the ⌈(n + 1) · coverage⌉-th smallest of that class's
/// held-out pieces; so the true class is in the set with at least that chance, for each class by
/// itself, as long as pieces come from where the held-out ones came from.
///
/// Source: Vovk, *Conditional validity of inductive conformal predictors*, 2012, section 4
/// (label-conditional, "Mondrian"; arXiv:1209.2673); Angelopoulos, Bates, *A Gentle Introduction to
/// Conformal Prediction*, 2021, section 1 and 4.3 (arXiv:2107.07511). Differs: the temperature was
/// fitted on the same pieces, one number for all of them.
public struct ConformalScores: Codable, Equatable, Sendable {
  /// The held-out pieces of one class.
  public struct ClassScores: Codable, Equatable, Sendable {
    /// How many there were.
    public var count: Int
    /// The largest of their scores, 0 to 1, rising; all of them where there are few.
    public var largest: [Double]

    public init(count: Int, largest: [Double]) {
      self.count = count
      self.largest = largest
    }
  }

  /// Scores of a class that are kept: enough for any coverage from 80 % on, up to 2,500 pieces.
  public static let kept = 500
  /// Coverages that may be asked for.
  public static let coverages = 0.5...0.999

  /// In the bundle's order of classes.
  public var classes: [ClassScores]

  /// - Parameters:
  ///   - probabilities: of held-out pieces, each `[classes]`, after the temperature.
  ///   - truth: the true class of each.
  public init(probabilities: [[Double]], truth: [Int], classes: Int) {
    precondition(
      probabilities.count == truth.count,
      "conformal scores: \(probabilities.count) pieces, \(truth.count) truths")
    self.classes = (0..<classes).map { label in
      let scores = zip(probabilities, truth).filter { $0.1 == label }.map { 1 - $0.0[label] }
        .sorted()
      return ClassScores(count: scores.count, largest: Array(scores.suffix(Self.kept)))
    }
  }

  /// The largest score at which each class is in a set, `[classes]`.
  ///
  /// Above 1, so that the class is in every set, where there were too few pieces for the coverage:
  /// fewer than coverage / (1 - coverage).
  public func limits(coverage: Double) -> [Double] {
    precondition(
      Self.coverages.contains(coverage), "conformal scores: coverage \(coverage)")
    return classes.map { scores in
      // The product is an exact whole number more often than floating point says.
      let rank = Int((Double(scores.count + 1) * coverage - 1e-9).rounded(.up))
      guard rank <= scores.count, !scores.largest.isEmpty else { return 2 }
      // Where so small a one was not kept, the smallest kept one covers more.
      return scores.largest[max(0, rank - 1 - (scores.count - scores.largest.count))]
    }
  }

  /// Pieces of a class that a coverage needs.
  public static func piecesNeeded(coverage: Double) -> Int {
    Int((coverage / (1 - coverage) - 1e-9).rounded(.up))
  }
}
