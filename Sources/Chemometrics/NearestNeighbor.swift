import Tensors

/// The class of the training spectrum that lies nearest: what remembers most and understands least.
///
/// Source: Cover, Hart, *Nearest neighbor pattern classification*, 1967; IEEE Transactions on
/// Information Theory 13.
public struct NearestNeighbor: SpectralBaseline {
  private let spectra: Tensor
  private let labels: [Int]
  private let classes: Int

  /// - Parameter spectra: `[N, bands]`.
  public init(_ spectra: Tensor, labels: [Int], classes: Int) {
    precondition(
      spectra.shape[0] == labels.count && labels.allSatisfy { (0..<classes).contains($0) },
      "nearest neighbor: \(spectra.shape) spectra, \(labels.count) labels of \(classes) classes")
    self.spectra = spectra
    self.labels = labels
    self.classes = classes
  }

  /// Squared distances to the nearest spectrum of each class, negated.
  public func scores(_ asked: Tensor) -> Tensor {
    let bands = spectra.rowCount
    precondition(asked.rowCount == bands, "nearest neighbor: \(asked.rowCount) bands for \(bands)")
    let (known, wanted) = (spectra.values.span, asked.values.span)
    // A class without samples is as far as can be.
    var scores = [Float](repeating: -.greatestFiniteMagnitude, count: asked.shape[0] * classes)
    for row in 0..<asked.shape[0] {
      for (number, label) in labels.enumerated() {
        let limit = -scores[row * classes + label]
        var distance: Float = 0
        var band = 0
        while band < bands, distance < limit {
          // Some bands at a time, as looking at the limit costs more than a band does.
          for next in band..<min(band + 16, bands) {
            let difference = known[number * bands + next] - wanted[row * bands + next]
            distance += difference * difference
          }
          band += 16
        }
        if distance < limit { scores[row * classes + label] = -distance }
      }
    }
    return Tensor(shape: [asked.shape[0], classes], values: scores)
  }
}
