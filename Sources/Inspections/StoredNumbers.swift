import Diagnostics
import Foundation
import Tensors

/// Single numbers of a file of any size, read as any type; what was read lately is kept.
struct StoredNumbers {
  let size: Int
  private let file: PositionedFile
  private var blocks: [Int: [UInt8]] = [:]
  /// The block that was read last, which is mostly the next one too.
  private var current: (number: Int, bytes: [UInt8]) = (-1, [])

  private static let blockBytes = 1 << 16
  private static let blockLimit = 512

  init(_ file: URL) throws {
    self.file = try PositionedFile(file)
    size = self.file.size
  }

  /// The number that begins at `offset`; nil where the file ends before it does.
  mutating func number(
    at offset: Int, _ type: ScalarType, _ order: ByteOrder
  ) throws -> Double? {
    guard offset >= 0, type.byteCount <= size - offset else { return nil }
    var bits: UInt64 = 0
    let count = type.byteCount
    let (block, first) = offset.quotientAndRemainder(dividingBy: Self.blockBytes)
    if block == current.number, first + count <= current.bytes.count {
      for place in 0..<count {
        let byte = UInt64(current.bytes[first + place])
        bits |= byte << UInt64(8 * (order == .little ? place : count - 1 - place))
      }
      return Self.number(bits, type)
    }
    for place in 0..<count {
      let byte = UInt64(try byte(at: offset + place))
      bits |= byte << UInt64(8 * (order == .little ? place : count - 1 - place))
    }
    return Self.number(bits, type)
  }

  /// The same of a reading; nil outside the file.
  mutating func number(
    _ reading: CubeReading, line: Int, sample: Int, band: Int
  ) throws -> Double? {
    try number(
      at: reading.offset(line: line, sample: sample, band: band), reading.type, reading.byteOrder)
  }

  private mutating func byte(at offset: Int) throws -> UInt8 {
    let (block, place) = offset.quotientAndRemainder(dividingBy: Self.blockBytes)
    if block == current.number { return current.bytes[place] }
    if let bytes = blocks[block] {
      current = (block, bytes)
      return bytes[place]
    }
    if blocks.count >= Self.blockLimit { blocks.removeAll(keepingCapacity: true) }
    let start = block * Self.blockBytes
    var bytes = [UInt8](repeating: 0, count: min(Self.blockBytes, size - start))
    try file.read(from: start, into: &bytes, range: 0..<bytes.count)
    blocks[block] = bytes
    current = (block, bytes)
    return bytes[place]
  }

  private static func number(_ bits: UInt64, _ type: ScalarType) -> Double {
    switch type {
    case .uint8: Double(bits)
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .uint16, .uint32, .uint64: Double(bits)
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int64: Double(Int64(bitPattern: bits))
    case .float16: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
    case .bfloat16: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits) << 16))
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: Double(bitPattern: bits)
    }
  }
}
