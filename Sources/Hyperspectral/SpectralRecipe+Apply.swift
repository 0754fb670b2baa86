import Foundation

extension SpectralRecipe {
  /// Channels of a spectrum of `bands` bands after all steps.
  public func outputBands(of bands: Int) -> Int {
    bands + steps.count { $0 == .logMeanReflectance }
  }

  /// Changes spectra, `[pixels, bands]` of reflectance, into `[pixels, outputBands(of: bands)]`.
  ///
  /// The log-mean channel is that of the spectrum as it came in, whatever was done before it; the
  /// other steps leave such channels alone. Spectra without variation become 0 under the standard
  /// normal variate.
  public func apply(to spectra: inout [Float], bands: Int) {
    precondition(
      bands > 0 && spectra.count % bands == 0,
      "pretreatment: \(spectra.count) values are not spectra of \(bands) bands")
    guard !steps.isEmpty else { return }
    let pixels = spectra.count / bands
    let logMeans =
      steps.contains(.logMeanReflectance)
      ? (0..<pixels).map { Self.logMean(spectra, from: $0 * bands, bands: bands) } : []
    for step in steps {
      switch step {
      case .standardNormalVariate:
        for pixel in 0..<pixels {
          Self.standardize(&spectra, from: pixel * bands, bands: bands)
        }
      case .logMeanReflectance: break
      case .smoothed, .firstDerivative:
        let filter = SavitzkyGolay(
          window: 11, order: 2, derivative: step == .firstDerivative ? 1 : 0, bands: bands)
        for pixel in 0..<pixels { filter.apply(to: &spectra, from: pixel * bands) }
      }
    }
    guard !logMeans.isEmpty else { return }
    let channels = outputBands(of: bands)
    var widened: [Float] = []
    widened.reserveCapacity(pixels * channels)
    for pixel in 0..<pixels {
      widened.append(contentsOf: spectra[(pixel * bands)..<((pixel + 1) * bands)])
      for _ in bands..<channels { widened.append(logMeans[pixel]) }
    }
    spectra = widened
  }

  /// Darker spectra than this share of white count as this dark; the logarithm has no floor.
  private static let darkest: Float = 1e-3

  private static func logMean(_ spectra: [Float], from start: Int, bands: Int) -> Float {
    var sum: Float = 0
    for index in start..<(start + bands) { sum += spectra[index] }
    return log(max(sum / Float(bands), darkest))
  }

  /// The deviation is over bands − 1, as in the paper.
  private static func standardize(_ spectra: inout [Float], from start: Int, bands: Int) {
    var sum: Float = 0
    for index in start..<(start + bands) { sum += spectra[index] }
    let mean = sum / Float(bands)
    var squares: Float = 0
    for index in start..<(start + bands) {
      let difference = spectra[index] - mean
      squares += difference * difference
    }
    let deviation = bands > 1 ? (squares / Float(bands - 1)).squareRoot() : 0
    let gain = deviation > 1e-7 ? 1 / deviation : 0
    for index in start..<(start + bands) { spectra[index] = (spectra[index] - mean) * gain }
  }
}

/// A polynomial fitted to each window of a spectrum, and its value or slope at each band.
///
/// Bands count as equally far apart. The first and last half window take the polynomial of the
/// outermost whole window. A spectrum shorter than the window has a shorter one.
///
/// Source: Savitzky, Golay, *Smoothing and Differentiation of Data by Simplified Least Squares
/// Procedures*, 1964, equation IX; Analytical Chemistry 36.
struct SavitzkyGolay {
  let bands: Int
  let window: Int
  /// `[window, window]`: row p gives the weights for the value at position p of the window.
  private let weights: [[Float]]

  init(window: Int, order: Int, derivative: Int, bands: Int) {
    precondition(window % 2 == 1 && derivative <= order, "window \(window), order \(order)")
    let longest = bands % 2 == 1 ? bands : bands - 1
    self.bands = bands
    self.window = max(1, min(window, longest))
    let order = min(order, self.window - 1)
    let half = self.window / 2
    let positions = (-half...half).map(Double.init)
    // Least squares: coefficients = (AᵀA)⁻¹ Aᵀ y with A[i][k] = positionᵢᵏ.
    let moments = (0...order).map { row in
      (0...order).map { column in
        positions.reduce(0) { $0 + pow($1, Double(row + column)) }
      }
    }
    let inverse = Self.inverse(moments)
    weights = positions.map { at in
      positions.map { position in
        var weight = 0.0
        for row in 0...order where row >= derivative {
          let falling = (0..<derivative).reduce(1.0) { $0 * Double(row - $1) }
          let slope = falling * pow(at, Double(row - derivative))
          for column in 0...order {
            weight += slope * inverse[row][column] * pow(position, Double(column))
          }
        }
        return Float(weight)
      }
    }
  }

  /// Changes the spectrum that begins at `start`.
  func apply(to spectra: inout [Float], from start: Int) {
    guard window > 0, bands > 0 else { return }
    let half = window / 2
    let source = Array(spectra[start..<(start + bands)])
    for band in 0..<bands {
      let first = min(max(band - half, 0), bands - window)
      let row = weights[band - first]
      var sum: Float = 0
      for offset in 0..<window { sum += row[offset] * source[first + offset] }
      spectra[start + band] = sum
    }
  }

  /// Gauss and Jordan; the matrix is small, symmetric and positive definite.
  private static func inverse(_ matrix: [[Double]]) -> [[Double]] {
    let count = matrix.count
    var rows = matrix.enumerated().map { row in
      row.element + (0..<count).map { $0 == row.offset ? 1.0 : 0.0 }
    }
    for pivot in 0..<count {
      let divisor = rows[pivot][pivot]
      for column in 0..<(2 * count) { rows[pivot][column] /= divisor }
      for row in 0..<count where row != pivot {
        let factor = rows[row][pivot]
        for column in 0..<(2 * count) { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    return rows.map { Array($0[count...]) }
  }
}
