/// Writes the `rows` × `columns` numbers of `source` that begin at `start` as `columns` × `rows`
/// numbers into `target`, at the same place.
func transpose(
  _ source: [Float], rows: Int, columns: Int, into target: inout [Float], at start: Int
) {
  let end = start + rows * columns
  precondition(
    start >= 0 && end <= source.count && end <= target.count,
    "transposition: \(rows) × \(columns) at \(start) of \(source.count) and \(target.count)")
  // Blocks whose rows of both sides stay in the nearest cache.
  let block = 16
  let source = source.span
  var target = target.mutableSpan
  for firstRow in stride(from: 0, to: rows, by: block) {
    let lastRow = min(firstRow + block, rows)
    for firstColumn in stride(from: 0, to: columns, by: block) {
      for column in firstColumn..<min(firstColumn + block, columns) {
        for row in firstRow..<lastRow {
          target[start + column * rows + row] = source[start + row * columns + column]
        }
      }
    }
  }
}
