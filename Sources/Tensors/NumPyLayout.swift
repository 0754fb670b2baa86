import Diagnostics
import Foundation

/// What the beginning of a `.npy` file says about the numbers behind it.
public struct NumPyLayout: Sendable, Equatable {
  /// The extents, slowest first in row-major order; empty for a single number.
  public let shape: [Int]
  public let type: ScalarType
  public let order: ByteOrder
  /// Whether the first extent runs fastest (`fortran_order`).
  public let isColumnMajor: Bool
  /// Bytes in front of the numbers.
  public let offset: Int

  /// The longest header that is read: 1 MiB.
  static let headerLimit = 1 << 20

  /// Reads the header of an open file, and checks that the numbers behind it are all there.
  public init(of file: PositionedFile) throws {
    var start = [UInt8](repeating: 0, count: min(file.size, Self.headerLimit))
    try file.read(from: 0, into: &start, range: 0..<start.count)
    try self.init(start: start, size: file.size, place: file.name)
  }

  /// `start` is the beginning of a file of `size` bytes.
  init(start bytes: [UInt8], size: Int, place: String) throws(NumPyError) {
    guard bytes.starts(with: NumPyFile.magic) else { throw NumPyError(place, .notNumPy) }
    guard bytes.count >= 12 else { throw NumPyError(place, .headerCut) }
    let version = bytes[6]
    guard (1...3).contains(version) else { throw NumPyError(place, .version(Int(version))) }
    let start = version == 1 ? 10 : 12
    let length = (8..<start).reduce(0) { $0 | Int(bytes[$1]) << (8 * ($1 - 8)) }
    guard length <= bytes.count - start else { throw NumPyError(place, .headerCut) }
    let header = try NumPyHeader(
      String(decoding: bytes[start..<(start + length)], as: UTF8.self), place: place)
    let wanted = try header.byteCount(place: place)
    guard size - start - length == wanted else {
      throw NumPyError(
        place,
        .size(
          shape: header.shape, bytes: header.type.byteCount, wanted: wanted,
          found: size - start - length))
    }
    shape = header.shape
    type = header.type
    order = header.order
    isColumnMajor = header.isColumnMajor
    offset = start + length
  }
}
