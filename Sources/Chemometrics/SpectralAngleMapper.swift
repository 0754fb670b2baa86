import Tensors

/// The angle between a spectrum and each class's mean spectrum, negated.
///
/// Source: Kruse et al., *The Spectral Image Processing System (SIPS)*, Remote Sensing of
/// Environment 44, 1993. Differs: on standardized bands, the angle is taken around the training
/// mean.
public struct SpectralAngleMapper: SpectralBaseline {
  /// `[classes][bands]`.
  private let means: [[Double]]

  /// - Parameter spectra: `[N, bands]`.
  public init(_ spectra: Tensor, labels: [Int], classes: Int) {
    means =
      classMeans(
        spectra.values, columns: spectra.rowCount, labels: labels, classes: classes
      ).means
  }

  /// Ten times the cosine of the angle to each class's mean, `[N, classes]`, of spectra
  /// `[N, bands]`.
  public func scores(_ spectra: Tensor) -> Tensor {
    let bands = spectra.rowCount
    var values: [Float] = []
    for row in 0..<spectra.shape[0] {
      let x = spectra.values[(row * bands)..<((row + 1) * bands)].map(Double.init)
      for mean in means {
        let norms = (dot(x, x) * dot(mean, mean)).squareRoot()
        // 10 turns cosines into scores whose softmax has a usable spread.
        values.append(Float(norms > 0 ? 10 * dot(x, mean) / norms : -10))
      }
    }
    return Tensor(shape: [spectra.shape[0], means.count], values: values)
  }
}
