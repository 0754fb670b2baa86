import Foundation

/// Paired differences over seeds: mean, interval and p-value.
public struct PairedComparison: Codable, Equatable, Sendable {
  public var first: String
  public var second: String
  public var metric: String
  /// `first − second` for each seed (in points where the metric is a share).
  public var differences: [Double]
  public var mean: Double
  public var standardError: Double
  /// 95 % interval of the mean difference.
  public var low: Double
  public var high: Double
  /// Two-sided.
  public var pValue: Double

  /// Student's t on the differences of paired runs.
  ///
  /// `testToTraining` is n_test / n_train; above 0 it widens the variance for runs that share
  /// their data, as resampled splits do. Runs that share one fixed split differ by seed only:
  /// their interval says nothing about another data set.
  ///
  /// Source: Nadeau, Bengio, *Inference for the Generalization Error*, Machine Learning 52, 2003,
  /// equation 2.
  public init(
    first: String, second: String, metric: String, differences: [Double],
    testToTraining: Double = 0
  ) {
    self.first = first
    self.second = second
    self.metric = metric
    self.differences = differences
    let count = Double(differences.count)
    mean = count > 0 ? differences.reduce(0, +) / count : 0
    let center = mean
    guard differences.count > 1 else {
      (standardError, low, high, pValue) = (.infinity, -.infinity, .infinity, 1)
      return
    }
    let variance = differences.reduce(0) { $0 + ($1 - center) * ($1 - center) } / (count - 1)
    standardError = (variance * (1 / count + testToTraining)).squareRoot()
    let freedom = count - 1
    let half = StudentT.quantile(0.975, freedom: freedom) * standardError
    (low, high) = (mean - half, mean + half)
    pValue =
      standardError > 0
      ? 2 * (1 - StudentT.cumulative(abs(mean) / standardError, freedom: freedom))
      : (mean == 0 ? 1 : 0)
  }

  /// How many seeds favor `first`.
  public var wins: Int { differences.count { $0 > 0 } }
}

/// Student's t distribution.
///
/// Source: Abramowitz, Stegun, *Handbook of Mathematical Functions*, 1964, 26.7.1 by the
/// continued fraction 26.5.8 of the incomplete beta function.
public enum StudentT {
  /// P(T ≤ t).
  public static func cumulative(_ t: Double, freedom: Double) -> Double {
    let x = freedom / (freedom + t * t)
    let tail = 0.5 * incompleteBeta(x, freedom / 2, 0.5)
    return t >= 0 ? 1 - tail : tail
  }

  /// The t with P(T ≤ t) = `probability`, by bisection to 1e-10.
  public static func quantile(_ probability: Double, freedom: Double) -> Double {
    var (low, high) = (-1e4, 1e4)
    while high - low > 1e-10 * max(1, abs(low)) {
      let middle = (low + high) / 2
      if cumulative(middle, freedom: freedom) < probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    let logarithm: Double = lgamma(a + b) - lgamma(a) - lgamma(b)
    let front = exp(logarithm + a * log(x) + b * log(1 - x))
    if x < (a + 1) / (a + b + 2) { return front * fraction(x, a, b) / a }
    return 1 - front * fraction(1 - x, b, a) / b
  }

  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    var c = 1.0
    var d = 1 / max(tiny, 1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...300 {
      let m = Double(step)
      let base = a + 2 * m
      let even: Double = m * (b - m) * x / ((base - 1) * base)
      d = 1 / nonzero(1 + even * d, tiny)
      c = nonzero(1 + even / c, tiny)
      result *= d * c
      let odd: Double = -(a + m) * (a + b + m) * x / (base * (base + 1))
      d = 1 / nonzero(1 + odd * d, tiny)
      c = nonzero(1 + odd / c, tiny)
      result *= d * c
      if abs(d * c - 1) < 1e-14 { break }
    }
    return result
  }

  private static func nonzero(_ value: Double, _ tiny: Double) -> Double {
    abs(value) < tiny ? tiny : value
  }
}

/// McNemar's exact test on two classifiers' right and wrong answers for the same objects.
public enum McNemar {
  /// Two-sided p-value from the counts where only one of the two was right.
  ///
  /// Source: McNemar, *Note on the sampling error of the difference between correlated
  /// proportions*, Psychometrika 12, 1947; exact binomial form.
  public static func pValue(onlyFirstRight: Int, onlySecondRight: Int) -> Double {
    let count = onlyFirstRight + onlySecondRight
    guard count > 0 else { return 1 }
    let fewer = min(onlyFirstRight, onlySecondRight)
    let tail = (0...fewer).reduce(0.0) { sum, k in
      let choices: Double =
        lgamma(Double(count + 1)) - lgamma(Double(k + 1)) - lgamma(Double(count - k + 1))
      return sum + exp(choices - Double(count) * log(2.0))
    }
    return min(1, 2 * tail)
  }
}
