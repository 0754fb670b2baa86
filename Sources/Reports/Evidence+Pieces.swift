import Distillation
import Tensors

/// Student against control piece by piece: what chance in the choice of test pieces allows.
struct PieceComparison: Equatable, Sendable {
  /// Pieces that only one of the two gets right, by mean probability over seeds.
  let onlyFirst: Int
  let onlySecond: Int
  /// McNemar's exact test.
  let pValue: Double
  /// Groups of test pieces.
  let groups: Int
  /// 95 % of the accuracy differences, in points, when whole groups are drawn again; nil with
  /// fewer than five groups.
  let interval: ClosedRange<Double>?
}

extension Evidence {
  /// Compares two arms on the pieces that both judged.
  ///
  /// Source: Efron, Tibshirani, *An Introduction to the Bootstrap*, 1993, section 8.6 (clusters),
  /// with 2000 draws and the percentile interval.
  func compare(_ first: Arm, _ second: Arm) -> PieceComparison? {
    let (a, b) = (averaged(first), averaged(second))
    let (rightA, rightB) = (rightShare(first), rightShare(second))
    var (onlyFirst, onlySecond) = (0, 0)
    var sums: [String: (difference: Double, count: Int)] = [:]
    for (number, piece) in pieces.enumerated() {
      guard let p = a[number], let q = b[number] else { continue }
      let (isRight, otherIsRight) = (decided(p) == piece.truth, decided(q) == piece.truth)
      if isRight, !otherIsRight { onlyFirst += 1 }
      if !isRight, otherIsRight { onlySecond += 1 }
      var sum = sums[piece.group] ?? (0, 0)
      sum.difference += (rightA[number] ?? 0) - (rightB[number] ?? 0)
      sum.count += 1
      sums[piece.group] = sum
    }
    guard !sums.isEmpty else { return nil }
    let groups = sums.keys.sorted().compactMap { sums[$0] }
    return PieceComparison(
      onlyFirst: onlyFirst, onlySecond: onlySecond,
      pValue: McNemar.pValue(onlyFirstRight: onlyFirst, onlySecondRight: onlySecond),
      groups: groups.count, interval: groups.count < 5 ? nil : Self.redrawn(groups))
  }

  private static func redrawn(
    _ groups: [(difference: Double, count: Int)]
  ) -> ClosedRange<Double> {
    var random = SplitMix64(seed: 1, purpose: "report/groups")
    let draws = (0..<2000).map { _ -> Double in
      var (difference, count) = (0.0, 0)
      for _ in groups.indices {
        let group = groups[random.nextIndex(below: groups.count)]
        difference += group.difference
        count += group.count
      }
      return 100 * difference / Double(count)
    }.sorted()
    return draws[49]...draws[1949]
  }

  /// Mean confusion over seeds: row true class, column decided class, in pieces.
  func confusion(_ arm: Arm) -> [[Double]] {
    guard let metrics = results.arm(arm)?.metrics, let first = metrics.first else { return [] }
    let share = 1 / Double(metrics.count)
    return first.confusion.indices.map { row in
      first.confusion[row].indices.map { column in
        metrics.reduce(0) { $0 + Double($1.confusion[row][column]) } * share
      }
    }
  }

  /// Test pieces of each class, mean over seeds.
  var piecesPerClass: [Int] {
    let counts = Dictionary(grouping: pieces, by: \.truth).mapValues(\.count)
    return classes.indices.map { counts[$0] ?? 0 }
  }
}
