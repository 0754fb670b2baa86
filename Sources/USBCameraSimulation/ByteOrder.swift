extension [UInt8] {
  /// Appends `value`, lowest byte first, as USB orders its numbers.
  mutating func appendLittle(_ value: some FixedWidthInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Appends `value`, highest byte first, as USB/IP orders its numbers.
  mutating func appendBig(_ value: UInt32) {
    for shift in stride(from: 24, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// The number of four bytes at `offset`, highest byte first; the bytes must be there.
  func bigWord(at offset: Int) -> UInt32 {
    self[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The number of up to four bytes at `offset`, lowest byte first; what is missing is 0.
  func littleNumber(at offset: Int, count: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<count where offset + index < self.count {
      value |= UInt32(self[offset + index]) << UInt32(8 * index)
    }
    return value
  }
}
