import Tensors

/// Deals groups out to parts so that each part gets its share of every class, as well as whole
/// groups allow.
struct GroupAssignment {
  /// Samples of each class in each group.
  private let counts: [[Int]]
  /// Wanted share of each part; they add up to 1.
  private let shares: [Double]
  private let totals: [Double]
  /// Part of each group.
  private(set) var parts: [Int]
  /// Samples of each class in each part.
  private var filled: [[Int]]

  /// Tries `attempts` random starts, betters each by moving single groups, keeps the best.
  ///
  /// The cost of a part is the squared difference from its share, summed over classes, and a
  /// penalty for each class it misses.
  static func best(
    counts: [[Int]], shares: [Double], attempts: Int = 16,
    using random: inout some RandomNumberGenerator
  ) -> [Int] {
    precondition(!shares.isEmpty, "group assignment: no part to deal to")
    var best: (cost: Double, parts: [Int])?
    for _ in 0..<attempts {
      var attempt = GroupAssignment(counts: counts, shares: shares)
      attempt.deal(using: &random)
      attempt.better()
      let cost = attempt.cost
      if cost < best?.cost ?? .infinity { best = (cost, attempt.parts) }
    }
    return best?.parts ?? [Int](repeating: 0, count: counts.count)
  }

  private init(counts: [[Int]], shares: [Double]) {
    self.counts = counts
    self.shares = shares
    let classes = counts.first?.count ?? 0
    totals = (0..<classes).map { label in Double(counts.reduce(0) { $0 + $1[label] }) }
    parts = [Int](repeating: -1, count: counts.count)
    filled = [[Int]](
      repeating: [Int](repeating: 0, count: classes), count: shares.count)
  }

  private var cost: Double { shares.indices.reduce(0) { $0 + cost(of: $1) } }

  private func cost(of part: Int) -> Double {
    var sum = 0.0
    for label in totals.indices where totals[label] > 0 {
      let difference = Double(filled[part][label]) / totals[label] - shares[part]
      sum += difference * difference
      if filled[part][label] == 0 { sum += 1 }
    }
    return sum
  }

  private mutating func put(_ group: Int, into part: Int) {
    let old = parts[group]
    for label in totals.indices {
      if old >= 0 { filled[old][label] -= counts[group][label] }
      filled[part][label] += counts[group][label]
    }
    parts[group] = part
  }

  /// Large groups first, give or take chance, each to the part where it lowers the cost most.
  private mutating func deal(using random: inout some RandomNumberGenerator) {
    let weights = counts.map { Double($0.reduce(0, +)) * random.nextUniform(0.5, 1.5) }
    let order = counts.indices.sorted { weights[$0] > weights[$1] }
    for group in order {
      var best = (change: Double.infinity, part: 0)
      for part in shares.indices {
        let before = cost(of: part)
        for label in totals.indices { filled[part][label] += counts[group][label] }
        let change = cost(of: part) - before
        for label in totals.indices { filled[part][label] -= counts[group][label] }
        if change < best.change { best = (change, part) }
      }
      put(group, into: best.part)
    }
  }

  /// Moves single groups as long as that lowers the cost.
  private mutating func better() {
    for _ in 0..<50 {
      var hasMoved = false
      for group in counts.indices {
        let old = parts[group]
        for part in shares.indices where part != parts[group] {
          let from = parts[group]
          let before = cost(of: from) + cost(of: part)
          put(group, into: part)
          if cost(of: from) + cost(of: part) >= before - 1e-12 { put(group, into: from) }
        }
        if parts[group] != old { hasMoved = true }
      }
      if !hasMoved { return }
    }
  }
}
