import Diagnostics
import Foundation

/// Named tensors in one file: eight bytes of length, a JSON header, then the numbers.
///
/// Reads every whole and floating type into `Float`; writes F32. A file is refused unless its
/// tensors fill the bytes behind the header exactly, each byte once.
///
/// Source: Hugging Face, *Safetensors*, format description, 2023, and the checks that its
/// reference reader makes.
public enum Safetensors {
  /// The largest file that is read: 8 GiB.
  public static let fileLimit = 8 << 30
  /// The largest header that is read: 100 MB, the limit of the format.
  public static let headerLimit = 100_000_000

  private static let metadataKey = "__metadata__"

  /// Writes `tensors` in their order as F32; the same tensors give the same bytes.
  public static func write(
    _ tensors: [(String, Tensor)], metadata: [String: String] = [:], to file: URL
  ) throws {
    try AtomicFile.write(encode(tensors, metadata: metadata), to: file)
  }

  /// The file's bytes; names must differ from one another and from `__metadata__`.
  public static func encode(
    _ tensors: [(String, Tensor)], metadata: [String: String] = [:]
  ) throws -> Data {
    precondition(
      Set(tensors.map(\.0)).union([metadataKey]).count == tensors.count + 1,
      "safetensors: two tensors of one name, or one named \(metadataKey)")
    var entries: [String] = []
    if !metadata.isEmpty {
      entries.append("\"\(metadataKey)\":" + (try JSONFile.line(metadata)))
    }
    var offset = 0
    for (name, tensor) in tensors {
      let end = offset + tensor.count * ScalarType.float32.byteCount
      let entry = Entry(dtype: "F32", shape: tensor.shape, data_offsets: [offset, end])
      entries.append(try JSONFile.line(name) + ":" + (try JSONFile.line(entry)))
      offset = end
    }
    var header = Data("{\(entries.joined(separator: ","))}".utf8)
    header.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8))
    var bytes = Data((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) })
    bytes.reserveCapacity(8 + header.count + offset)
    bytes.append(header)
    for (_, tensor) in tensors { bytes.append(ScalarType.float32.encoded(tensor.values)) }
    return bytes
  }

  /// The tensors in the order of their numbers in the file, and the free text beside them.
  public static func read(
    _ file: URL
  ) throws -> (tensors: [(String, Tensor)], metadata: [String: String]) {
    try decode(BoundedFile.read(file, limit: fileLimit), place: file.relativePath)
  }

  /// As `read`, from bytes at hand; `place` names them in errors.
  public static func decode(
    _ bytes: Data, place: String
  ) throws(SafetensorsError) -> (tensors: [(String, Tensor)], metadata: [String: String]) {
    let bytes = bytes.startIndex == 0 ? bytes : Data(bytes)
    func refusal(_ reason: SafetensorsError.Reason) -> SafetensorsError {
      SafetensorsError(place, reason)
    }
    guard bytes.count >= 8 else { throw refusal(.noLength(found: bytes.count)) }
    let declared = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard declared <= headerLimit else { throw refusal(.headerTooLong(declared)) }
    let headerCount = Int(declared)
    guard headerCount <= bytes.count - 8 else {
      throw refusal(.headerCut(declared: headerCount, found: bytes.count - 8))
    }
    let start = 8 + headerCount
    let header: Header
    do {
      header = try JSONFile.decode(Header.self, from: bytes[8..<start], place: place)
    } catch {
      throw refusal(.headerNotJSON((error as? Complaint)?.problem ?? "\(error)"))
    }

    var tensors: [(String, Tensor)] = []
    var end = 0
    for (name, entry) in header.entries.sorted(by: Self.isBefore) {
      let (type, range) = try checked(entry, name: name, after: end, place: place)
      guard range.upperBound <= bytes.count - start else {
        throw refusal(.cut(name, wanted: range.upperBound, found: bytes.count - start))
      }
      let stored = bytes[(start + range.lowerBound)..<(start + range.upperBound)]
      tensors.append((name, Tensor(shape: entry.shape, values: type.decoded(stored))))
      end = range.upperBound
    }
    guard end == bytes.count - start else {
      throw refusal(.leftOver(bytes.count - start - end))
    }
    return (tensors, header.metadata)
  }

  private static func isBefore(_ first: (String, Entry), _ second: (String, Entry)) -> Bool {
    let offsets = (first.1.data_offsets, second.1.data_offsets)
    return offsets.0 == offsets.1
      ? first.0 < second.0 : offsets.0.lexicographicallyPrecedes(offsets.1)
  }

  /// The entry's type and its range of bytes, which begins where the last tensor ended.
  private static func checked(
    _ entry: Entry, name: String, after end: Int, place: String
  ) throws(SafetensorsError) -> (ScalarType, Range<Int>) {
    guard let type = types[entry.dtype] else {
      throw SafetensorsError(place, .type(name, found: entry.dtype))
    }
    var count = type.byteCount
    for extent in entry.shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflows else {
        throw SafetensorsError(place, .shape(name, entry.shape))
      }
      count = product
    }
    let offsets = entry.data_offsets
    guard offsets.count == 2, offsets[0] == end, offsets[1] >= end, offsets[1] - end == count else {
      throw SafetensorsError(
        place, .offsets(name, found: offsets, start: end, count: count))
    }
    return (type, end..<offsets[1])
  }

  private static let types: [String: ScalarType] = [
    "BOOL": .uint8, "U8": .uint8, "I8": .int8, "U16": .uint16, "I16": .int16, "U32": .uint32,
    "I32": .int32, "U64": .uint64, "I64": .int64, "F16": .float16, "BF16": .bfloat16,
    "F32": .float32, "F64": .float64,
  ]

  /// What the header says about one tensor; the names are the format's.
  private struct Entry: Codable {
    let dtype: String
    let shape: [Int]
    let data_offsets: [Int]
  }

  private struct Header: Decodable {
    var entries: [(String, Entry)] = []
    var metadata: [String: String] = [:]

    struct Key: CodingKey {
      let stringValue: String
      let intValue: Int? = nil
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      for key in container.allKeys {
        if key.stringValue == metadataKey {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          entries.append((key.stringValue, try container.decode(Entry.self, forKey: key)))
        }
      }
    }
  }
}

