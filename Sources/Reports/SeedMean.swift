import Distillation
import Pages

/// A figure over seeds: its mean and the half width of the mean's 95 % interval.
struct SeedMean: Equatable, Sendable {
  let values: [Double]
  let mean: Double
  /// Student's t over seeds; nil where there is only one.
  let half: Double?

  init(_ values: [Double]) {
    self.values = values
    let count = Double(values.count)
    let center = values.isEmpty ? .nan : values.reduce(0, +) / count
    mean = center
    guard values.count > 1 else {
      half = nil
      return
    }
    let variance = values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / (count - 1)
    half =
      StudentT.quantile(0.975, freedom: count - 1) * (variance / count).squareRoot()
  }

  init(_ arm: ArmResult, _ value: (Metrics) -> Double) {
    self.init(arm.metrics.map(value))
  }

  /// A share as `91.2 ± 0.8 %`.
  var percent: String { mean.isFinite ? share + NumberText.space + "%" : "–" }

  /// As `percent`, without the unit.
  var share: String {
    guard mean.isFinite else { return "–" }
    let text = NumberText.fixed(100 * mean, digits: 1)
    return half.map { text + " ± " + NumberText.fixed(100 * $0, digits: 1) } ?? text
  }

  /// A plain number as `0.82 ± 0.03`.
  var plain: String {
    guard mean.isFinite else { return "–" }
    let text = NumberText.fixed(mean, digits: 2)
    return half.map { text + " ± " + NumberText.fixed($0, digits: 2) } ?? text
  }
}

extension Metrics {
  /// Purity at 95 % recovery, mean over the classes that occur.
  var meanPurity: Double {
    let present = confusion.indices.filter { confusion[$0].contains { $0 > 0 } }
    guard !present.isEmpty else { return 0 }
    return present.reduce(0) { $0 + purityAt95Recovery[$1] } / Double(present.count)
  }
}
