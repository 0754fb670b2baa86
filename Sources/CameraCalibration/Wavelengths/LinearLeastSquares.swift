import CLAPACK

/// A linear least squares problem: what its unknowns are, and how well they are known.
struct LinearLeastSquares {
  let solution: [Double]
  /// Inverse of the normal matrix, `[unknowns, unknowns]`: the covariance where each row was
  /// divided by the deviation of its value.
  let covariance: [Double]

  /// Solves `rows · x ≈ values`; nil where the rows do not determine the unknowns.
  ///
  /// Each row and its value are multiplied by the square root of its weight.
  init?(rows: [[Double]], values: [Double], weights: [Double]) {
    guard let count = rows.first?.count, rows.count >= count else { return nil }
    var normal = [Double](repeating: 0, count: count * count)
    var right = [Double](repeating: 0, count: count)
    for (row, (value, weight)) in zip(rows, zip(values, weights)) {
      for first in 0..<count {
        right[first] += weight * row[first] * value
        for second in 0...first {
          normal[first * count + second] += weight * row[first] * row[second]
        }
      }
    }
    let size = Int32(count)
    // Row-major lower triangles, as they were filled.
    guard
      LAPACKE_dposv(LAPACK_ROW_MAJOR, lower, size, 1, &normal, size, &right, 1) == 0,
      LAPACKE_dpotri(LAPACK_ROW_MAJOR, lower, size, &normal, size) == 0
    else { return nil }
    for first in 0..<count {
      for second in 0..<first {
        normal[second * count + first] = normal[first * count + second]
      }
    }
    guard right.allSatisfy(\.isFinite) else { return nil }
    solution = right
    covariance = normal
  }

  /// Variance of `row · solution`.
  func variance(of row: [Double]) -> Double {
    var sum = 0.0
    for first in row.indices {
      for second in row.indices {
        sum += row[first] * row[second] * covariance[first * row.count + second]
      }
    }
    return sum
  }
}

private let lower = CChar(UInt8(ascii: "L"))

/// A polynomial over −1…1, by its coefficients in rising order.
struct Polynomial: Sendable, Equatable {
  let coefficients: [Double]

  func callAsFunction(_ u: Double) -> Double {
    coefficients.reversed().reduce(0) { $0 * u + $1 }
  }

  /// The slope at `u`.
  func slope(at u: Double) -> Double {
    coefficients.enumerated().dropFirst().reversed().reduce(0) {
      $0 * u + Double($1.offset) * $1.element
    }
  }

  static func powers(of u: Double, order: Int) -> [Double] {
    var power = 1.0
    return (0...order).map { _ in
      defer { power *= u }
      return power
    }
  }
}
