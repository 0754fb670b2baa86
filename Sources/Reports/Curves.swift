import Foundation

/// Curves that are read off sorted confidences.
enum Curves {
  /// Share of errors among the accepted, when the surest `coverage` of all is accepted.
  ///
  /// Source: Geifman, El-Yaniv, *Selective Classification for Deep Neural Networks*, 2017.
  static func risk(
    _ probabilities: [[Double]], truth: [Int], coverages: [Double]
  ) -> [Double] {
    let ordered = zip(probabilities, truth).map { p, label -> (Double, Bool) in
      let choice = decided(p)
      return (p[choice], choice == label)
    }.sorted { $0.0 > $1.0 }
    var wrong = [0]
    for (_, isRight) in ordered { wrong.append(wrong[wrong.count - 1] + (isRight ? 0 : 1)) }
    return coverages.map { coverage in
      guard !ordered.isEmpty else { return .nan }
      let accepted = max(1, min(ordered.count, Int((coverage * Double(ordered.count)).rounded())))
      return Double(wrong[accepted]) / Double(accepted)
    }
  }

  /// Share of the class among what is ejected as it, at the strictest threshold that recovers each
  /// of the shares; agrees with `Metrics.purity`.
  static func purity(scores: [Double], isTarget: [Bool], recoveries: [Double]) -> [Double] {
    let total = isTarget.count { $0 }
    guard total > 0 else { return recoveries.map { _ in .nan } }
    // Entry k: how many are ejected when the (k + 1)th target is.
    var taken: [Int] = []
    for (place, index) in scores.indices.sorted(by: { scores[$0] > scores[$1] }).enumerated()
    where isTarget[index] {
      taken.append(place + 1)
    }
    return recoveries.map { recovery in
      let wanted = max(1, Int((Double(total) * recovery).rounded(.up)))
      return Double(wanted) / Double(taken[min(wanted, total) - 1])
    }
  }

  /// How confidence and accuracy go together in bins of equal width.
  struct Bin: Equatable {
    var count = 0
    var right = 0
    var confidence = 0.0
  }

  /// Source: Guo et al., *On Calibration of Modern Neural Networks*, 2017, section 2.
  static func bins(_ probabilities: [[Double]], truth: [Int], count: Int) -> [Bin] {
    var bins = [Bin](repeating: Bin(), count: count)
    for (p, label) in zip(probabilities, truth) {
      let choice = decided(p)
      let bin = max(0, min(count - 1, Int(p[choice] * Double(count))))
      bins[bin].count += 1
      bins[bin].right += choice == label ? 1 : 0
      bins[bin].confidence += p[choice]
    }
    return bins
  }

  /// Share-weighted distance between confidence and accuracy over the bins.
  static func calibrationError(_ bins: [Bin]) -> Double {
    let total = bins.reduce(0) { $0 + $1.count }
    guard total > 0 else { return .nan }
    return bins.reduce(0) { $0 + abs($1.confidence - Double($1.right)) } / Double(total)
  }

  /// Column by column mean of rows of equal length; what is not a number does not count.
  static func mean(_ rows: [[Double]]) -> [Double] {
    (rows.first ?? []).indices.map { column in
      let known = rows.map { $0[column] }.filter(\.isFinite)
      return known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
    }
  }

  /// At most `limit` points, each the mean of the ones it stands for.
  static func thinned(
    _ points: [(x: Double, y: Double)], limit: Int
  ) -> [(x: Double, y: Double)] {
    guard points.count > limit else { return points }
    return (0..<limit).map { bucket in
      let part = points[(bucket * points.count / limit)..<((bucket + 1) * points.count / limit)]
      let count = Double(part.count)
      return (part.reduce(0) { $0 + $1.x } / count, part.reduce(0) { $0 + $1.y } / count)
    }
  }

  /// The value below which a share of the sorted values lies, between neighbors in proportion.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard let last = sorted.indices.last else { return .nan }
    let place = share * Double(last)
    let low = Int(place.rounded(.down))
    let high = min(last, low + 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }
}
