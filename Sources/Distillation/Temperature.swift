import Foundation
import Tensors

/// Temperature scaling and rejection thresholds, fitted on the calibration samples.
public enum Confidence {
  /// The temperature that minimizes the mean negative log-likelihood; 1 without samples.
  ///
  /// Golden-section search over log T between 1/20 and 20; the likelihood is convex in 1/T.
  ///
  /// Source: Guo et al., *On Calibration of Modern Neural Networks*, 2017, section 4.2.
  public static func temperature(_ logits: Tensor, truth: [Int]) -> Float {
    guard !truth.isEmpty else { return 1 }
    func loss(_ logarithm: Double) -> Double {
      let probabilities = Metrics.probabilities(logits, temperature: Float(exp(logarithm)))
      return zip(probabilities, truth).reduce(0) { $0 - log(max(1e-12, $1.0[$1.1])) }
    }
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (log(0.05), log(20.0))
    var (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
    var (lossA, lossB) = (loss(a), loss(b))
    for _ in 0..<40 {
      if lossA < lossB {
        (high, b, lossB) = (b, a, lossA)
        a = high - ratio * (high - low)
        lossA = loss(a)
      } else {
        (low, a, lossA) = (a, b, lossB)
        b = low + ratio * (high - low)
        lossB = loss(b)
      }
    }
    return Float(exp((low + high) / 2))
  }

  /// The lowest probability threshold whose error among accepted pieces is below `risk` with
  /// confidence 1 − `doubt`; nil where the calibration set cannot show that.
  ///
  /// Scans from strict to loose and stops at the first failure (fixed-sequence testing); at least
  /// 30 accepted pieces are wanted. The bound is the exact binomial one.
  ///
  /// Source: Angelopoulos et al., *Learn then Test*, 2021, section 2; Clopper, Pearson, 1934.
  public static func threshold(
    probabilities: [[Double]], truth: [Int], risk: Double, doubt: Double = 0.1
  ) -> Double? {
    let ordered = zip(probabilities, truth).map { p, label -> (Double, Bool) in
      let decided = p.indices.max { p[$0] < p[$1] } ?? 0
      return (p[decided], decided == label)
    }.sorted { $0.0 > $1.0 }
    var best: Double?
    var errors = 0
    for (index, (confidence, isRight)) in ordered.enumerated() {
      errors += isRight ? 0 : 1
      let accepted = index + 1
      guard accepted >= 30 else { continue }
      guard upperBound(errors, of: accepted, doubt: doubt) <= risk else { break }
      best = confidence
    }
    return best
  }

  /// The share of errors that `errors` among `count` do not exclude with confidence 1 − `doubt`.
  public static func upperBound(_ errors: Int, of count: Int, doubt: Double) -> Double {
    guard errors < count else { return 1 }
    var (low, high) = (Double(errors) / Double(count), 1.0)
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if binomial(errors, count, middle) > doubt { low = middle } else { high = middle }
    }
    return high
  }

  /// P(X ≤ `successes`) for `count` trials of chance `p`.
  private static func binomial(_ successes: Int, _ count: Int, _ p: Double) -> Double {
    guard p > 0 else { return 1 }
    guard p < 1 else { return successes >= count ? 1 : 0 }
    var sum = 0.0
    for k in 0...successes {
      let choices: Double =
        lgamma(Double(count + 1)) - lgamma(Double(k + 1)) - lgamma(Double(count - k + 1))
      sum += exp(choices + Double(k) * log(p) + Double(count - k) * log(1 - p))
    }
    return min(1, sum)
  }

  /// −T log Σ exp(z / T): high where no class answers.
  ///
  /// Source: Liu et al., *Energy-based Out-of-distribution Detection*, 2020, equation 4.
  public static func energy(_ logits: [Float], temperature: Float = 1) -> Double {
    let (highest, t) = (Double(logits.max() ?? 0), Double(temperature))
    return -(highest + t * log(logits.reduce(0) { $0 + exp((Double($1) - highest) / t) }))
  }
}
