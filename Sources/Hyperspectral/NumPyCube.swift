import Diagnostics
import Foundation
import Tensors
import Units

/// A cube as NumPy stores it, `[lines, samples, bands]` in either of NumPy's orders.
struct NumPyCube: CubeReader {
  let shape: CubeShape
  let wavelengths: [Wavelength]?
  let wavelengthFilesSought: [String]
  let files: [URL]
  private let layout: NumPyLayout
  private let stored: PositionedFile

  init(_ file: URL) throws {
    stored = try PositionedFile(file)
    layout = try NumPyLayout(of: stored)
    guard layout.shape.count == 3, layout.shape.allSatisfy({ $0 > 0 }) else {
      throw CubeError(file.relativePath, .shape(layout.shape))
    }
    shape = CubeShape(
      lines: layout.shape[0], samples: layout.shape[1], bands: layout.shape[2])
    let beside = try WavelengthFile.find(beside: file, bands: shape.bands)
    wavelengths = beside?.wavelengths
    wavelengthFilesSought = WavelengthFile.names(beside: file)
    files = [file] + (beside.map { [$0.file] } ?? [])
  }

  var name: String { stored.name }
  var numberType: ScalarType { layout.type }
  var interleave: Interleave { layout.isColumnMajor ? .bsq : .bip }
  var quantity: CubeQuantity { layout.type.isWhole ? .counts : .untold }

  var linesAtOnce: Int {
    guard layout.isColumnMajor else { return CubeFile.linesAtOnce(of: shape) }
    // The numbers of one line lie as far from each other as the file is long.
    return max(1, min(shape.lines, (64 << 20) / max(1, shape.valuesPerLine)))
  }

  private var lineBytes: Int { shape.valuesPerLine * layout.type.byteCount }

  var storedLine: StoredLine? {
    guard !layout.isColumnMajor else { return nil }
    return StoredLine(
      type: layout.type, byteOrder: layout.order, interleave: .bip, byteCount: lineBytes)
  }

  func readStored(lines: Range<Int>, into bytes: inout [UInt8]) throws {
    check(lines)
    precondition(storedLine != nil, "\(name): lines are not stored in one piece")
    let count = lines.count * lineBytes
    CubeFile.resize(&bytes, to: count, filler: 0)
    try stored.read(
      from: layout.offset + lines.lowerBound * lineBytes, into: &bytes, range: 0..<count)
  }

  func read(lines: Range<Int>, into values: inout [Float]) throws {
    check(lines)
    CubeFile.resize(&values, to: lines.count * shape.valuesPerLine, filler: 0)
    guard layout.isColumnMajor else {
      var bytes: [UInt8] = []
      try readStored(lines: lines, into: &bytes)
      layout.type.decode(bytes, order: layout.order, into: &values)
      return
    }
    guard !lines.isEmpty else { return }
    try readColumns(lines: lines, into: &values)
  }

  /// Column-major: the file holds bands, then samples, then lines; a band at a time is in memory.
  private func readColumns(lines: Range<Int>, into values: inout [Float]) throws {
    let size = layout.type.byteCount
    // From the first to the last of the wanted numbers of a band.
    let span = (shape.samples - 1) * shape.lines + lines.count
    var bytes = [UInt8](repeating: 0, count: span * size)
    var plane = [Float](repeating: 0, count: span)
    for band in 0..<shape.bands {
      let first = band * shape.samples * shape.lines + lines.lowerBound
      try stored.read(from: layout.offset + first * size, into: &bytes, range: 0..<bytes.count)
      layout.type.decode(bytes, order: layout.order, into: &plane)
      for line in 0..<lines.count {
        for sample in 0..<shape.samples {
          values[(line * shape.samples + sample) * shape.bands + band] =
            plane[sample * shape.lines + line]
        }
      }
    }
  }
}
