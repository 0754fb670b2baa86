import Foundation

/// A protocol buffers message under construction.
///
/// Fields are written in the order of the calls. Callers write them by ascending number and
/// repeated numbers unpacked, as other writers do, so that equal messages are equal bytes.
///
/// Source: Google, *Protocol Buffers: Encoding*, https://protobuf.dev/programming-guides/encoding.
struct ProtobufMessage: Equatable {
  private(set) var bytes = Data()

  /// The rest of a field's key: how its value is written.
  enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  mutating func integer(_ field: Int, _ value: Int) {
    key(field, .varint)
    varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func integers(_ field: Int, _ values: [Int]) {
    for value in values { integer(field, value) }
  }

  mutating func float(_ field: Int, _ value: Float) {
    key(field, .fixed32)
    littleEndian(value.bitPattern)
  }

  mutating func double(_ field: Int, _ value: Double) {
    key(field, .fixed64)
    littleEndian(value.bitPattern)
  }

  mutating func string(_ field: Int, _ value: String) { data(field, Data(value.utf8)) }

  mutating func data(_ field: Int, _ value: Data) {
    key(field, .lengthDelimited)
    varint(UInt64(value.count))
    bytes.append(value)
  }

  mutating func message(_ field: Int, _ value: ProtobufMessage) { data(field, value.bytes) }

  /// A nested message that `fill` writes.
  mutating func message(_ field: Int, _ fill: (inout ProtobufMessage) -> Void) {
    var nested = ProtobufMessage()
    fill(&nested)
    message(field, nested)
  }

  private mutating func key(_ field: Int, _ type: WireType) {
    varint(UInt64(field) << 3 | type.rawValue)
  }

  /// Seven bits a byte, the lowest first; the top bit says that more follow.
  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func littleEndian(_ value: some FixedWidthInteger) {
    bytes.appendLittleEndian(value)
  }
}

extension Data {
  mutating func appendLittleEndian<Number: FixedWidthInteger>(_ value: Number) {
    for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}

/// Reads the fields of a message; `nil` where the bytes are not one.
struct ProtobufFields {
  enum Value: Equatable {
    case integer(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// All fields of `bytes` in order, or `nil` where they break off or a type is unknown.
  static func all(of bytes: ArraySlice<UInt8>) -> [(number: Int, value: Value)]? {
    var reader = ProtobufFields(bytes)
    var fields: [(number: Int, value: Value)] = []
    while !reader.rest.isEmpty {
      guard let key = reader.varint(), let number = Int(exactly: key >> 3), number > 0,
        let type = ProtobufMessage.WireType(rawValue: key & 7), let value = reader.value(of: type)
      else { return nil }
      fields.append((number, value))
    }
    return fields
  }

  private mutating func value(of type: ProtobufMessage.WireType) -> Value? {
    switch type {
    case .varint: varint().map(Value.integer)
    case .fixed64: littleEndian(bytes: 8).map(Value.fixed64)
    case .fixed32: littleEndian(bytes: 4).map { .fixed32(UInt32($0)) }
    case .lengthDelimited:
      varint().flatMap { Int(exactly: $0) }.flatMap { take($0) }.map(Value.bytes)
    }
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    return nil
  }

  private mutating func littleEndian(bytes count: Int) -> UInt64? {
    take(count)?.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}
