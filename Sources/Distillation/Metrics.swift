import Foundation
import Tensors

/// What a set of logits is worth against the truth.
public struct Metrics: Codable, Equatable, Sendable {
  public var samples: Int
  public var accuracy: Double
  /// Mean recall over the classes that occur.
  public var balancedAccuracy: Double
  /// Mean F1 over the classes that occur.
  public var macroF1: Double
  /// Per class; 0 where a class does not occur or is never named.
  public var recall: [Double]
  public var precision: [Double]
  public var f1: [Double]
  /// Row: true class, column: decided class; counts.
  public var confusion: [[Int]]
  /// Per class: highest precision at a threshold that still recovers 95 % of the class.
  public var purityAt95Recovery: [Double]
  /// Mean negative log-likelihood, after the temperature.
  public var negativeLogLikelihood: Double
  /// Expected calibration error over 15 bins of equal width (Guo et al., 2017).
  public var calibrationError: Double
  /// Area under the generalized risk-coverage curve (Traub et al., arXiv:2407.01032, 2024).
  public var riskArea: Double

  /// - Parameters:
  ///   - logits: `[N, classes]`.
  ///   - truth: class of each row.
  public init(logits: Tensor, truth: [Int], temperature: Float = 1) {
    let classes = logits.shape[1]
    precondition(
      logits.shape[0] == truth.count, "metrics: \(logits.shape[0]) rows, \(truth.count) truths")
    let probabilities = Self.probabilities(logits, temperature: temperature)
    samples = truth.count
    var confusion = Array(repeating: Array(repeating: 0, count: classes), count: classes)
    var nll = 0.0
    var confidence: [(Double, Bool)] = []
    for (row, label) in truth.enumerated() {
      let p = probabilities[row]
      let decided = p.indices.max { (p[$0], $1) < (p[$1], $0) } ?? 0
      confusion[label][decided] += 1
      nll -= log(max(1e-12, p[label]))
      confidence.append((p[decided], decided == label))
    }
    let total = max(1, truth.count)
    negativeLogLikelihood = nll / Double(total)
    self.confusion = confusion
    let diagonal = (0..<classes).map { confusion[$0][$0] }
    accuracy = Double(diagonal.reduce(0, +)) / Double(total)
    let actual = confusion.map { $0.reduce(0, +) }
    let named = (0..<classes).map { column in confusion.reduce(0) { $0 + $1[column] } }
    let recall = (0..<classes).map { Self.share(diagonal[$0], of: actual[$0]) }
    let precision = (0..<classes).map { Self.share(diagonal[$0], of: named[$0]) }
    let f1 = (0..<classes).map { Self.share(2 * diagonal[$0], of: actual[$0] + named[$0]) }
    let present = (0..<classes).filter { actual[$0] > 0 }
    let count = Double(max(1, present.count))
    balancedAccuracy = present.reduce(0) { $0 + recall[$1] } / count
    macroF1 = present.reduce(0) { $0 + f1[$1] } / count
    (self.recall, self.precision, self.f1) = (recall, precision, f1)
    purityAt95Recovery = (0..<classes).map { label in
      Self.purity(
        scores: probabilities.map { $0[label] }, isTarget: truth.map { $0 == label },
        recovery: 0.95)
    }
    calibrationError = Self.calibrationError(confidence)
    riskArea = Self.riskArea(confidence)
  }

  /// Softmax of each row over `temperature`, in double precision.
  public static func probabilities(_ logits: Tensor, temperature: Float = 1) -> [[Double]] {
    let classes = logits.shape[1]
    return (0..<logits.shape[0]).map { row in
      let z = logits.values[(row * classes)..<((row + 1) * classes)]
        .map { Double($0 / temperature) }
      let highest = z.max() ?? 0
      let powers = z.map { exp($0 - highest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
  }

  /// Precision at the strictest threshold that recovers the wanted share of the targets.
  public static func purity(scores: [Double], isTarget: [Bool], recovery: Double) -> Double {
    let wanted = Int((Double(isTarget.count { $0 }) * recovery).rounded(.up))
    guard wanted > 0 else { return 0 }
    var found = 0
    for (taken, index) in scores.indices.sorted(by: { scores[$0] > scores[$1] }).enumerated() {
      if isTarget[index] { found += 1 }
      if found >= wanted { return Double(found) / Double(taken + 1) }
    }
    return 0
  }

  private static func share(_ part: Int, of whole: Int) -> Double {
    whole > 0 ? Double(part) / Double(whole) : 0
  }

  private static func calibrationError(_ confidence: [(Double, Bool)]) -> Double {
    var bins = [(count: Int, right: Int, sum: Double)](repeating: (0, 0, 0), count: 15)
    for (p, isRight) in confidence {
      let bin = min(14, Int(p * 15))
      bins[bin].count += 1
      bins[bin].right += isRight ? 1 : 0
      bins[bin].sum += p
    }
    return bins.reduce(0) { $0 + abs($1.sum - Double($1.right)) } / Double(max(1, confidence.count))
  }

  private static func riskArea(_ confidence: [(Double, Bool)]) -> Double {
    var wrong = 0
    var area = 0.0
    let count = Double(max(1, confidence.count))
    for (_, isRight) in confidence.sorted(by: { $0.0 > $1.0 }) {
      wrong += isRight ? 0 : 1
      area += Double(wrong) / count / count
    }
    return area
  }
}
