import Tensors

/// Linear regression with a penalty on large weights: what can be read from one set of numbers of
/// another.
///
/// Source: Hoerl, Kennard, *Ridge regression: biased estimation for nonorthogonal problems*, 1970,
/// equation 2.1; Technometrics 12. Differs: the penalty is a share of the mean variance of `x`, so
/// that it has no unit, and does not touch the offsets.
public struct RidgeRegression: Sendable {
  private let map: LinearScores
  /// Mean of each target over the samples, `[targets]`: what is said without looking.
  public let center: [Double]

  /// - Parameters:
  ///   - x: `[N, features]`, one sample or more.
  ///   - y: `[N, targets]`.
  ///   - penalty: share of the mean variance of `x` that is added to each feature's.
  public init(from x: Tensor, to y: Tensor, penalty: Double = 0.01) {
    precondition(
      x.shape[0] == y.shape[0] && x.shape[0] > 0 && penalty > 0,
      "ridge: \(x.shape) onto \(y.shape) with penalty \(penalty)")
    let (features, targets) = (x.rowCount, y.rowCount)
    let middle = columnMeans(x.values, columns: features)
    let center = columnMeans(y.values, columns: targets)
    var squares = scatter(x.values, columns: features, around: middle)
    let trace = (0..<features).reduce(0) { $0 + squares[$1 * features + $1] }
    for i in 0..<features {
      squares[i * features + i] += penalty * trace / Double(features) + 1e-12
    }
    let shared = Self.shared(x, middle, y, center)
    let weights = shared.map { solve(squares, size: features, right: $0) }
    map = LinearScores(
      weights: weights, offsets: zip(center, weights).map { $0 - dot($1, middle) })
    self.center = center
  }

  /// The targets of `x` `[N, features]`, `[N, targets]`.
  public func callAsFunction(_ x: Tensor) -> Tensor { map(x) }

  /// Centered features times centered targets, `[targets][features]`.
  private static func shared(
    _ x: Tensor, _ middle: [Double], _ y: Tensor, _ center: [Double]
  ) -> [[Double]] {
    let (features, targets) = (x.rowCount, y.rowCount)
    var sums = Array(repeating: [Double](repeating: 0, count: features), count: targets)
    for row in 0..<x.shape[0] {
      let own = (0..<features).map { Double(x.values[row * features + $0]) - middle[$0] }
      for target in 0..<targets {
        let value = Double(y.values[row * targets + target]) - center[target]
        for feature in 0..<features { sums[target][feature] += value * own[feature] }
      }
    }
    return sums
  }
}
