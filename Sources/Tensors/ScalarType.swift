import Foundation

/// Which byte of a number comes first in a file.
public enum ByteOrder: String, Sendable, Codable, CaseIterable {
  case little, big
}

/// How one number is stored in a file; in memory all become `Float`.
///
/// Whole numbers above 2²⁴ lose their last digits on the way.
public enum ScalarType: String, Sendable, Codable, CaseIterable {
  case uint8, int8, uint16, int16, uint32, int32, uint64, int64
  case float16, bfloat16, float32, float64

  /// Bytes of one number.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  public var isWhole: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: false
    default: true
    }
  }

  /// The numbers stored in `bytes`, whose length is a multiple of `byteCount`.
  public func decoded(_ bytes: Data, order: ByteOrder = .little) -> [Float] {
    precondition(
      bytes.count % byteCount == 0, "\(self): \(bytes.count) bytes are not whole numbers")
    let span = bytes.bytes
    switch self {
    case .uint8: return Self.map(span, UInt8.self, order) { Float($0) }
    case .int8: return Self.map(span, UInt8.self, order) { Float(Int8(bitPattern: $0)) }
    case .uint16: return Self.map(span, UInt16.self, order) { Float($0) }
    case .int16: return Self.map(span, UInt16.self, order) { Float(Int16(bitPattern: $0)) }
    case .uint32: return Self.map(span, UInt32.self, order) { Float($0) }
    case .int32: return Self.map(span, UInt32.self, order) { Float(Int32(bitPattern: $0)) }
    case .uint64: return Self.map(span, UInt64.self, order) { Float($0) }
    case .int64: return Self.map(span, UInt64.self, order) { Float(Int64(bitPattern: $0)) }
    case .float16: return Self.map(span, UInt16.self, order) { Float(Float16(bitPattern: $0)) }
    case .bfloat16:
      return Self.map(span, UInt16.self, order) { Float(bitPattern: UInt32($0) << 16) }
    case .float32: return Self.map(span, UInt32.self, order) { Float(bitPattern: $0) }
    case .float64: return Self.map(span, UInt64.self, order) { Float(Double(bitPattern: $0)) }
    }
  }

  /// The bytes of `values`; whole types round to nearest and stay inside their range, and what is
  /// not a number becomes 0 there.
  public func encoded(_ values: some Sequence<Float>, order: ByteOrder = .little) -> Data {
    switch self {
    case .uint8: return Self.bytes(values, order) { Self.rounded($0, UInt8.self) }
    case .int8: return Self.bytes(values, order) { UInt8(bitPattern: Self.rounded($0, Int8.self)) }
    case .uint16: return Self.bytes(values, order) { Self.rounded($0, UInt16.self) }
    case .int16:
      return Self.bytes(values, order) { UInt16(bitPattern: Self.rounded($0, Int16.self)) }
    case .uint32: return Self.bytes(values, order) { Self.rounded($0, UInt32.self) }
    case .int32:
      return Self.bytes(values, order) { UInt32(bitPattern: Self.rounded($0, Int32.self)) }
    case .uint64: return Self.bytes(values, order) { Self.rounded($0, UInt64.self) }
    case .int64:
      return Self.bytes(values, order) { UInt64(bitPattern: Self.rounded($0, Int64.self)) }
    case .float16: return Self.bytes(values, order) { Float16($0).bitPattern }
    case .bfloat16: return Self.bytes(values, order) { UInt16($0.bitPattern >> 16) }
    case .float32: return Self.bytes(values, order) { $0.bitPattern }
    case .float64: return Self.bytes(values, order) { Double($0).bitPattern }
    }
  }

  private static func map<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: RawSpan, _ type: Bits.Type, _ order: ByteOrder, _ value: (Bits) -> Float
  ) -> [Float] {
    let size = MemoryLayout<Bits>.size
    let count = bytes.byteCount / size
    return [Float](capacity: count) { target in
      for index in 0..<count {
        let bits = bytes.unsafeLoadUnaligned(fromByteOffset: index * size, as: Bits.self)
        target.append(value(order == .little ? Bits(littleEndian: bits) : Bits(bigEndian: bits)))
      }
    }
  }

  private static func bytes<Bits: FixedWidthInteger>(
    _ values: some Sequence<Float>, _ order: ByteOrder, _ bits: (Float) -> Bits
  ) -> Data {
    let size = MemoryLayout<Bits>.size
    var stored: [UInt8] = []
    stored.reserveCapacity(values.underestimatedCount * size)
    for value in values {
      let pattern = bits(value)
      for place in 0..<size {
        let shift = 8 * (order == .little ? place : size - 1 - place)
        stored.append(UInt8(truncatingIfNeeded: pattern >> shift))
      }
    }
    return Data(stored)
  }

  private static func rounded<Whole: FixedWidthInteger>(
    _ value: Float, _ type: Whole.Type
  ) -> Whole {
    guard value == value else { return 0 }
    return Whole(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
  }
}
