import Diagnostics
import Foundation
import Tensors
import Testing

@testable import Bundles

/// Sets of classes hold the true one as often as they say, for each class by itself.
@Suite("Conformal sets")
struct ConformalTests {
  /// Probabilities of a network that is too sure, on pieces of known classes.
  private static func pieces(
    _ count: Int, using random: inout SplitMix64
  ) -> (probabilities: [[Double]], truth: [Int]) {
    var (probabilities, truth): ([[Double]], [Int]) = ([], [])
    for index in 0..<count {
      let label = index % 3
      // The third class is harder, so that one limit for all would leave it out.
      let strength = label == 2 ? 0.8 : 2.0
      let logits = (0..<3).map { 2 * (random.nextNormal() + ($0 == label ? strength : 0)) }
      let most = logits.max() ?? 0
      let weights = logits.map { exp($0 - most) }
      let total = weights.reduce(0, +)
      probabilities.append(weights.map { $0 / total })
      truth.append(label)
    }
    return (probabilities, truth)
  }

  @Test("each class is covered as asked, within binomial bounds", arguments: [0.8, 0.9, 0.95])
  func coverage(_ wanted: Double) {
    var random = SplitMix64(seed: 11)
    let (rounds, held, tried) = (24, 450, 600)
    var covered = [0.0, 0.0, 0.0]
    for _ in 0..<rounds {
      let calibration = Self.pieces(held, using: &random)
      let scores = ConformalScores(
        probabilities: calibration.probabilities, truth: calibration.truth, classes: 3)
      let limits = scores.limits(coverage: wanted)
      let test = Self.pieces(tried, using: &random)
      for (chances, label) in zip(test.probabilities, test.truth)
      where 1 - chances[label] <= limits[label] {
        covered[label] += 1
      }
    }
    let (n, m) = (Double(held / 3), Double(tried / 3))
    // The coverage of one calibration is Beta(k, n + 1 - k), its count in a test binomial.
    let variance = wanted * (1 - wanted) * (1 / (n + 2) + 1 / m) / Double(rounds)
    for label in 0..<3 {
      let share = covered[label] / (m * Double(rounds))
      #expect(share > wanted - 3.5 * variance.squareRoot(), "class \(label): \(share)")
      #expect(
        share < wanted + 1 / (n + 1) + 3.5 * variance.squareRoot(), "class \(label): \(share)")
    }
  }

  @Test("too few pieces for a coverage leave a class in every set")
  func tooFew() {
    let scores = ConformalScores(
      probabilities: (1...10).map { [1 - Double($0) / 20, Double($0) / 20] },
      truth: [Int](repeating: 0, count: 10), classes: 2)
    // The 9th and the 10th smallest of ten: ⌈11 · 0.8⌉ and ⌈11 · 0.9⌉.
    #expect(abs(scores.limits(coverage: 0.8)[0] - 9.0 / 20) < 1e-12)
    #expect(abs(scores.limits(coverage: 0.9)[0] - 10.0 / 20) < 1e-12)
    #expect(scores.limits(coverage: 0.95)[0] > 1)
    #expect(scores.limits(coverage: 0.5)[1] > 1)
    #expect(ConformalScores.piecesNeeded(coverage: 0.95) == 19)
    #expect(ConformalScores.piecesNeeded(coverage: 0.9) == 9)
  }

  @Test("many pieces are kept as their largest scores, which change no limit that is asked for")
  func bounded() {
    var random = SplitMix64(seed: 12)
    let pieces = Self.pieces(6000, using: &random)
    let scores = ConformalScores(
      probabilities: pieces.probabilities, truth: pieces.truth, classes: 3)
    #expect(scores.classes.allSatisfy { $0.count == 2000 && $0.largest.count == 500 })
    for (label, limit) in scores.limits(coverage: 0.9).enumerated() {
      let all = zip(pieces.probabilities, pieces.truth).filter { $0.1 == label }
        .map { 1 - $0.0[label] }.sorted()
      #expect(limit == all[1800])  // ⌈2001 · 0.9⌉ = 1801
    }
  }
}
