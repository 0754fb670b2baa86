import CLAPACK
import Foundation
import Tensors

/// Parameters that make the squares of residuals smallest, and how well they are known.
///
/// cminpack finds them. Covariance: Press et al., *Numerical Recipes*, 2007, section 15.6.
struct LeastSquaresFit: Sendable {
  private(set) var parameters: [Double]
  private(set) var residuals: [Double]
  /// Inverse of `Jᵀ·J`, `[parameters, parameters]`.
  private(set) var cofactors: [Double] = []

  var count: Int { parameters.count }
  /// Residuals beyond those that the parameters take up.
  var freedom: Int { max(1, residuals.count - count) }
  /// Variance of one residual, from all of them.
  var variance: Double { residuals.reduce(0) { $0 + $1 * $1 } / Double(freedom) }

  /// Walks from `start` to the nearest least sum of squares; nil where the residuals do not
  /// determine the parameters.
  ///
  /// - Parameters:
  ///   - steps: how far each parameter is moved to see what it does.
  ///   - residuals: as many for any parameters.
  init?(
    from start: [Double], steps: [Double], residuals function: ([Double]) -> [Double]
  ) {
    precondition(steps.count == start.count, "fit: \(steps.count) steps, \(start.count) wanted")
    let count = function(start).count
    guard count >= start.count else { return nil }
    let minimum = withoutActuallyEscaping(function) { function in
      LeastSquares(
        residualCount: count, residuals: { $1 = function($0) },
        derivatives: { parameters, columns in
          columns = Self.derivatives(parameters, steps, function).flatMap { $0 }
        }
      ).minimum(from: start)
    }
    (parameters, residuals) = (minimum.parameters, minimum.residuals)
    guard parameters.allSatisfy(\.isFinite), residuals.allSatisfy(\.isFinite) else { return nil }
    let columns = Self.derivatives(parameters, steps, function)
    guard let inverse = Self.inverse(of: Self.products(of: columns), size: columns.count) else {
      return nil
    }
    cofactors = inverse
  }

  /// Deviation of a parameter.
  func deviation(_ index: Int) -> Double {
    (variance * max(0, cofactors[index * count + index])).squareRoot()
  }

  /// Parameters as they might be as well: draws around the fit, as wide as it is uncertain.
  ///
  /// The few residuals of a small fit make its own variance uncertain; each draw has its own
  /// (Student's distribution with `freedom` degrees).
  func draws(_ wanted: Int, seed: UInt64 = 0) -> [[Double]] {
    guard let root = Self.root(of: cofactors, size: count) else { return [] }
    var random = SplitMix64(seed: seed, purpose: "draws of a fit")
    let deviation = variance.squareRoot()
    return (0..<wanted).map { _ in
      let scale = deviation * random.nextStudentScale(freedom)
      let normal = (0..<count).map { _ in random.nextNormal() }
      return (0..<count).map { row in
        let sum = (0...row).reduce(0) { $0 + root[row * count + $1] * normal[$1] }
        return parameters[row] + scale * sum
      }
    }
  }

  /// How the residuals change with each parameter.
  private static func derivatives(
    _ parameters: [Double], _ steps: [Double], _ function: ([Double]) -> [Double]
  ) -> [[Double]] {
    parameters.indices.map { index in
      var (low, high) = (parameters, parameters)
      low[index] -= steps[index]
      high[index] += steps[index]
      let scale = 1 / (2 * steps[index])
      return zip(function(high), function(low)).map { ($0 - $1) * scale }
    }
  }

