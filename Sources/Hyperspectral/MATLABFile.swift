import CMATIO
import Diagnostics
import Foundation
import Tensors

/// A variable of a MATLAB file, without its numbers.
struct MATLABVariable: Equatable {
  /// What MATLAB calls its class, such as `double` or `struct`.
  let kind: String
  let name: String
  /// The extents; the first one runs fastest.
  let extents: [Int]
  /// How a number is stored in memory; nil for what is not a plain array of numbers.
  let type: ScalarType?
  let isComplex: Bool

  /// Numbers in all, or as many as can be counted.
  var count: Int {
    extents.reduce(1) { product, extent in
      let (next, overflows) = product.multipliedReportingOverflow(by: extent)
      return overflows ? .max : next
    }
  }

  /// `156 × 9025 double`.
  var description: String {
    "\(extents.map(String.init).joined(separator: " × ")) \(isComplex ? "complex " : "")\(kind)"
  }
}

/// A MATLAB file of level 4, 5 or 7.3: the one file that talks to libmatio.
///
/// The library works in a child process, which a damaged file may end without harm to this one.
struct MATLABFile {
  let place: String
  private let path: String
  private let bound: Int

  init(_ file: URL) throws {
    place = file.relativePath
    path = file.path(percentEncoded: false)
    bound = HeldCube.bound(ofFile: try BoundedFile.size(of: file))
  }

  /// All variables, in their order.
  func variables() throws -> [MATLABVariable] {
    let child = try begin(nil, size: 0)
    var found: [MATLABVariable] = []
    var variable = mirage_mat_variable()
    let size = MemoryLayout<mirage_mat_variable>.size
    while mirage_mat_receive(child, &variable, size) == size {
      if let described = Self.describe(variable) { found.append(described) }
    }
    switch mirage_mat_end(child) {
    case 0: return found
    case 2:
      throw Complaint(
        place, "is not a MATLAB file, or its beginning is damaged",
        remedy: "save it again in MATLAB, with save(…, '-v7') or '-v7.3'")
    case 5:
      throw Complaint(
        place, "ends inside a variable", remedy: "the file was cut short: copy or save it again")
    case 6:
      throw Complaint(
        place, "holds compressed numbers whose check sum is wrong",
        remedy: "the file is damaged: copy or save it again")
    default:
      throw Complaint(
        place, "is damaged: its variables cannot be listed", remedy: "copy or save it again")
    }
  }

  /// The numbers of a variable, the first extent fastest.
  func values(of wanted: MATLABVariable) throws -> [Float] {
    guard let type = wanted.type, !wanted.isComplex else {
      preconditionFailure("MATLAB: \(wanted.name) is \(wanted.description)")
    }
    let (size, overflows) = wanted.count.multipliedReportingOverflow(by: type.byteCount)
    guard !overflows, size <= bound else {
      throw Complaint(
        place, "'\(wanted.name)' claims \(wanted.description) numbers, more than the file can hold",
        remedy: "the file is damaged: save it again")
    }
    let child = try begin(wanted.name, size: size)
    var bytes = [UInt8](repeating: 0, count: size)
    let received = mirage_mat_receive(child, &bytes, size)
    guard mirage_mat_end(child) == 0, received == size else {
      throw Complaint(
        place, "the numbers of '\(wanted.name)' cannot be read",
        remedy: "the file was cut short or is damaged: copy or save it again")
    }
    var values = [Float](repeating: 0, count: wanted.count)
    type.decode(bytes, into: &values)
    return values
  }

  private func begin(_ name: String?, size: Int) throws -> mirage_mat_child {
    // The numbers as they come, once more while libraries convert them, and room to work.
    let memory = 4 * min(bound, 1 << 40) + (256 << 20)
    let seconds = UInt32(clamping: 10 + bound / (50 << 20))
    let child =
      if let name {
        mirage_mat_begin(path, name, size, memory, seconds)
      } else {
        mirage_mat_begin(path, nil, 0, memory, seconds)
      }
    guard child.process > 0 else {
      throw Complaint(
        place, "no process could be started to read it: \(String(cString: strerror(errno)))",
        remedy: "free some memory, or end other programs")
    }
    return child
  }

  private static func describe(_ variable: mirage_mat_variable) -> MATLABVariable? {
    let name = withUnsafeBytes(of: variable.name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let extents = withUnsafeBytes(of: variable.extents) { bytes in
      (0..<Int(variable.rank)).compactMap {
        Int(exactly: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
    guard !name.isEmpty, !extents.isEmpty, extents.count == variable.rank else { return nil }
    let (kind, type) = classes[variable.class_type] ?? ("object", nil)
    return MATLABVariable(
      kind: variable.is_logical != 0 ? "logical" : kind, name: name, extents: extents, type: type,
      isComplex: variable.is_complex != 0)
  }

  private static let classes: [UInt32: (kind: String, type: ScalarType?)] = [
    MAT_C_CELL.rawValue: ("cell", nil), MAT_C_STRUCT.rawValue: ("struct", nil),
    MAT_C_CHAR.rawValue: ("char", nil), MAT_C_SPARSE.rawValue: ("sparse", nil),
    MAT_C_FUNCTION.rawValue: ("function", nil), MAT_C_DOUBLE.rawValue: ("double", .float64),
    MAT_C_SINGLE.rawValue: ("single", .float32), MAT_C_INT8.rawValue: ("int8", .int8),
    MAT_C_UINT8.rawValue: ("uint8", .uint8), MAT_C_INT16.rawValue: ("int16", .int16),
    MAT_C_UINT16.rawValue: ("uint16", .uint16), MAT_C_INT32.rawValue: ("int32", .int32),
    MAT_C_UINT32.rawValue: ("uint32", .uint32), MAT_C_INT64.rawValue: ("int64", .int64),
    MAT_C_UINT64.rawValue: ("uint64", .uint64),
  ]
}
