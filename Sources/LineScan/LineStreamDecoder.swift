import Diagnostics
import Units

/// Takes a stream of lines apart, in whatever pieces it comes.
///
/// Holds at most the bytes of two records and what was appended last. After a damage it goes on at
/// the next record that is whole.
public struct LineStreamDecoder: Sendable {
  /// What the stream says.
  public enum Item: Sendable, Equatable {
    case header(LineStreamHeader)
    case line(WireLine)
    case note(String)
    /// The sender has no more; `next` is the number that would have followed.
    case end(next: UInt64)
    /// Something was there that is no whole record.
    case damage
  }

  /// Records that may be damaged in a row.
  private static let damagedRecordsLimit = 64

  private let place: String
  private var bytes: [UInt8] = []
  private var start = 0
  private var header: LineStreamHeader?
  /// Bytes passed over since the last whole record; 0 while all is well.
  private var skipped = 0
  /// Records with a wrong checksum since the last whole one.
  private var failures = 0

  /// `place` names the sender in errors.
  public init(place: String) { self.place = place }

  /// Adds what came.
  public mutating func append(_ piece: [UInt8]) {
    if start > 0, start >= bytes.count / 2 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += piece
  }

  /// What comes next; nil where more bytes are needed for it.
  public mutating func next() throws(LineStreamError) -> Item? {
    guard let header else { return try nextHeader() }
    while bytes.count - start >= 8 {
      guard let length = recordLength(header.format) else {
        let isFirst = skipped == 0
        try skip(header.format)
        if isFirst { return .damage }
        continue
      }
      guard bytes.count - start >= length else { return nil }
      guard isWhole(length) else {
        failures += 1
        try skip(header.format)
        return .damage
      }
      (skipped, failures) = (0, 0)
      defer { start += length }
      return Self.item(
        bytes.span.extracting(start..<(start + length)), format: header.format)
    }
    return nil
  }

  private mutating func nextHeader() throws(LineStreamError) -> Item? {
    guard bytes.count - start >= LineStreamHeader.fixedCount else {
      // What is not ours is refused as soon as it can be told.
      for (index, byte) in bytes[start...].prefix(8).enumerated()
      where byte != LineStreamHeader.magic[index] {
        throw LineStreamError(place, .notLines)
      }
      return nil
    }
    guard let header = try wholeHeader() else { return nil }
    self.header = header
    start += header.encodedCount
    return .header(header)
  }

  private func wholeHeader() throws(LineStreamError) -> LineStreamHeader? {
    let span = bytes.span.extracting(start..<bytes.count)
    let count = try LineStreamHeader.byteCount(span, place: place)
    guard span.count >= count else { return nil }
    return try LineStreamHeader(span.extracting(0..<count), place: place)
  }

  /// Whether the checksum of the record of `length` bytes is right.
  private func isWhole(_ length: Int) -> Bool {
    let span = bytes.span.extracting(start..<(start + length))
    return LittleEndian.number(span, at: length - 4)
      == CRC32.checksum(span.extracting(0..<(length - 4)))
  }

  /// Bytes of the record that begins here; nil where none does.
  private func recordLength(_ format: LineFormat) -> Int? {
    let span = bytes.span.extracting(start..<(start + 8))
    let length = Int(LittleEndian.number(span, at: 4, as: UInt32.self))
    switch LittleEndian.number(span, at: 0, as: UInt32.self) {
    case 0x454e_494c where length == format.bytesPerLine:  // LINE
      return WireLine.frontCount + length + 4
    case 0x4554_4f4e where length <= LineStreamNote.byteLimit: return 8 + length + 4  // NOTE
    case 0x5344_4e45 where length == 8: return 8 + length + 4  // ENDS
    default: return nil
    }
  }

  /// Passes over one byte and all behind it that cannot begin a record.
  private mutating func skip(_ format: LineFormat) throws(LineStreamError) {
    repeat {
      start += 1
      skipped += 1
    } while bytes.count - start >= 8 && recordLength(format) == nil
    let limit = Self.damagedRecordsLimit * (WireLine.frontCount + format.bytesPerLine + 4)
    guard skipped <= limit, failures <= Self.damagedRecordsLimit else {
      throw LineStreamError(place, .garbled(bytes: skipped))
    }
  }

  private static func item(_ span: Span<UInt8>, format: LineFormat) -> Item {
    switch LittleEndian.number(span, at: 0, as: UInt32.self) {
    case 0x454e_494c:
      let time: UInt64 = LittleEndian.number(span, at: 16)
      let belt = LittleEndian.double(span, at: 24)
      let payload = span.extracting(WireLine.frontCount..<(span.count - 4))
      return .line(
        WireLine(
          number: LittleEndian.number(span, at: 8),
          cameraNanoseconds: time == WireLine.noTime ? nil : Int64(bitPattern: time),
          beltMillimeters: belt.isFinite ? belt : nil,
          counts: format.packing.unpacked(payload, count: format.countsPerLine)))
    case 0x4554_4f4e:
      var text: [UInt8] = []
      for index in 8..<(span.count - 4) { text.append(span[index]) }
      return .note(String(decoding: text, as: UTF8.self))
    default: return .end(next: LittleEndian.number(span, at: 8))
    }
  }
}
