import Diagnostics
import Units

/// What a sender says before its first line.
///
/// The layout is described, for those who write a sender, in `Tools/line-bridge/PROTOCOL.md`.
public struct LineStreamHeader: Sendable, Equatable {
  /// `MIRLINES`.
  static let magic = Array("MIRLINES".utf8)
  static let version: UInt16 = 1
  /// Bytes in front of wavelengths, name and checksum.
  static let fixedCount = 64
  /// The longest name of a camera, in bytes.
  static let nameLimit = 255
  /// The most bytes of a header.
  static let byteLimit = fixedCount + 8 * LineFormat.bandsLimit + nameLimit + 4

  public var format: LineFormat
  /// Names one count of lines: equal after a reconnection only where the numbers go on.
  public var stream: UInt64
  /// Bytes of the header that was read.
  private(set) var encodedCount = 0

  public init(format: LineFormat, stream: UInt64) {
    self.format = format
    self.stream = stream
  }

  private static let packings: [UInt16: CountPacking] = [
    1: .uint8, 2: .uint16, 3: .mono12p, 4: .mono12Packed,
  ]

  /// The header's bytes.
  public var encoded: [UInt8] {
    let name = Array(format.camera.utf8.prefix(Self.nameLimit))
    let wavelengths = format.wavelengths ?? []
    let code = Self.packings.first { $0.value == format.packing }?.key ?? 0
    var bytes = Self.magic
    LittleEndian.append(Self.version, to: &bytes)
    LittleEndian.append(code, to: &bytes)
    LittleEndian.append(
      UInt32(Self.fixedCount + 8 * wavelengths.count + name.count + 4), to: &bytes)
    LittleEndian.append(UInt32(format.samples), to: &bytes)
    LittleEndian.append(UInt32(format.bands), to: &bytes)
    LittleEndian.append(UInt32(wavelengths.count), to: &bytes)
    LittleEndian.append(format.fullScale, to: &bytes)
    LittleEndian.append(UInt16(name.count), to: &bytes)
    LittleEndian.append(stream, to: &bytes)
    LittleEndian.append(format.linesPerSecond ?? 0, to: &bytes)
    LittleEndian.append(format.millimetersPerLine ?? 0, to: &bytes)
    LittleEndian.append(UInt64(0), to: &bytes)
    for wavelength in wavelengths { LittleEndian.append(wavelength.nanometers, to: &bytes) }
    bytes += name
    LittleEndian.append(CRC32.checksum(bytes.span), to: &bytes)
    return bytes
  }

  /// How many bytes a header has that begins with `bytes`, at least `fixedCount` of them.
  static func byteCount(_ bytes: Span<UInt8>, place: String) throws(LineStreamError) -> Int {
    for (index, letter) in magic.enumerated() where bytes[index] != letter {
      throw LineStreamError(place, .notLines)
    }
    let version: UInt16 = LittleEndian.number(bytes, at: 8)
    guard version == Self.version else {
      throw LineStreamError(place, .version(Int(version)))
    }
    let found = Int(LittleEndian.number(bytes, at: 12, as: UInt32.self))
    let wavelengths = Int(LittleEndian.number(bytes, at: 24, as: UInt32.self))
    let bands = Int(LittleEndian.number(bytes, at: 20, as: UInt32.self))
    guard wavelengths == 0 || wavelengths == bands, wavelengths <= LineFormat.bandsLimit else {
      throw LineStreamError(place, .wavelengthCount(wavelengths, bands: bands))
    }
    let name = Int(LittleEndian.number(bytes, at: 30, as: UInt16.self))
    let wanted = fixedCount + 8 * wavelengths + name + 4
    guard found == wanted, name <= nameLimit else {
      throw LineStreamError(place, .headerLength(found, wanted: wanted))
    }
    return wanted
  }

  /// Reads a header of exactly `byteCount(_:place:)` bytes.
  init(_ bytes: Span<UInt8>, place: String) throws(LineStreamError) {
    let count = try Self.byteCount(bytes, place: place)
    guard
      LittleEndian.number(bytes, at: count - 4)
        == CRC32.checksum(bytes.extracting(0..<(count - 4)))
    else { throw LineStreamError(place, .headerChecksum) }
    let code: UInt16 = LittleEndian.number(bytes, at: 10)
    guard let packing = Self.packings[code] else {
      throw LineStreamError(place, .numberType(Int(code)))
    }
    let samples = Int(LittleEndian.number(bytes, at: 16, as: UInt32.self))
    let bands = Int(LittleEndian.number(bytes, at: 20, as: UInt32.self))
    guard
      (1...LineFormat.samplesLimit).contains(samples), (1...LineFormat.bandsLimit).contains(bands),
      samples * bands <= LineFormat.countsLimit
    else { throw LineStreamError(place, .extents(samples: samples, bands: bands)) }
    let fullScale: UInt16 = LittleEndian.number(bytes, at: 28)
    guard fullScale > 0, fullScale <= packing.highestCount else {
      throw LineStreamError(
        place, .fullScale(Int(fullScale), highest: Int(packing.highestCount)))
    }
    var wavelengths: [Wavelength]?
    let listed = Int(LittleEndian.number(bytes, at: 24, as: UInt32.self))
    if listed > 0 {
      var list: [Wavelength] = []
      for band in 0..<listed {
        let nanometers = LittleEndian.double(bytes, at: Self.fixedCount + 8 * band)
        guard nanometers >= 100, nanometers <= 30_000 else {
          throw LineStreamError(place, .wavelength(nanometers))
        }
        list.append(Wavelength(nanometers: nanometers))
      }
      wavelengths = list
    }
    var name: [UInt8] = []
    for index in (Self.fixedCount + 8 * listed)..<(count - 4) { name.append(bytes[index]) }
    format = LineFormat(
      camera: String(decoding: name, as: UTF8.self), samples: samples, bands: bands,
      wavelengths: wavelengths, packing: packing, fullScale: fullScale)
    format.linesPerSecond = try Self.positive(bytes, at: 40, "the line rate", place: place)
    format.millimetersPerLine = try Self.positive(
      bytes, at: 48, "the travel from line to line", place: place)
    stream = LittleEndian.number(bytes, at: 32)
    encodedCount = count
  }

  private static func positive(
    _ bytes: Span<UInt8>, at offset: Int, _ name: String, place: String
  ) throws(LineStreamError) -> Double? {
    let value = LittleEndian.double(bytes, at: offset)
    guard value >= 0, value <= 1e6 else { throw LineStreamError(place, .rate(name, value)) }
    return value == 0 ? nil : value
  }
}
