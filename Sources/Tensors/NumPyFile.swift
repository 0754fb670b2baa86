import Diagnostics
import Foundation

/// An array as NumPy stores it, its numbers as `Float` in row-major order.
public struct NumPyArray: Sendable, Equatable {
  /// The extents, slowest first; empty for a single number.
  public let shape: [Int]
  public let values: [Float]
  /// How the numbers were stored.
  public let type: ScalarType

  public init(shape: [Int], values: [Float], type: ScalarType) {
    let wanted = shape.reduce(1, *)
    precondition(values.count == wanted, "array \(shape): \(values.count) values")
    self.shape = shape
    self.values = values
    self.type = type
  }

  public var tensor: Tensor { Tensor(shape: shape, values: values) }
}

/// Reads and writes `.npy` files: whole and floating types, either byte order, either layout.
///
/// Source: NumPy developers, *numpy.lib.format*, format versions 1.0, 2.0 and 3.0.
public enum NumPyFile {
  /// The largest file that is read: 8 GiB.
  public static let fileLimit = 8 << 30

  static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

  /// The array in `file`, row-major.
  public static func read(_ file: URL) throws -> NumPyArray {
    try decode(BoundedFile.read(file, limit: fileLimit), place: file.relativePath)
  }

  /// As `read`, from bytes at hand; `place` names them in errors.
  public static func decode(_ bytes: Data, place: String) throws(NumPyError) -> NumPyArray {
    let bytes = bytes.startIndex == 0 ? bytes : Data(bytes)
    let layout = try NumPyLayout(
      start: [UInt8](bytes.prefix(NumPyLayout.headerLimit)), size: bytes.count, place: place)
    var values = layout.type.decoded(bytes[layout.offset...], order: layout.order)
    if layout.isColumnMajor { values = rowMajor(values, shape: layout.shape) }
    return NumPyArray(shape: layout.shape, values: values, type: layout.type)
  }

  /// Writes the array in its own type, row-major, little endian, format version 1.0.
  public static func write(_ array: NumPyArray, to file: URL) throws {
    try AtomicFile.write(encode(array), to: file)
  }

  /// Writes the tensor as 4-byte floating numbers.
  public static func write(_ tensor: Tensor, to file: URL) throws {
    try write(NumPyArray(shape: tensor.shape, values: tensor.values, type: .float32), to: file)
  }

  /// The bytes of the file that `write` writes.
  public static func encode(_ array: NumPyArray) -> Data {
    precondition(array.type != .bfloat16, "NumPy has no bfloat16")
    let extents =
      array.shape.map(String.init).joined(separator: ", ") + (array.shape.count == 1 ? "," : "")
    // One byte of truth and one of a number are the same to us; NumPy must get the number.
    let code = NumPyHeader.codes.first { $0.value == array.type && $0.key != "b1" }?.key ?? "f4"
    let order = array.type.byteCount == 1 ? "|" : "<"
    var text = "{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': (\(extents)), }"
    text += String(repeating: " ", count: (64 - (10 + text.utf8.count + 1) % 64) % 64) + "\n"
    precondition(text.utf8.count < 1 << 16, "array \(array.shape): too many extents")
    var bytes = Data(magic + [1, 0, UInt8(text.utf8.count & 255), UInt8(text.utf8.count >> 8)])
    bytes.append(Data(text.utf8))
    bytes.append(array.type.encoded(array.values))
    return bytes
  }

  /// Column-major numbers in row-major order.
  private static func rowMajor(_ values: [Float], shape: [Int]) -> [Float] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    var ordered: [Float] = []
    ordered.reserveCapacity(values.count)
    while ordered.count < values.count {
      ordered.append(values[source])
      for axis in shape.indices.reversed() {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
    return ordered
  }
}

/// Why a `.npy` file was refused.
public struct NumPyError: Explained, Equatable {
  /// What is wrong, with the values found.
  public enum Reason: Equatable, Sendable {
    case notNumPy
    case version(Int)
    case headerCut
    case header(String)
    case structured
    case type(String)
    case shape([Int])
    case size(shape: [Int], bytes: Int, wanted: Int, found: Int)
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .notNumPy: "does not begin as a .npy file does"
    case .version(let found): "has the format version \(found), 1 to 3 are known"
    case .headerCut: "ends inside its header"
    case .header(let found): "the header is not a Python dictionary as NumPy writes it: \(found)"
    case .structured: "holds records of several fields, plain numbers were wanted"
    case .type(let found): "holds the type '\(found)', whole or floating numbers were wanted"
    case .shape(let shape): "has the impossible shape \(shape)"
    case .size(let shape, let bytes, let wanted, let found):
      "the shape \(shape) of \(bytes)-byte numbers wants \(wanted) bytes, \(found) follow"
    }
  }

  public var remedy: String? {
    switch reason {
    case .notNumPy: "save one array with numpy.save; an .npz archive is not read"
    case .version, .header, .shape: "save the array again with numpy.save"
    case .headerCut, .size: "the file was cut short or is damaged: copy it again"
    case .structured: "save each field as an array of its own"
    case .type: "save array.astype('float32') instead"
    }
  }
}
