import Tensors

/// Partial least squares onto class membership: PLS-DA.
///
/// Spectra are regressed onto a column for each class, 1 for its samples and 0 for others, through
/// few components that explain both; the class whose column comes out largest wins.
///
/// Source: Dayal, MacGregor, *Improved PLS algorithms*, 1997, algorithm 2; Journal of Chemometrics
/// 11. Its components are those of the NIPALS algorithm with deflation of both sides.
public struct PartialLeastSquares: SpectralBaseline {
  private let regression: LinearScores

  /// - Parameters:
  ///   - spectra: `[N, bands]` of training samples.
  ///   - count: components, at most the bands and the samples less one.
  public init(_ spectra: Tensor, labels: [Int], classes: Int, components count: Int = 10) {
    let bands = spectra.rowCount
    let rows = spectra.shape[0]
    let center = columnMeans(spectra.values, columns: bands)
    let (means, counts) = classMeans(
      spectra.values, columns: bands, labels: labels, classes: classes)
    let squares = scatter(spectra.values, columns: bands, around: center)
    // Centered spectra times centered membership, `[classes][bands]`.
    var shared = zip(means, counts).map { mean, samples in
      zip(mean, center).map { Double(samples) * ($0 - $1) }
    }
    var coefficients = Array(repeating: [Double](repeating: 0, count: bands), count: classes)
    var rotations: [[Double]] = []
    var loadings: [[Double]] = []
    for _ in 0..<max(1, min(count, bands, rows - 1)) {
      guard let weight = Self.weight(shared) else { break }
      // What the component is in terms of the spectra as they came in.
      var rotation = weight
      for (loading, earlier) in zip(loadings, rotations) {
        let share = dot(loading, weight)
        for band in 0..<bands { rotation[band] -= share * earlier[band] }
      }
      var loading = (0..<bands).map { band in
        (0..<bands).reduce(0) { $0 + squares[band * bands + $1] * rotation[$1] }
      }
      let variance = dot(rotation, loading)
      guard variance > 1e-12 * max(1, squares.max() ?? 0) else { break }
      for band in 0..<bands { loading[band] /= variance }
      for label in 0..<classes {
        let answer = dot(rotation, shared[label]) / variance
        for band in 0..<bands {
          coefficients[label][band] += answer * rotation[band]
          shared[label][band] -= answer * variance * loading[band]
        }
      }
      rotations.append(rotation)
      loadings.append(loading)
    }
    // 10 turns memberships into scores whose softmax has a usable spread.
    regression = LinearScores(
      weights: coefficients.map { $0.map { 10 * $0 } },
      offsets: zip(coefficients, counts).map { weights, samples in
        samples > 0
          ? 10 * (Double(samples) / Double(rows) - dot(weights, center)) : LinearScores.never
      })
  }

  /// Predicted membership of each class, `[N, classes]`, of spectra `[N, bands]`.
  public func scores(_ spectra: Tensor) -> Tensor { regression(spectra) }

  /// The direction in which spectra and memberships share most; nil where nothing is left.
  private static func weight(_ shared: [[Double]]) -> [Double]? {
    let classes = shared.count
    var products = [Double](repeating: 0, count: classes * classes)
    for i in 0..<classes {
      for j in 0..<classes { products[i * classes + j] = dot(shared[i], shared[j]) }
    }
    let (_, vectors) = symmetricEigen(products, size: classes)
    let largest = vectors[((classes - 1) * classes)...]
    var weight = [Double](repeating: 0, count: shared[0].count)
    for (label, share) in zip(shared, largest) {
      for band in weight.indices { weight[band] += share * label[band] }
    }
    let norm = dot(weight, weight).squareRoot()
    guard norm > 1e-12 else { return nil }
    return weight.map { $0 / norm }
  }
}
