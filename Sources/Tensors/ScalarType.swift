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
    var values = [Float](repeating: 0, count: bytes.count / byteCount)
    decode(bytes.bytes, order: order, into: &values)
    return values
  }

  /// As `decoded`, into numbers at hand: `values` are as many as `bytes` hold.
  public func decode(
    _ bytes: [UInt8], order: ByteOrder = .little, into values: inout [Float]
  ) {
    decode(bytes.span.bytes, order: order, into: &values)
  }

  /// As above, from memory that lies elsewhere.
  public func decode(_ bytes: RawSpan, order: ByteOrder, into values: inout [Float]) {
    precondition(
      bytes.byteCount == values.count * byteCount,
      "\(self): \(bytes.byteCount) bytes are not \(values.count) numbers")
    switch self {
    case .uint8: Self.map(bytes, UInt8.self, order, &values) { Float($0) }
    case .int8: Self.map(bytes, UInt8.self, order, &values) { Float(Int8(bitPattern: $0)) }
    case .uint16: Self.map(bytes, UInt16.self, order, &values) { Float($0) }
    case .int16: Self.map(bytes, UInt16.self, order, &values) { Float(Int16(bitPattern: $0)) }
    case .uint32: Self.map(bytes, UInt32.self, order, &values) { Float($0) }
    case .int32: Self.map(bytes, UInt32.self, order, &values) { Float(Int32(bitPattern: $0)) }
    case .uint64: Self.map(bytes, UInt64.self, order, &values) { Float($0) }
    case .int64: Self.map(bytes, UInt64.self, order, &values) { Float(Int64(bitPattern: $0)) }
    case .float16:
      Self.map(bytes, UInt16.self, order, &values) { Float(Float16(bitPattern: $0)) }
    case .bfloat16:
      Self.map(bytes, UInt16.self, order, &values) { Float(bitPattern: UInt32($0) << 16) }
    case .float32: Self.map(bytes, UInt32.self, order, &values) { Float(bitPattern: $0) }
    case .float64:
      Self.map(bytes, UInt64.self, order, &values) { Float(Double(bitPattern: $0)) }
    }
  }

  /// The bytes of `values`; whole types round to nearest and stay inside their range, and what is
  /// not a number becomes 0 there.
  public func encoded(_ values: [Float], order: ByteOrder = .little) -> Data {
    Data(encode(values, order: order))
  }

  /// As `encoded`.
  public func encode(_ values: [Float], order: ByteOrder = .little) -> [UInt8] {
    switch self {
    case .uint8: return Self.bytes(values, order) { UInt8(Self.rounded($0, 0, 0xff)) }
    case .int8:
      return Self.bytes(values, order) { UInt8(truncatingIfNeeded: Self.rounded($0, -0x80, 0x7f)) }
    case .uint16: return Self.bytes(values, order) { UInt16(Self.rounded($0, 0, 0xffff)) }
    case .int16:
      return Self.bytes(values, order) {
        UInt16(truncatingIfNeeded: Self.rounded($0, -0x8000, 0x7fff))
      }
    case .uint32: return Self.bytes(values, order) { UInt32(Self.rounded($0, 0, 0xffff_ffff)) }
    case .int32:
      return Self.bytes(values, order) {
        UInt32(truncatingIfNeeded: Self.rounded($0, -0x8000_0000, 0x7fff_ffff))
      }
    case .uint64: return Self.bytes(values, order, Self.roundedUnsigned)
    case .int64:
      return Self.bytes(values, order) { UInt64(bitPattern: Self.rounded($0, .min, .max)) }
    case .float16: return Self.bytes(values, order) { Float16($0).bitPattern }
    case .bfloat16: return Self.bytes(values, order) { UInt16($0.bitPattern >> 16) }
    case .float32: return Self.bytes(values, order) { $0.bitPattern }
    case .float64: return Self.bytes(values, order) { Double($0).bitPattern }
    }
  }

  @inline(__always)
  private static func map<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: RawSpan, _ type: Bits.Type, _ order: ByteOrder, _ values: inout [Float],
    _ value: (Bits) -> Float
  ) {
    let size = MemoryLayout<Bits>.size
    var target = values.mutableSpan
    // Two loops without a question inside, so that each becomes vector instructions.
    if order == .little {
      for index in target.indices {
        let bits = bytes.unsafeLoadUnaligned(fromByteOffset: index * size, as: Bits.self)
        target[index] = value(Bits(littleEndian: bits))
      }
    } else {
      for index in target.indices {
        let bits = bytes.unsafeLoadUnaligned(fromByteOffset: index * size, as: Bits.self)
        target[index] = value(Bits(bigEndian: bits))
      }
    }
  }

  @inline(__always)
  private static func bytes<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Float], _ order: ByteOrder, _ bits: (Float) -> Bits
  ) -> [UInt8] {
    let size = MemoryLayout<Bits>.size
    var stored = [UInt8](repeating: 0, count: values.count * size)
    var span = stored.mutableSpan
    var target = span.mutableBytes
    for (index, value) in values.enumerated() {
      let pattern = bits(value)
      target.storeBytes(
        of: order == .little ? pattern.littleEndian : pattern.bigEndian,
        toByteOffset: index * size, as: Bits.self)
    }
    return stored
  }

  private static func rounded(_ value: Float, _ low: Int64, _ high: Int64) -> Int64 {
    guard value == value else { return 0 }
    let whole = value.rounded()
    if whole >= Float(high) { return high }
    return whole <= Float(low) ? low : Int64(whole)
  }

  private static func roundedUnsigned(_ value: Float) -> UInt64 {
    guard value > 0 else { return 0 }
    let whole = value.rounded()
    return whole >= 0x1p64 ? .max : UInt64(whole)
  }
}
