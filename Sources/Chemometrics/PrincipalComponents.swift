/// The directions in which spectra differ most, and their mean.
///
/// Source: Hotelling, *Analysis of a complex of statistical variables into principal components*,
/// 1933; eigenvectors of the covariance by LAPACK's `dsyevd`.
public struct PrincipalComponents: Codable, Equatable, Sendable {
  /// Mean spectrum, `[bands]`.
  public let center: [Float]
  /// Unit vectors, `[count, bands]`, the largest variance first; the entry of each that is
  /// farthest from 0 is positive.
  public let axes: [Float]

  public var bands: Int { center.count }
  public var count: Int { center.isEmpty ? 0 : axes.count / center.count }

  public init(center: [Float], axes: [Float]) {
    precondition(
      !center.isEmpty && axes.count % center.count == 0,
      "components: \(axes.count) numbers are not axes of \(center.count) bands")
    self.center = center
    self.axes = axes
  }

  /// Fits `count` components, at most as many as bands, to spectra `[pixels, bands]`.
  public init(of spectra: [Float], bands: Int, count: Int) {
    precondition(
      bands > 0 && !spectra.isEmpty && spectra.count % bands == 0 && (1...bands).contains(count),
      "components: \(count) of \(spectra.count) values of \(bands) bands")
    let means = columnMeans(spectra, columns: bands)
    let (_, vectors) = symmetricEigen(
      scatter(spectra, columns: bands, around: means), size: bands)
    var axes: [Float] = []
    for number in 0..<count {
      let axis = vectors[((bands - 1 - number) * bands)..<((bands - number) * bands)]
      let farthest = axis.max { abs($0) < abs($1) } ?? 1
      axes += axis.map { Float(farthest < 0 ? -$0 : $0) }
    }
    self.init(center: means.map { Float($0) }, axes: axes)
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let center = try values.decode([Float].self, forKey: .center)
    let axes = try values.decode([Float].self, forKey: .axes)
    guard !center.isEmpty, axes.count % center.count == 0 else {
      throw DecodingError.dataCorruptedError(
        forKey: .axes, in: values,
        debugDescription: "\(axes.count) numbers are not axes of \(center.count) bands")
    }
    self.init(center: center, axes: axes)
  }

  private enum CodingKeys: String, CodingKey { case center, axes }

  /// Coordinates of spectra `[pixels, bands]`, `[pixels, count]`.
  public func callAsFunction(_ spectra: [Float]) -> [Float] {
    var found: [Float] = []
    found.reserveCapacity(spectra.count / bands * count)
    for start in stride(from: 0, to: spectra.count, by: bands) {
      for axis in stride(from: 0, to: axes.count, by: bands) {
        var sum = 0.0
        for band in 0..<bands {
          sum += Double(spectra[start + band] - center[band]) * Double(axes[axis + band])
        }
        found.append(Float(sum))
      }
    }
    return found
  }
}
