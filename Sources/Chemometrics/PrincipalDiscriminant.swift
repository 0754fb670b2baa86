import Tensors

/// Principal components, then linear discriminants with a shared, shrunk covariance.
///
/// Source: Fisher, *The use of multiple measurements in taxonomic problems*, 1936; shrinkage as
/// Ledoit and Wolf propose, with a fixed share. All classes count as equally likely.
public struct PrincipalDiscriminant: SpectralBaseline {
  private let components: PrincipalComponents
  private let discriminants: LinearScores

  /// - Parameters:
  ///   - spectra: `[N, bands]` of training samples.
  ///   - count: components kept, at most the bands and the samples less one.
  ///   - shrinkage: share of the covariance that becomes a multiple of the identity.
  public init(
    _ spectra: Tensor, labels: [Int], classes: Int, components count: Int = 20,
    shrinkage: Double = 0.1
  ) {
    let bands = spectra.rowCount
    let rows = spectra.shape[0]
    let kept = max(1, min(count, bands, rows - 1))
    components = PrincipalComponents(of: spectra.values, bands: bands, count: kept)
    let projected = components(spectra.values)
    let (means, counts) = classMeans(
      projected, columns: kept, labels: labels, classes: classes)
    var centered = projected
    for (row, label) in labels.enumerated() {
      for column in 0..<kept {
        centered[row * kept + column] -= Float(means[label][column])
      }
    }
    var within = scatter(centered, columns: kept, around: [Double](repeating: 0, count: kept))
    let scale = 1 / Double(max(1, rows - classes))
    let trace = (0..<kept).reduce(0) { $0 + within[$1 * kept + $1] } * scale / Double(kept)
    for i in 0..<kept {
      for j in 0..<kept {
        within[i * kept + j] *= scale * (1 - shrinkage)
        if i == j { within[i * kept + j] += shrinkage * trace + 1e-9 }
      }
    }
    let weights = means.map { solve(within, size: kept, right: $0) }
    discriminants = LinearScores(
      weights: weights,
      offsets: zip(weights, means).enumerated().map { label, pair in
        counts[label] > 0 ? -0.5 * dot(pair.0, pair.1) : LinearScores.never
      })
  }

  /// Log likelihoods of each class, `[N, classes]`, of spectra `[N, bands]`, but for a constant a
  /// spectrum.
  public func scores(_ spectra: Tensor) -> Tensor {
    let projected = components(spectra.values)
    return discriminants(Tensor(shape: [spectra.shape[0], components.count], values: projected))
  }
}
