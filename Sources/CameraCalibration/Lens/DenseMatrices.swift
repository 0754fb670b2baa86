import CLAPACK

/// The unit vector that a matrix `[rows, columns]` (row by row) makes shortest, and the matrix's
/// singular values, the largest first.
func shortestDirection(_ matrix: [Double], columns: Int) -> (vector: [Double], values: [Double]) {
  let rows = matrix.count / columns
  precondition(rows * columns == matrix.count, "null direction: \(matrix.count) numbers")
  var a = matrix
  var values = [Double](repeating: 0, count: min(rows, columns))
  var u = [Double](repeating: 0, count: 1)
  var vt = [Double](repeating: 0, count: columns * columns)
  var superdiagonal = [Double](repeating: 0, count: max(1, min(rows, columns)))
  let (none, all) = (CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "A")))
  let status = LAPACKE_dgesvd(
    LAPACK_ROW_MAJOR, none, all, Int32(rows), Int32(columns), &a, Int32(columns), &values, &u, 1,
    &vt, Int32(columns), &superdiagonal)
  precondition(status >= 0, "LAPACK dgesvd: status \(status)")
  return (Array(vt[(columns * (columns - 1))...]), values)
}

/// The rotation nearest to a 3 × 3 matrix (row by row), in the sense of Frobenius.
func nearestRotation(_ matrix: [Double]) -> [Double] {
  var a = matrix
  var values = [Double](repeating: 0, count: 3)
  var u = [Double](repeating: 0, count: 9)
  var vt = [Double](repeating: 0, count: 9)
  var superdiagonal = [Double](repeating: 0, count: 3)
  let all = CChar(UInt8(ascii: "A"))
  let status = LAPACKE_dgesvd(
    LAPACK_ROW_MAJOR, all, all, 3, 3, &a, 3, &values, &u, 3, &vt, 3, &superdiagonal)
  precondition(status >= 0, "LAPACK dgesvd: status \(status)")
  var rotation = product(u, vt)
  let determinant =
    rotation[0] * (rotation[4] * rotation[8] - rotation[5] * rotation[7])
    - rotation[1] * (rotation[3] * rotation[8] - rotation[5] * rotation[6])
    + rotation[2] * (rotation[3] * rotation[7] - rotation[4] * rotation[6])
  if determinant < 0 {
    for row in 0..<3 { u[3 * row + 2] = -u[3 * row + 2] }
    rotation = product(u, vt)
  }
  return rotation
}

/// Solves `matrix · x = right` for a symmetric positive definite matrix of the given size.
///
/// Nil where it is not one. `right` may have several columns, each contiguous.
func solvedPositive(_ matrix: [Double], size: Int, right: [Double]) -> [Double]? {
  var factor = matrix
  var x = right
  let status = LAPACKE_dposv(
    LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(size), Int32(right.count / size), &factor,
    Int32(size), &x, Int32(size))
  return status == 0 ? x : nil
}

/// The inverse of a symmetric positive definite matrix; nil where it is not one.
func inversePositive(_ matrix: [Double], size: Int) -> [Double]? {
  var unit = [Double](repeating: 0, count: size * size)
  for index in 0..<size { unit[index * size + index] = 1 }
  return solvedPositive(matrix, size: size, right: unit)
}
