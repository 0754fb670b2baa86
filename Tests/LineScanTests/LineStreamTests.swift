import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import LineScan

@Suite("Line protocol")
struct LineStreamTests {
  private let lines = SimulatedLines(.small)

  private func line(_ number: Int) -> WireLine {
    WireLine(
      number: UInt64(number), cameraNanoseconds: Int64(number) * 500_000,
      beltMillimeters: number % 2 == 0 ? Double(number) * 0.25 : nil,
      counts: lines.counts(line: number))
  }

  /// A whole stream of ten lines, a note and the end.
  private func stream(_ packing: CountPacking = .uint16) -> [UInt8] {
    var format = LineFormat.small
    format.packing = packing
    if packing == .uint8 { format.fullScale = 255 }
    var bytes = LineStreamHeader(format: format, stream: 77).encoded
    for number in 0..<10 {
      bytes += line(number).encoded(packing)
      if number == 4 { bytes += LineStreamNote.note("the belt stands") }
    }
    return bytes + LineStreamNote.end(next: 10)
  }

  private func items(_ bytes: [UInt8], pieces: Int) throws -> [LineStreamDecoder.Item] {
    var decoder = LineStreamDecoder(place: "test")
    var items: [LineStreamDecoder.Item] = []
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      decoder.append(Array(bytes[start..<min(bytes.count, start + pieces)]))
      while let item = try decoder.next() { items.append(item) }
    }
    return items
  }

  @Test(
    "a stream is read alike in pieces of any size", arguments: [1, 7, 191, 1 << 20],
    [CountPacking.uint16, .mono12p, .mono12Packed])
  func pieces(size: Int, packing: CountPacking) throws {
    let items = try items(stream(packing), pieces: size)
    var format = LineFormat.small
    format.packing = packing
    guard case .header(let header) = items.first else {
      Issue.record("no header")
      return
    }
    #expect(header.format == format)
    #expect(header.stream == 77)
    let wanted: [LineStreamDecoder.Item] =
      (0..<5).map { .line(line($0)) } + [.note("the belt stands")]
      + (5..<10).map { .line(line($0)) } + [.end(next: 10)]
    #expect(Array(items.dropFirst()) == wanted)
  }

  @Test("the checksum is that of zlib")
  func checksum() {
    // The check value of CRC-32/ISO-HDLC, and zlib.crc32(bytes(range(256))).
    #expect(sum(Array("123456789".utf8)) == 0xcbf4_3926)
    #expect(sum((0...255).map { UInt8($0) }) == 0x2905_8c73)
    #expect(sum([]) == 0)
  }

  private func sum(_ bytes: [UInt8]) -> UInt32 { CRC32.checksum(bytes.span) }

  @Test("a damaged line is told once, and those around it are whole", arguments: [0, 5, 40, 190])
  func damage(offset: Int) throws {
    let record = line(0).encoded(.uint16).count
    let front = LineStreamHeader(format: .small, stream: 77).encoded.count
    for length in [0, 1, 6] {
      var bytes = stream()
      let place = front + 2 * record + min(offset, record - 8)
      if length == 0 {
        bytes[place] ^= 0x20
      } else {
        bytes.removeSubrange(place..<(place + length))
      }
      let items = try items(bytes, pieces: 64)
      #expect(items.count { $0 == .damage } == 1, "\(length) bytes at \(offset)")
      let wanted = [0, 1] + Array(3..<10)
      let found = items.compactMap { item -> Int? in
        guard case .line(let line) = item else { return nil }
        return Int(line.number)
      }
      #expect(found == wanted)
      #expect(items.last == .end(next: 10))
    }
  }

  @Test("two damaged lines in a row are two damages")
  func twoDamages() throws {
    let record = line(0).encoded(.uint16).count
    let front = LineStreamHeader(format: .small, stream: 77).encoded.count
    var bytes = stream()
    bytes[front + 2 * record + 50] ^= 1
    bytes[front + 3 * record + 60] ^= 1
    #expect(try items(bytes, pieces: 100).count { $0 == .damage } == 2)
  }

  @Test("a stream that is no longer one is given up")
  func garbled() {
    let bytes =
      LineStreamHeader(format: .small, stream: 1).encoded
      + [UInt8](repeating: 9, count: 200_000)
    #expect(
      complaint { _ = try items(bytes, pieces: 4096) }
        .hasPrefix("test: "))
    #expect(
      complaint { _ = try items(bytes, pieces: 4096) }
        .hasSuffix("bytes in a row held no whole line\n  help: check cable and bridge"))
  }

  @Test("every damaged stream is read or refused, never more")
  func mutated() {
    let bytes = Data(stream())
    let front = LineStreamHeader(format: .small, stream: 77).encoded.count
    expectNoTrap(reading: bytes, headerCount: front, copies: 3000, seed: 6) { copy in
      _ = try items([UInt8](copy), pieces: 333)
    }
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let place: Int
    let bytes: [UInt8]
    let message: String
    var hasNewChecksum = true
    var testDescription: String { message }
  }

  static let refusals = [
    Refusal(place: 0, bytes: [0x47], message: "the stream does not begin with 'MIRLINES'"),
    Refusal(place: 8, bytes: [2], message: "the stream has version 2, version 1 is read"),
    Refusal(place: 10, bytes: [9], message: "the number type is 9, not 1, 2, 3 or 4"),
    Refusal(
      place: 12, bytes: [1, 0], message: "the header says that it has 1 bytes, its fields make 113"),
    Refusal(
      place: 16, bytes: [0, 0, 0, 0],
      message:
        "lines have 0 samples × 5 bands; 1 to 65536 samples, 1 to 4096 bands and at most 16777216 counts are read"
    ),
    Refusal(
      place: 24, bytes: [4],
      message: "the header lists 4 wavelengths for 5 bands; none or all were wanted"),
    Refusal(
      place: 28, bytes: [0, 0],
      message: "the full scale is 0; 1 to 65535 was wanted for this number type"),
    Refusal(
      place: 40, bytes: [0, 0, 0, 0, 0, 0, 0xf0, 0xbf],
      message: "the line rate is -1.0; 0 or a positive number was wanted"),
    Refusal(
      place: 48, bytes: [0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
      message: "the travel from line to line is nan; 0 or a positive number was wanted"),
    Refusal(
      place: 64, bytes: [0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
      message: "the wavelength 1.0 nm is not light"),
    Refusal(
      place: 66, bytes: [1], message: "the header's checksum is wrong", hasNewChecksum: false),
  ]

  @Test("a header that cannot be is refused with the reason", arguments: refusals)
  func refused(refusal: Refusal) {
    var bytes = LineStreamHeader(format: .small, stream: 77).encoded
    bytes.replaceSubrange(
      refusal.place..<(refusal.place + refusal.bytes.count), with: refusal.bytes)
    if refusal.hasNewChecksum {
      bytes.removeLast(4)
      LittleEndian.append(CRC32.checksum(bytes.span), to: &bytes)
    }
    let message = complaint { _ = try items(bytes, pieces: 1000) }
    #expect(message.hasPrefix("test: \(refusal.message)"), "\(message)")
  }

  @Test("something else that answers is refused from its first byte")
  func notLines() {
    let message = complaint { _ = try items(Array("HTTP".utf8), pieces: 4) }
    #expect(
      message == """
        test: the stream does not begin with 'MIRLINES'
          help: check address and port: something else answers there
        """)
  }
}
