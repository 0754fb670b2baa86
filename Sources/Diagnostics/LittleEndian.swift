/// Whole numbers and doubles in the bytes of our protocols, lowest byte first.
public enum LittleEndian {
  /// The number whose lowest byte is at `place`.
  @inlinable
  public static func number<Number: FixedWidthInteger & UnsignedInteger>(
    _ bytes: Span<UInt8>, at place: Int, as type: Number.Type = Number.self
  ) -> Number {
    var value: Number = 0
    for index in 0..<(Number.bitWidth / 8) {
      value |= Number(bytes[place + index]) << Number(8 * index)
    }
    return value
  }

  /// The double whose lowest byte is at `place`.
  @inlinable
  public static func double(_ bytes: Span<UInt8>, at place: Int) -> Double {
    Double(bitPattern: number(bytes, at: place))
  }

  /// Adds the bytes of a whole number.
  @inlinable
  public static func append(
    _ value: some FixedWidthInteger & UnsignedInteger, to bytes: inout [UInt8]
  ) {
    for index in 0..<(value.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index)))
    }
  }

  /// Adds the eight bytes of a double.
  @inlinable
  public static func append(_ value: Double, to bytes: inout [UInt8]) {
    append(value.bitPattern, to: &bytes)
  }
}
