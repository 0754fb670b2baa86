import CLAPACK

/// Mean of each column of `[rows, columns]`.
func columnMeans(_ rows: [Float], columns: Int) -> [Double] {
  var sums = [Double](repeating: 0, count: columns)
  for start in stride(from: 0, to: rows.count, by: columns) {
    for column in 0..<columns { sums[column] += Double(rows[start + column]) }
  }
  let share = Double(columns) / Double(max(columns, rows.count))
  return sums.map { $0 * share }
}

/// Sum of the outer products of rows minus `center`, `[columns, columns]`.
func scatter(_ rows: [Float], columns: Int, around center: [Double]) -> [Double] {
  var sums = [Double](repeating: 0, count: columns * columns)
  var difference = [Double](repeating: 0, count: columns)
  for start in stride(from: 0, to: rows.count, by: columns) {
    for column in 0..<columns { difference[column] = Double(rows[start + column]) - center[column] }
    addOuterProduct(difference, to: &sums)
  }
  for i in 0..<columns { for j in 0..<i { sums[i * columns + j] = sums[j * columns + i] } }
  return sums
}

/// Adds the upper triangle of `vector` times itself.
private func addOuterProduct(_ vector: [Double], to sums: inout [Double]) {
  let count = vector.count
  let x = vector.span
  var target = sums.mutableSpan
  for i in 0..<count where x[i] != 0 {
    let own = x[i]
    for j in i..<count { target[unchecked: i * count + j] += own * x[unchecked: j] }
  }
}

/// Eigenvalues in ascending order and the eigenvectors, one after another, of a symmetric matrix.
func symmetricEigen(_ matrix: [Double], size: Int) -> (values: [Double], vectors: [Double]) {
  var vectors = matrix
  var values = [Double](repeating: 0, count: size)
  // Column-major: each eigenvector is contiguous; for a symmetric input the order of reading
  // is the same.
  let status = LAPACKE_dsyevd(
    LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")), Int32(size),
    &vectors, Int32(size), &values)
  precondition(status == 0, "LAPACK dsyevd: status \(status)")
  return (values, vectors)
}

/// Solves `matrix · x = right` for a symmetric positive definite matrix.
func solve(_ matrix: [Double], size: Int, right: [Double]) -> [Double] {
  var factor = matrix
  var x = right
  let status = LAPACKE_dposv(
    LAPACK_COL_MAJOR, CChar(UInt8(ascii: "U")), Int32(size), 1, &factor, Int32(size), &x,
    Int32(size))
  precondition(status == 0, "LAPACK dposv: status \(status)")
  return x
}

func dot(_ first: [Double], _ second: [Double]) -> Double {
  zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
}
