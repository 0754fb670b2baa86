import Diagnostics
import Units

/// A line as it travels: with the sender's own number, before gaps are reckoned.
public struct WireLine: Sendable, Equatable {
  /// The sender's number of the line.
  public var number: UInt64
  /// The camera's own time; nil where it has none.
  public var cameraNanoseconds: Int64?
  /// How far the belt had traveled; nil without an encoder.
  public var beltMillimeters: Double?
  /// `[bands, samples]`.
  public var counts: [UInt16]

  public init(
    number: UInt64, cameraNanoseconds: Int64? = nil, beltMillimeters: Double? = nil,
    counts: [UInt16]
  ) {
    self.number = number
    self.cameraNanoseconds = cameraNanoseconds
    self.beltMillimeters = beltMillimeters
    self.counts = counts
  }

  /// Stands for "no time" on the wire.
  static let noTime = UInt64.max
  /// `LINE`, length of the counts, number, time, belt position.
  static let frontCount = 32

  /// The record's bytes.
  public func encoded(_ packing: CountPacking) -> [UInt8] {
    let payload = packing.packed(counts)
    var bytes = Array("LINE".utf8)
    bytes.reserveCapacity(Self.frontCount + payload.count + 4)
    LittleEndian.append(UInt32(payload.count), to: &bytes)
    LittleEndian.append(number, to: &bytes)
    LittleEndian.append(cameraNanoseconds.map { UInt64(bitPattern: $0) } ?? Self.noTime, to: &bytes)
    LittleEndian.append(beltMillimeters ?? .nan, to: &bytes)
    bytes += payload
    LittleEndian.append(CRC32.checksum(bytes.span), to: &bytes)
    return bytes
  }
}

/// What a sender says besides lines.
public enum LineStreamNote {
  /// The longest text, in bytes.
  static let byteLimit = 4096

  /// A sign of life with a sentence, such as `the belt stands`; due each second without a line.
  public static func note(_ text: String) -> [UInt8] {
    let text = Array(text.utf8.prefix(byteLimit))
    var bytes = Array("NOTE".utf8)
    LittleEndian.append(UInt32(text.count), to: &bytes)
    bytes += text
    LittleEndian.append(CRC32.checksum(bytes.span), to: &bytes)
    return bytes
  }

  /// The end: `next` is the number that the next line would have had.
  public static func end(next: UInt64) -> [UInt8] {
    var bytes = Array("ENDS".utf8)
    LittleEndian.append(UInt32(8), to: &bytes)
    LittleEndian.append(next, to: &bytes)
    LittleEndian.append(CRC32.checksum(bytes.span), to: &bytes)
    return bytes
  }
}
