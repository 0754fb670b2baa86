/// A share with its 95 % interval.
public struct Proportion: Sendable, Equatable {
  public var value: Double
  public var low: Double
  public var high: Double

  init(_ value: Double, _ low: Double, _ high: Double) {
    self.value = value
    self.low = max(0, min(low, value))
    self.high = min(1, max(high, value))
  }

  /// 97.5 % of a normal variable lie below it.
  static let normal = 1.959_964

  /// The share of a class in a flow of material, from counts in blocks of time.
  ///
  /// Scrap comes in lumps, so pieces are not independent of each other: Wilson's interval is taken
  /// for as many pieces as independent ones would tell as much. How many is found by the scatter of
  /// the share between blocks (the design effect of clusters of unequal size); with fewer than ten
  /// blocks it cannot be found, and pieces count as independent.
  ///
  /// Source: Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, 1927;
  /// Kish, *Survey Sampling*, 1965, section 5.4; the two together: Korn and Graubard, *Confidence
  /// Intervals for Proportions with Small Expected Number of Positive Counts Estimated from Survey
  /// Data*, 1998.
  static func share(inBlocks blocks: [(hits: Int, pieces: Int)]) -> Proportion {
    let known = blocks.filter { $0.pieces > 0 }
    let (hits, pieces) = (known.reduce(0) { $0 + $1.hits }, known.reduce(0) { $0 + $1.pieces })
    guard pieces > 0 else { return Proportion(0, 0, 1) }
    let n = Double(pieces)
    return wilson(Double(hits) / n, n / designEffect(known))
  }

  /// How many times as much shares scatter as those of independent pieces would, at least 1.
  static func designEffect(_ blocks: [(hits: Int, pieces: Int)]) -> Double {
    let n = Double(blocks.reduce(0) { $0 + $1.pieces })
    let p = Double(blocks.reduce(0) { $0 + $1.hits }) / n
    guard blocks.count >= 10, p > 0, p < 1 else { return 1 }
    let count = Double(blocks.count)
    let scatter = blocks.reduce(0.0) { sum, block in
      let rest = Double(block.hits) - p * Double(block.pieces)
      return sum + rest * rest
    }
    let found = count / (count - 1) * scatter / (n * n)
    return max(1, found / (p * (1 - p) / n))
  }

  private static func wilson(_ p: Double, _ n: Double) -> Proportion {
    let z = normal
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    return Proportion(p, middle - half, middle + half)
  }
}

/// Pieces of which each is of a wanted class with a probability of its own.
struct ExpectedPieces: Sendable, Equatable {
  private(set) var count = 0
  /// How many of them are expected to be of a wanted class.
  private(set) var wanted = 0.0
  /// What that may vary by, squared: a sum of unlike coins.
  private(set) var variance = 0.0

  mutating func note(_ probability: Double) {
    guard probability.isFinite else { return }
    let p = min(max(probability, 0), 1)
    count += 1
    wanted += p
    variance += p * (1 - p)
  }

  /// The wanted ones' share of them: nil where there are none.
  ///
  /// Source: the sum of independent unlike coins, the Poisson binomial distribution, has the mean ∑
  /// p and the variance ∑ p (1 − p); Poisson, *Recherches sur la probabilité des jugements*, 1837.
  /// The interval is the normal one. It takes the probabilities for right.
  var purity: Proportion? {
    guard count > 0 else { return nil }
    let n = Double(count)
    let half = Proportion.normal * variance.squareRoot() / n
    return Proportion(wanted / n, wanted / n - half, wanted / n + half)
  }

  /// Which share of all that is wanted is among these, if `others` are those that are not.
  ///
  /// The variance of a ratio, to first order.
  func recovery(beside others: ExpectedPieces) -> Proportion? {
    let all = wanted + others.wanted
    guard all > 0 else { return nil }
    let spread =
      (others.wanted * others.wanted * variance + wanted * wanted * others.variance).squareRoot()
      / (all * all)
    let half = Proportion.normal * spread
    return Proportion(wanted / all, wanted / all - half, wanted / all + half)
  }
}
