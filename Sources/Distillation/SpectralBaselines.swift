import CLAPACK
import Tensors

/// A classifier on mean spectra: what spectroscopy would use before any network.
public protocol SpectralBaseline {
  /// Scores, `[N, classes]`, higher is likelier.
  func scores(_ spectra: Tensor) -> Tensor
}

/// The mean spectrum of each crop, `[N, bands]`.
public func meanSpectra(_ crops: Tensor) -> Tensor {
  let bands = crops.shape[crops.shape.count - 1]
  let pixels = crops.rowCount / bands
  var means = [Float](repeating: 0, count: crops.shape[0] * bands)
  for row in 0..<crops.shape[0] {
    for pixel in 0..<pixels {
      let start = row * crops.rowCount + pixel * bands
      for band in 0..<bands { means[row * bands + band] += crops.values[start + band] }
    }
  }
  let share = 1 / Float(pixels)
  return Tensor(shape: [crops.shape[0], bands], values: means.map { $0 * share })
}

/// The angle between a spectrum and each class's mean spectrum, negated.
///
/// Source: Kruse et al., *The Spectral Image Processing System (SIPS)*, Remote Sensing of
/// Environment 44, 1993. Differs: on standardized bands, the angle is taken around the training
/// mean.
public struct SpectralAngleMapper: SpectralBaseline, Sendable {
  /// `[classes][bands]`.
  private let means: [[Double]]

  /// - Parameter spectra: `[N, bands]`.
  public init(_ spectra: Tensor, labels: [Int], classes: Int) {
    means = classMeans(spectra, labels: labels, classes: classes).means
  }

  /// Scores of mean spectra `[N, bands]`, `[N, classes]`.
  public func scores(_ spectra: Tensor) -> Tensor {
    let bands = spectra.rowCount
    var values: [Float] = []
    for row in 0..<spectra.shape[0] {
      let x = spectra.values[(row * bands)..<((row + 1) * bands)].map(Double.init)
      for mean in means {
        let dot = zip(x, mean).reduce(0) { $0 + $1.0 * $1.1 }
        let norms = (x.reduce(0) { $0 + $1 * $1 } * mean.reduce(0) { $0 + $1 * $1 }).squareRoot()
        // 10 turns cosines into scores whose softmax has a usable spread.
        values.append(Float(norms > 0 ? 10 * dot / norms : -10))
      }
    }
    return Tensor(shape: [spectra.shape[0], means.count], values: values)
  }
}

/// Principal components, then linear discriminants with a shared, shrunk covariance.
///
/// Source: Fisher, *The use of multiple measurements in taxonomic problems*, 1936; shrinkage as
/// Ledoit and Wolf propose, with a fixed share of 0.1. Eigenvectors by LAPACK's `dsyev`.
public struct PrincipalDiscriminant: SpectralBaseline, Sendable {
  private let center: [Double]
  /// `[components][bands]`.
  private let components: [[Double]]
  /// Linear score of each class: weights over the components, and an offset.
  private let weights: [[Double]]
  private let offsets: [Double]

  /// - Parameters:
  ///   - spectra: `[N, bands]` of training samples.
  ///   - count: components kept, at most the bands and the samples less one.
  public init(_ spectra: Tensor, labels: [Int], classes: Int, components count: Int = 20) {
    let bands = spectra.rowCount
    let rows = spectra.shape[0]
    let data = (0..<rows).map { row in
      spectra.values[(row * bands)..<((row + 1) * bands)].map(Double.init)
    }
    let center = (0..<bands).map { band in data.reduce(0) { $0 + $1[band] } / Double(max(1, rows)) }
    let covariance = Self.covariance(data, around: center)
    let kept = max(1, min(count, bands, rows - 1))
    let (_, vectors) = symmetricEigen(covariance, size: bands)
    let components = (0..<kept).map { number in
      Array(vectors[((bands - 1 - number) * bands)..<((bands - number) * bands)])
    }
    let projected = data.map { Self.project($0, center, components) }
    let reduced = Tensor(
      shape: [rows, kept], values: projected.flatMap { $0.map { Float($0) } })
    let (means, counts) = classMeans(reduced, labels: labels, classes: classes)
    var within = [Double](repeating: 0, count: kept * kept)
    for (x, label) in zip(projected, labels) {
      let d = zip(x, means[label]).map { $0 - $1 }
      for i in 0..<kept { for j in 0..<kept { within[i * kept + j] += d[i] * d[j] } }
    }
    let scale = 1 / Double(max(1, rows - classes))
    let trace = (0..<kept).reduce(0) { $0 + within[$1 * kept + $1] } * scale / Double(kept)
    for i in 0..<kept {
      for j in 0..<kept {
        within[i * kept + j] *= scale * 0.9
        if i == j { within[i * kept + j] += 0.1 * trace + 1e-9 }
      }
    }
    weights = means.map { solve(within, size: kept, right: $0) }
    offsets = zip(weights, means).enumerated().map { label, pair in
      // A class without samples never wins.
      counts[label] > 0 ? -0.5 * zip(pair.0, pair.1).reduce(0) { $0 + $1.0 * $1.1 } : -1e9
    }
    self.center = center
    self.components = components
  }

