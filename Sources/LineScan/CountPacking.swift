/// How a camera lays its counts into bytes, little endian.
///
/// Source: EMVA, *GenICam Pixel Format Naming Convention*, version 2.4, for the 12-bit forms.
public enum CountPacking: String, Sendable, Codable, CaseIterable {
  /// One byte a count.
  case uint8
  /// Two bytes a count: Mono10, Mono12, Mono16 and the like.
  case uint16
  /// Two counts in three bytes, lowest bits first (GenICam `Mono12p`).
  case mono12p
  /// Two counts in three bytes, the middle one holding both low halves (GigE Vision
  /// `Mono12Packed`).
  case mono12Packed

  /// Bytes of `count` counts.
  public func byteCount(of count: Int) -> Int {
    switch self {
    case .uint8: count
    case .uint16: 2 * count
    case .mono12p, .mono12Packed: (3 * count + 1) / 2
    }
  }

  /// The highest count that the form can hold.
  public var highestCount: UInt16 {
    switch self {
    case .uint8: 0xff
    case .uint16: 0xffff
    case .mono12p, .mono12Packed: 0xfff
    }
  }

  /// The `count` counts in `bytes`, which holds exactly `byteCount(of: count)`.
  public func unpacked(_ bytes: Span<UInt8>, count: Int) -> [UInt16] {
    precondition(
      bytes.count == byteCount(of: count), "\(self): \(bytes.count) bytes for \(count) counts")
    return [UInt16](unsafeUninitializedCapacity: count) { counts, written in
      switch self {
      case .uint8:
        for index in 0..<count { counts[index] = UInt16(bytes[index]) }
      case .uint16:
        for index in 0..<count {
          counts[index] = UInt16(bytes[2 * index]) | UInt16(bytes[2 * index + 1]) << 8
        }
      case .mono12p:
        for index in 0..<count {
          let place = 3 * (index / 2)
          counts[index] =
            index % 2 == 0
            ? UInt16(bytes[place]) | UInt16(bytes[place + 1] & 0x0f) << 8
            : UInt16(bytes[place + 1] >> 4) | UInt16(bytes[place + 2]) << 4
        }
      case .mono12Packed:
        for index in 0..<count {
          let place = 3 * (index / 2)
          counts[index] =
            index % 2 == 0
            ? UInt16(bytes[place]) << 4 | UInt16(bytes[place + 1] & 0x0f)
            : UInt16(bytes[place + 2]) << 4 | UInt16(bytes[place + 1] >> 4)
        }
      }
      written = count
    }
  }

  /// The bytes of `counts`; what is above the highest count becomes that.
  public func packed(_ counts: [UInt16]) -> [UInt8] {
    let highest = highestCount
    switch self {
    case .uint8: return counts.map { UInt8(min($0, highest)) }
    case .uint16:
      let counts = counts.span
      return [UInt8](unsafeUninitializedCapacity: 2 * counts.count) { bytes, written in
        for index in counts.indices {
          bytes[2 * index] = UInt8(truncatingIfNeeded: counts[index])
          bytes[2 * index + 1] = UInt8(counts[index] >> 8)
        }
        written = 2 * counts.count
      }
    case .mono12p, .mono12Packed:
      var bytes = [UInt8](repeating: 0, count: byteCount(of: counts.count))
      for (index, count) in counts.enumerated() {
        let (value, place) = (min(count, highest), 3 * (index / 2))
        let (low, high) = (UInt8(value & 0x0f), UInt8(value >> 4))
        switch (self, index % 2) {
        case (.mono12p, 0):
          bytes[place] = UInt8(truncatingIfNeeded: value)
          bytes[place + 1] |= UInt8(value >> 8)
        case (.mono12Packed, 0):
          bytes[place] = high
          bytes[place + 1] |= low
        default:
          bytes[place + 1] |= low << 4
          bytes[place + 2] = high
        }
      }
      return bytes
    }
  }
}
