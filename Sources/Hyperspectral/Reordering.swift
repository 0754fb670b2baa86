import Tensors

/// Puts the numbers of some lines into another order, bit for bit.
///
/// `source` and the result hold all of `shape`, so that `bsq` means bands, these lines, samples.
/// Where the byte orders differ, the bytes of each number are turned round.
func reordered(
  _ source: [UInt8], shape: CubeShape, type: ScalarType,
  from: (interleave: Interleave, order: ByteOrder), to: (interleave: Interleave, order: ByteOrder)
) -> [UInt8] {
  precondition(
    source.count == shape.lines * shape.valuesPerLine * type.byteCount,
    "reordering: \(source.count) bytes of \(shape) of \(type)")
  if from == to { return source }
  var target = [UInt8](repeating: 0, count: source.count)
  let order = NumberOrder(shape: shape, from: from.interleave, to: to.interleave)
  let swaps = from.order != to.order
  switch type.byteCount {
  case 1: order.move(source, UInt8.self, swaps: false, into: &target)
  case 2: order.move(source, UInt16.self, swaps: swaps, into: &target)
  case 4: order.move(source, UInt32.self, swaps: swaps, into: &target)
  default: order.move(source, UInt64.self, swaps: swaps, into: &target)
  }
  return target
}

/// Each change of order is a number of equal matrices whose rows become columns.
private struct NumberOrder {
  /// Matrices of `rows` × `columns` items.
  private let matrices: Int
  private let rows: Int
  private let columns: Int
  /// Numbers of an item, which stay together.
  private let run: Int

  init(shape: CubeShape, from: Interleave, to: Interleave) {
    let (lines, samples, bands) = (shape.lines, shape.samples, shape.bands)
    (matrices, rows, columns, run) =
      switch (from, to) {
      case (.bil, .bip): (lines, bands, samples, 1)
      case (.bip, .bil): (lines, samples, bands, 1)
      case (.bip, .bsq): (1, lines * samples, bands, 1)
      case (.bsq, .bip): (1, bands, lines * samples, 1)
      case (.bil, .bsq): (1, lines, bands, samples)
      case (.bsq, .bil): (1, bands, lines, samples)
      default: (1, 1, 1, lines * samples * bands)
      }
  }

  func move<Number: FixedWidthInteger & BitwiseCopyable>(
    _ source: [UInt8], _ type: Number.Type, swaps: Bool, into target: inout [UInt8]
  ) {
    let size = MemoryLayout<Number>.size
    var numbers = target.mutableSpan
    var target = numbers.mutableBytes
    if run == 1 {
      transpose(
        source.span.bytes, matrices: matrices, rows: rows, columns: columns, width: size,
        into: &target)
    } else {
      moveRuns(source.span.bytes, type, into: &target)
    }
    guard swaps else { return }
    for place in stride(from: 0, to: target.byteCount, by: size) {
      let number = target.unsafeLoadUnaligned(fromByteOffset: place, as: Number.self)
      target.storeBytes(of: number.byteSwapped, toByteOffset: place, as: Number.self)
    }
  }

  private func moveRuns<Number: BitwiseCopyable>(
    _ source: RawSpan, _ type: Number.Type, into target: inout MutableRawSpan
  ) {
    let size = MemoryLayout<Number>.size
    for matrix in 0..<matrices {
      let start = matrix * rows * columns
      for column in 0..<columns {
        for row in 0..<rows {
          let from = (start + row * columns + column) * run * size
          let to = (start + column * rows + row) * run * size
          for place in stride(from: 0, to: run * size, by: size) {
            let number = source.unsafeLoadUnaligned(fromByteOffset: from + place, as: type)
            target.storeBytes(of: number, toByteOffset: to + place, as: type)
          }
        }
      }
    }
  }
}
