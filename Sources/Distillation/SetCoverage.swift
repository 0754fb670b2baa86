import Foundation

/// How often sets of classes hold the true one, and how often they are one class alone.
struct SetCoverage: Sendable, Equatable {
  var pieces = 0
  /// Pieces whose set holds their class, that are in a set alone, and whose set is empty.
  var covered = 0
  var single = 0
  var empty = 0

  /// - Parameters:
  ///   - limits: of the scores, `[classes]`.
  ///   - probabilities: of the pieces, each `[classes]`.
  init(limits: [Double], probabilities: [[Double]], truth: [Int]) {
    for (chances, label) in zip(probabilities, truth) {
      let set = chances.indices.filter { 1 - chances[$0] <= limits[$0] }
      pieces += 1
      if set.contains(label) { covered += 1 }
      if set.count == 1 { single += 1 }
      if set.isEmpty { empty += 1 }
    }
  }

  /// Coverage with its exact interval of 95 %, and what is decided.
  var text: String {
    func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }
    let total = Double(max(1, pieces))
    let low = 1 - Confidence.upperBound(pieces - covered, of: pieces, doubt: 0.025)
    let high = Confidence.upperBound(covered, of: pieces, doubt: 0.025)
    return "\(percent(Double(covered) / total)) hold the true class (\(percent(low)) to "
      + "\(percent(high)) of \(pieces) pieces), \(percent(Double(single) / total)) are one class "
      + "alone, \(percent(Double(empty) / total)) empty"
  }
}
