import Foundation
import Tensors
import Units

/// A cube of a format that cannot be read line by line: it is in memory from the beginning.
struct HeldCube: CubeReader {
  let name: String
  let shape: CubeShape
  let wavelengths: [Wavelength]?
  let numberType: ScalarType
  let interleave: Interleave
  let notes: [String]
  let files: [URL]
  let wavelengthFilesSought: [String]
  /// `[lines, samples, bands]`.
  let values: [Float]

  var quantity: CubeQuantity { numberType.isWhole ? .counts : .untold }

  func read(lines: Range<Int>, into target: inout [Float]) throws {
    check(lines)
    let row = shape.valuesPerLine
    let part = (lines.lowerBound * row)..<(lines.upperBound * row)
    CubeFile.resize(&target, to: part.count, filler: 0)
    target.replaceSubrange(0..<part.count, with: values[part])
  }

  /// The most bytes of numbers that a file of `size` bytes can justify: what deflate, the usual
  /// compression, can shrink most, and a little for files of almost nothing.
  static func bound(ofFile size: Int) -> Int {
    let (product, overflows) = size.multipliedReportingOverflow(by: 1100)
    return overflows ? .max : product + (1 << 16)
  }
}
