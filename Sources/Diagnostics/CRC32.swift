/// The checksum of Ethernet, zlib and PNG, eight bytes at a time.
///
/// Source: ISO/IEC/IEEE 8802-3, 3.2.9, polynomial 0xedb88320 in reflected form; tables as in
/// Kounavis and Berry, *Novel Table Lookup-Based Algorithms for High-Performance CRC Generation*,
/// 2008.
public enum CRC32 {
  /// `tables[256 · n + b]`: what byte `b` followed by `n` zero bytes leaves.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<(8 * 256) {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xff)]
    }
    return tables
  }()

  /// The checksum of `bytes`.
  public static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
    let tables = tables.span
    var sum: UInt32 = 0xffff_ffff
    var place = 0
    while place + 8 <= bytes.count {
      var low = sum
      for index in 0..<4 { low ^= UInt32(bytes[place + index]) << UInt32(8 * index) }
      var next: UInt32 = 0
      for index in 0..<4 {
        next ^= tables[256 * (7 - index) + Int(low >> UInt32(8 * index) & 0xff)]
        next ^= tables[256 * (3 - index) + Int(bytes[place + 4 + index])]
      }
      sum = next
      place += 8
    }
    while place < bytes.count {
      sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[place])) & 0xff)]
      place += 1
    }
    return ~sum
  }
}
