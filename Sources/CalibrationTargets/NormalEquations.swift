import CLAPACK

/// The sums of a weighted least-squares problem: `Σ w a aᵀ` and `Σ w a b` of its rows.
struct NormalEquations {
  let size: Int
  private var matrix: [Double]
  private var right: [Double]

  init(size: Int) {
    self.size = size
    matrix = [Double](repeating: 0, count: size * size)
    right = [Double](repeating: 0, count: size)
  }

  /// Adds one equation `row · x = value`.
  mutating func add(_ row: [Double], _ value: Double, weight: Double = 1) {
    for i in 0..<size {
      let scaled = weight * row[i]
      right[i] += scaled * value
      for j in i..<size { matrix[j * size + i] += scaled * row[j] }
    }
  }

  /// Makes the diagonal larger by a share, as Levenberg and Marquardt do.
  func damped(by share: Double) -> NormalEquations {
    var damped = self
    for i in 0..<size { damped.matrix[i * size + i] *= 1 + share }
    return damped
  }

  /// The solution, and the inverse of the matrix row by row; nil where it is singular.
  func solution() -> (x: [Double], inverse: [Double])? {
    var factor = matrix
    var columns = right
    for i in 0..<size {
      for j in 0..<size { columns.append(i == j ? 1 : 0) }
    }
    // Entries [j · size + i] with i ≤ j are the upper triangle where columns are contiguous.
    let status = LAPACKE_dposv(
      LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(size), Int32(size + 1), &factor,
      Int32(size), &columns, Int32(size))
    guard status == 0, columns.allSatisfy(\.isFinite) else { return nil }
    return (Array(columns[..<size]), Array(columns[size...]))
  }
}
