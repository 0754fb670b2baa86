import Tensors

/// A classifier on spectra: what spectroscopy would use before any network.
public protocol SpectralBaseline: Sendable {
  /// Scores of spectra `[N, bands]`, `[N, classes]`; higher is likelier.
  func scores(_ spectra: Tensor) -> Tensor
}

/// Mean row of each class, and how many rows it has.
func classMeans(
  _ rows: [Float], columns: Int, labels: [Int], classes: Int
) -> (means: [[Double]], counts: [Int]) {
  precondition(
    rows.count == labels.count * columns && labels.allSatisfy { (0..<classes).contains($0) },
    "baseline: \(rows.count) values of \(columns) bands, \(labels.count) labels")
  var sums = Array(repeating: [Double](repeating: 0, count: columns), count: classes)
  var counts = [Int](repeating: 0, count: classes)
  for (row, label) in labels.enumerated() {
    counts[label] += 1
    for column in 0..<columns { sums[label][column] += Double(rows[row * columns + column]) }
  }
  for label in 0..<classes where counts[label] > 0 {
    for column in 0..<columns { sums[label][column] /= Double(counts[label]) }
  }
  return (sums, counts)
}

/// Scores that are linear in the spectrum: `offsets + weights · x`.
struct LinearScores: Sendable {
  /// `[classes][bands]`.
  var weights: [[Double]]
  /// `[classes]`; a class without samples has one that never wins.
  var offsets: [Double]

  /// The offset of a class that was never seen.
  static let never = -1e9

  func callAsFunction(_ spectra: Tensor) -> Tensor {
    let bands = spectra.rowCount
    precondition(
      weights.allSatisfy { $0.count == bands },
      "baseline: \(bands) bands, \(weights.first?.count ?? 0) were wanted")
    var values: [Float] = []
    values.reserveCapacity(spectra.shape[0] * weights.count)
    for row in 0..<spectra.shape[0] {
      let x = spectra.values[(row * bands)..<((row + 1) * bands)].map(Double.init)
      for (w, offset) in zip(weights, offsets) { values.append(Float(offset + dot(x, w))) }
    }
    return Tensor(shape: [spectra.shape[0], weights.count], values: values)
  }
}
