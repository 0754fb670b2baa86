import Foundation

/// A polynomial fitted to each window of a spectrum, and its value or a derivative at each band.
///
/// Bands count as equally far apart. The first and last half window take the polynomial of the
/// outermost whole window. A spectrum shorter than the window has a shorter one.
///
/// Source: Savitzky, Golay, *Smoothing and Differentiation of Data by Simplified Least Squares
/// Procedures*, 1964, equation IX; Analytical Chemistry 36.
struct SavitzkyGolay: Sendable, Equatable {
  let bands: Int
  let window: Int
  /// `[window, window]`: row p gives the weights for the value at position p of the window.
  let weights: [Float]

  init(window: Int, order: Int, derivative: Int, bands: Int) {
    precondition(
      window % 2 == 1 && derivative <= order && bands > 0, "window \(window), order \(order)")
    let longest = bands % 2 == 1 ? bands : bands - 1
    let width = max(1, min(window, longest))
    self.bands = bands
    self.window = width
    let order = min(order, width - 1)
    let half = Double(max(1, width / 2))
    // Positions from −1 to 1 keep the powers near each other.
    let positions = (0..<width).map { (Double($0) - Double(width / 2)) / half }
    // Least squares: coefficients = (AᵀA)⁻¹ Aᵀ y with A[i][k] = positionᵢᵏ.
    let moments = (0...order).map { row in
      (0...order).map { column in
        positions.reduce(0) { $0 + pow($1, Double(row + column)) }
      }
    }
    let inverse = Self.inverse(moments)
    let scale = pow(half, Double(-derivative))
    weights = positions.flatMap { at in
      positions.map { position in
        var weight = 0.0
        for row in 0...order where row >= derivative {
          let falling = (0..<derivative).reduce(1.0) { $0 * Double(row - $1) }
          let slope = falling * pow(at, Double(row - derivative))
          for column in 0...order {
            weight += slope * inverse[row][column] * pow(position, Double(column))
          }
        }
        return Float(weight * scale)
      }
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
