import CNumberTiles

/// Writes each of `matrices` of `rows` × `columns` numbers of `width` bytes, stored one behind the
/// other, as `columns` × `rows`.
///
/// Lines of counts `[bands, samples]` become `[samples, bands]`, or the other way round; so does
/// a whole band-sequential cube, `[bands, pixels]`. The bytes of a number stay in their order.
public func transpose(
  _ numbers: RawSpan, matrices: Int = 1, rows: Int, columns: Int, width: Int,
  into target: inout MutableRawSpan
) {
  precondition(
    matrices >= 0 && rows >= 0 && columns >= 0
      && numbers.byteCount == matrices * rows * columns * width
      && target.byteCount == numbers.byteCount,
    "transposition: \(matrices) × \(rows) × \(columns) of \(width) bytes, \(numbers.byteCount)"
      + " into \(target.byteCount)")
  let streams = numbers.byteCount >= TranspositionKernel.largeByteCount
  numbers.withUnsafeBytes { source in
    target.withUnsafeMutableBytes { target in
      guard let from = source.baseAddress, let to = target.baseAddress else { return }
      for matrix in 0..<matrices {
        let start = matrix * rows * columns * width
        let kernel = TranspositionKernel(
          source: from + start, target: to + start, rows: rows, columns: columns)
        switch width {
        case 1: kernel.run(UInt8.self, tile: 1) { _, _ in }
        case 2 where streams: kernel.stream16()
        case 2: kernel.run16()
        case 4: kernel.run(UInt32.self, tile: 4, kernel.tile4)
        case 8: kernel.run(UInt64.self, tile: 1) { _, _ in }
        default: preconditionFailure("transposition: numbers of \(width) bytes")
        }
      }
    }
  }
}

/// Writes the `rows` × `columns` numbers of `source` that begin at `start` as `columns` × `rows`
/// numbers into `target`, at the same place.
func transpose(
  _ source: [Float], rows: Int, columns: Int, into target: inout [Float], at start: Int
) {
  let end = start + rows * columns
  precondition(
    start >= 0 && end <= source.count && end <= target.count,
    "transposition: \(rows) × \(columns) at \(start) of \(source.count) and \(target.count)")
  source.withUnsafeBytes { source in
    target.withUnsafeMutableBytes { target in
      guard let from = source.baseAddress, let to = target.baseAddress else { return }
      let kernel = TranspositionKernel(
        source: from + 4 * start, target: to + 4 * start, rows: rows, columns: columns)
      kernel.run(UInt32.self, tile: 4, kernel.tile4)
    }
  }
}

/// Tiles that fit into registers, in panels whose rows are whole lines of the cache.
private struct TranspositionKernel {
  let source: UnsafeRawPointer
  let target: UnsafeMutableRawPointer
  let rows: Int
  let columns: Int

  /// From here on the target is in no cache of a core when it is read again, and need not pass
  /// through one.
  static let largeByteCount = 1 << 23

  func stream16() {
    guard number_tiles_are_fast() != 0 else {
      run16()
      return
    }
    number_tiles_turn(
      source.assumingMemoryBound(to: UInt16.self), target.assumingMemoryBound(to: UInt16.self),
      rows, columns)
  }

  func run16() { run(UInt16.self, tile: 8, tile8) }

  /// `square` moves the tile of `tile` × `tile` numbers at a row and a column; what is left over
  /// at the edges, or all where the tile is 1, goes number by number.
  @inline(__always)
  func run<Number: FixedWidthInteger>(
    _ type: Number.Type, tile: Int, _ square: (_ row: Int, _ column: Int) -> Void
  ) {
    let size = MemoryLayout<Number>.size
    let panel = max(tile, 64 / size)
    let whole = tile > 1 ? (rows / tile * tile, columns / tile * tile) : (0, 0)
    for first in stride(from: 0, to: whole.1, by: panel) {
      for row in stride(from: 0, to: whole.0, by: tile) {
        for column in stride(from: first, to: min(first + panel, whole.1), by: tile) {
          square(row, column)
        }
      }
    }
    let from = source.assumingMemoryBound(to: Number.self)
    let to = target.assumingMemoryBound(to: Number.self)
    // Blocks whose rows of both sides stay in the nearest cache.
    let left = whole.0 == rows ? whole.1 : 0  // Tiles took all rows of the columns before.
    for firstColumn in stride(from: left, to: columns, by: 16) {
      for firstRow in stride(from: 0, to: rows, by: 16) {
        let lastRow = min(firstRow + 16, rows)
        for column in firstColumn..<min(firstColumn + 16, columns) {
          let start = column < whole.1 ? max(firstRow, whole.0) : firstRow
          guard start < lastRow else { continue }
          for row in start..<lastRow { to[column * rows + row] = from[row * columns + column] }
        }
      }
    }
  }

  @inline(__always) func tile8(_ row: Int, _ column: Int) {
    @inline(__always) func load(_ number: Int) -> SIMD8<UInt16> {
      (source + 2 * ((row + number) * columns + column)).loadUnaligned(as: SIMD8<UInt16>.self)
    }
    @inline(__always) func store(_ eight: SIMD8<UInt16>, _ number: Int) {
      (target + 2 * ((column + number) * rows + row)).storeBytes(
        of: eight, as: SIMD8<UInt16>.self)
    }
    let tile = Tile8(
      a: load(0), b: load(1), c: load(2), d: load(3), e: load(4), f: load(5), g: load(6),
      h: load(7)
    ).transposed
    store(tile.a, 0)
    store(tile.b, 1)
    store(tile.c, 2)
    store(tile.d, 3)
    store(tile.e, 4)
    store(tile.f, 5)
    store(tile.g, 6)
    store(tile.h, 7)
  }

  @inline(__always) func tile4(_ row: Int, _ column: Int) {
    @inline(__always) func load(_ number: Int) -> SIMD4<Float> {
      (source + 4 * ((row + number) * columns + column)).loadUnaligned(as: SIMD4<Float>.self)
    }
    @inline(__always) func store(_ four: SIMD4<Float>, _ number: Int) {
      (target + 4 * ((column + number) * rows + row)).storeBytes(
        of: four, as: SIMD4<Float>.self)
    }
    let tile = Tile4(a: load(0), b: load(1), c: load(2), d: load(3)).transposed
    store(tile.a, 0)
    store(tile.b, 1)
    store(tile.c, 2)
    store(tile.d, 3)
  }
}