  /// Scores of mean spectra `[N, bands]`, `[N, classes]`.
  public func scores(_ spectra: Tensor) -> Tensor {
    let bands = spectra.rowCount
    var values: [Float] = []
    for row in 0..<spectra.shape[0] {
      let x = spectra.values[(row * bands)..<((row + 1) * bands)].map(Double.init)
      let y = Self.project(x, center, components)
      for (w, offset) in zip(weights, offsets) {
        values.append(Float(zip(y, w).reduce(offset) { $0 + $1.0 * $1.1 }))
      }
    }
    return Tensor(shape: [spectra.shape[0], weights.count], values: values)
  }

  private static func project(
    _ x: [Double], _ center: [Double], _ components: [[Double]]
  ) -> [Double] {
    let d = zip(x, center).map { $0 - $1 }
    return components.map { component in zip(d, component).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  private static func covariance(_ data: [[Double]], around center: [Double]) -> [Double] {
    let bands = center.count
    var sums = [Double](repeating: 0, count: bands * bands)
    for x in data {
      let d = zip(x, center).map { $0 - $1 }
      for i in 0..<bands { for j in i..<bands { sums[i * bands + j] += d[i] * d[j] } }
    }
    let share = 1 / Double(max(1, data.count - 1))
    for i in 0..<bands {
      for j in i..<bands {
        sums[i * bands + j] *= share
        sums[j * bands + i] = sums[i * bands + j]
      }
    }
    return sums
  }
}

/// Mean row of each class, and how many rows it has.
private func classMeans(
  _ rows: Tensor, labels: [Int], classes: Int
) -> (means: [[Double]], counts: [Int]) {
  let width = rows.rowCount
  var sums = Array(repeating: [Double](repeating: 0, count: width), count: classes)
  var counts = [Int](repeating: 0, count: classes)
  for (row, label) in labels.enumerated() {
    counts[label] += 1
    for column in 0..<width { sums[label][column] += Double(rows.values[row * width + column]) }
  }
  for label in 0..<classes where counts[label] > 0 {
    for column in 0..<width { sums[label][column] /= Double(counts[label]) }
  }
  return (sums, counts)
}

/// Eigenvalues in ascending order and the eigenvectors, one after another, of a symmetric matrix.
private func symmetricEigen(
  _ matrix: [Double], size: Int
) -> (values: [Double], vectors: [Double]) {
  var vectors = matrix
  var values = [Double](repeating: 0, count: size)
  // Column-major: each eigenvector is contiguous; for a symmetric input the order of reading
  // is the same.
  let status = LAPACKE_dsyevd(
    LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")), Int32(size),
    &vectors, Int32(size), &values)
  precondition(status == 0, "LAPACK dsyevd: status \(status)")
  return (values, vectors)
}

/// Solves `matrix · x = right` for a symmetric positive definite matrix.
private func solve(_ matrix: [Double], size: Int, right: [Double]) -> [Double] {
  var factor = matrix
  var x = right
  let status = LAPACKE_dposv(
    LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(size), 1, &factor, Int32(size), &x,
    Int32(size))
  precondition(status == 0, "LAPACK dposv: status \(status)")
  return x
}