  /// `Jᵀ·J`.
  private static func products(of columns: [[Double]]) -> [Double] {
    let count = columns.count
    var normal = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in 0...row {
        let product = dot(columns[row], columns[column])
        normal[row * count + column] = product
        normal[column * count + row] = product
      }
    }
    return normal
  }

  private static func dot(_ first: [Double], _ second: [Double]) -> Double {
    var sum = 0.0
    for index in first.indices { sum += first[index] * second[index] }
    return sum
  }

  /// The solution of a symmetric, positive definite system of equations, if it is one.
  static func solved(_ matrix: [Double], _ right: [Double]) -> [Double]? {
    let size = right.count
    // Parameters differ by many orders of magnitude; scaled to a diagonal of 1 they do not.
    let scales = (0..<size).map { 1 / max(matrix[$0 * size + $0], 1e-300).squareRoot() }
    var factor = matrix
    for row in 0..<size {
      for column in 0..<size { factor[row * size + column] *= scales[row] * scales[column] }
    }
    var solution = zip(right, scales).map { $0 * $1 }
    let status = LAPACKE_dposv(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(size), 1, &factor, Int32(size), &solution,
      Int32(size))
    guard status == 0 else { return nil }
    let result = zip(solution, scales).map { $0 * $1 }
    return result.allSatisfy(\.isFinite) ? result : nil
  }

  /// The inverse of a symmetric, positive definite matrix, if it is one.
  static func inverse(of matrix: [Double], size: Int) -> [Double]? {
    var columns: [Double] = []
    for column in 0..<size {
      var unit = [Double](repeating: 0, count: size)
      unit[column] = 1
      guard let solution = solved(matrix, unit) else { return nil }
      columns += solution
    }
    return columns
  }

  /// The lower triangle whose product with its transpose is the matrix, row-major.
  static func root(of matrix: [Double], size: Int) -> [Double]? {
    let scales = (0..<size).map { max(matrix[$0 * size + $0], 1e-300).squareRoot() }
    var factor = matrix
    for row in 0..<size {
      for column in 0..<size { factor[row * size + column] /= scales[row] * scales[column] }
    }
    // Row-major lower is column-major upper.
    let status = LAPACKE_dpotrf(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(size), &factor, Int32(size))
    guard status == 0 else { return nil }
    for row in 0..<size {
      for column in 0..<size {
        factor[row * size + column] = column <= row ? factor[row * size + column] * scales[row] : 0
      }
    }
    return factor
  }
}

extension SplitMix64 {
  /// What a normal number is to be multiplied by to become one of Student's with `freedom`
  /// degrees: √(freedom / χ²).
  mutating func nextStudentScale(_ freedom: Int) -> Double {
    // Beyond a few hundred degrees the square sum is normal to a part in a thousand.
    if freedom > 200 {
      return 1 / max(0.5, 1 + nextNormal() / (2 * Double(freedom)).squareRoot())
    }
    let squares = (0..<freedom).reduce(0.0) { sum, _ in
      let number = nextNormal()
      return sum + number * number
    }
    return (Double(freedom) / max(squares, 1e-12)).squareRoot()
  }
}

/// Values in their order.
enum Ranks {
  /// The value that `share` of `values` stay at or below.
  static func quantile(_ share: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .infinity }
    let place = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return sorted[min(max(place, 0), sorted.count - 1)]
  }

  /// A value that `share` of what `draws` were drawn from stay below: the quantile, and a deviation
  /// more for their number.
  static func bound(_ share: Double, of draws: [Double]) -> Double {
    let deviation = (share * (1 - share) / Double(max(1, draws.count))).squareRoot()
    return quantile(min(1, share + deviation), of: draws)
  }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

/// Deviation of `values` told by the middle half of them: outliers do not count.
func robustDeviation(_ values: [Double]) -> Double {
  let middle = Ranks.median(values)
  return 1.4826 * Ranks.median(values.map { abs($0 - middle) })
}

/// Half the width of the 95 % interval in deviations, for a mean of few values.
///
/// Source: Abramowitz, Stegun, *Handbook of Mathematical Functions*, 1964, 26.7.5 (Student's
/// quantile from the normal one); exact to 0.5 % from three degrees on, the first two by table.
func studentFactor(_ freedom: Int) -> Double {
  switch freedom {
  case ..<1: return .infinity
  case 1: return 12.706
  case 2: return 4.303
  default:
    let z = 1.959964
    let n = Double(freedom)
    let z2 = z * z
    let first = z * (z2 + 1) / 4
    let second = z * ((5 * z2 + 16) * z2 + 3) / 96
    let third = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384
    return z + first / n + second / (n * n) + third / (n * n * n)
  }
}