/// Why a safetensors file was refused.
public struct SafetensorsError: Explained, Equatable {
  /// What is wrong, with the values found.
  public enum Reason: Equatable, Sendable {
    case noLength(found: Int)
    case headerTooLong(UInt64)
    case headerCut(declared: Int, found: Int)
    case headerNotJSON(String)
    case type(String, found: String)
    case shape(String, [Int])
    case offsets(String, found: [Int], start: Int, count: Int)
    case cut(String, wanted: Int, found: Int)
    case leftOver(Int)
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .noLength(let found): "holds \(found) bytes, a safetensors file begins with 8 of length"
    case .headerTooLong(let count):
      "the header is said to be \(count) bytes long, at most \(Safetensors.headerLimit) are read"
    case .headerCut(let declared, let found):
      "the header is said to be \(declared) bytes long, \(found) follow"
    case .headerNotJSON(let reason): "the header cannot be read: \(reason)"
    case .type(let name, let found):
      "tensor '\(name)' has the type '\(found)', a whole or floating type was wanted"
    case .shape(let name, let shape): "tensor '\(name)' has the impossible shape \(shape)"
    case .offsets(let name, let found, let start, let count):
      "tensor '\(name)' lies at \(found), its shape and place want [\(start), \(start + count)]"
    case .cut(let name, let wanted, let found):
      "tensor '\(name)' ends at byte \(wanted) behind the header, the file at \(found)"
    case .leftOver(let count): "\(count) bytes behind the last tensor belong to none"
    }
  }

  public var remedy: String? {
    switch reason {
    case .noLength, .headerTooLong: "check that this is a safetensors file"
    case .headerCut, .cut: "the file was cut short: copy it again"
    case .headerNotJSON, .shape, .offsets, .leftOver: "the file is damaged: copy or export it again"
    case .type: "export the tensor as F32"
    }
  }
}
