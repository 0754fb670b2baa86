import Diagnostics
import Foundation
import Tensors
import Units

/// A cube on disk: a text header and a file of numbers beside it.
public struct ENVIFile: Sendable {
  /// The largest header that is read: 16 MiB.
  public static let headerLimit = 16 << 20

  /// Endings of files of numbers in use, besides none.
  package static let endings = ENVIPair.endings

  public let header: ENVIHeader
  public let headerFile: URL
  /// The file of numbers.
  public let file: URL
  public let notes: [String]
  let stored: PositionedFile

  /// Opens a cube by its header or by its file of numbers, and checks that they agree in size.
  public static func open(_ file: URL) throws -> ENVIFile {
    try open(ENVIPair.find(file, kind: .cube))
  }

  /// Opens numbers with a header of any name.
  package static func open(_ file: URL, header headerFile: URL) throws -> ENVIFile {
    try open(ENVIPair(header: ENVIPair.read(headerFile), headerFile: headerFile, cube: file))
  }

  /// As `open`, whatever the kind.
  static func open(_ pair: ENVIPair) throws -> ENVIFile {
    let stored = try PositionedFile(pair.cube)
    var notes = pair.header.notes
    if let mismatch = pair.header.mismatch(size: stored.size) {
      // A trailer shorter than a line cannot shift anything that comes before it; a recording that
      // goes on, or was killed, holds lines that its header does not tell yet.
      guard stored.size > mismatch.wanted,
        stored.size - mismatch.wanted < pair.header.lineBytes || pair.header.isStillRecorded
      else {
        throw ENVIError(pair.cube.relativePath, .size(mismatch))
      }
      notes.append("\(stored.size - mismatch.wanted) bytes behind the numbers were passed over")
    }
    return ENVIFile(
      header: pair.header, headerFile: pair.headerFile, file: pair.cube, notes: notes,
      stored: stored)
  }
}

extension ENVIFile: CubeReader {
  public var name: String { file.relativePath }
  public var shape: CubeShape {
    CubeShape(lines: header.lines, samples: header.samples, bands: header.bands)
  }
  public var wavelengths: [Wavelength]? { header.wavelengths }
  public var numberType: ScalarType { header.type }
  public var interleave: Interleave { header.interleave }
  public var badBands: [Int] { header.badBands }
  public var ignoreValue: Double? { header.ignoreValue }
  public var files: [URL] { [headerFile, file] }

  public var quantity: CubeQuantity {
    if let scale = header.reflectanceScaleFactor { return .reflectance(scale: scale) }
    if let scaling = header.scaling {
      return scaling.isReflectance ? .reflectance(scale: 1) : .untold
    }
    return header.type.isWhole ? .counts : .untold
  }

  public var storedLine: StoredLine? {
    guard header.interleave != .bsq, header.scaling == nil else { return nil }
    return StoredLine(
      type: header.type, byteOrder: header.byteOrder, interleave: header.interleave,
      byteCount: header.lineBytes)
  }

  /// Also of a cube with gains: the bytes are from before they are applied.
  public func readStored(lines: Range<Int>, into bytes: inout [UInt8]) throws {
    check(lines)
    precondition(
      header.interleave != .bsq, "\(name): lines are not stored in one piece")
    let count = lines.count * header.lineBytes
    CubeFile.resize(&bytes, to: count, filler: 0)
    try stored.read(
      from: header.headerOffset + lines.lowerBound * header.lineBytes, into: &bytes,
      range: 0..<count)
  }

  /// Of `bsq`, reads the lines' part of each band.
  public func read(lines: Range<Int>, into values: inout [Float]) throws {
    check(lines)
    CubeFile.resize(&values, to: lines.count * shape.valuesPerLine, filler: 0)
    try readUnscaled(lines: lines, into: &values)
    guard let scaling = header.scaling else { return }
    let ignored = header.ignoreValue.map(Float.init)
    for start in stride(from: 0, to: values.count, by: header.bands) {
      for band in 0..<header.bands where values[start + band] != ignored {
        values[start + band] = Float(
          Double(values[start + band]) * scaling.gains[band] + scaling.offsets[band])
      }
    }
  }

  private func readUnscaled(lines: Range<Int>, into values: inout [Float]) throws {
    if header.interleave == .bsq {
      try readPlanes(lines: lines, into: &values)
      return
    }
    let count = values.count
    var bytes: [UInt8] = []
    try readStored(lines: lines, into: &bytes)
    if header.interleave == .bip {
      header.type.decode(bytes, order: header.byteOrder, into: &values)
      return
    }
    var scratch = [Float](repeating: 0, count: count)
    header.type.decode(bytes, order: header.byteOrder, into: &scratch)
    for line in 0..<lines.count {
      transpose(
        scratch, rows: header.bands, columns: header.samples, into: &values,
        at: line * shape.valuesPerLine)
    }
  }

  /// Each band of these lines lies in one piece.
  private func readPlanes(lines: Range<Int>, into values: inout [Float]) throws {
    let size = header.type.byteCount
    let pixels = lines.count * header.samples
    let plane = header.lines * header.samples * size
    var bytes = [UInt8](repeating: 0, count: pixels * size)
    var picture = [Float](repeating: 0, count: pixels)
    let start = header.headerOffset + lines.lowerBound * header.samples * size
    for band in 0..<header.bands {
      try stored.read(from: start + band * plane, into: &bytes, range: 0..<bytes.count)
      header.type.decode(bytes, order: header.byteOrder, into: &picture)
      for pixel in 0..<pixels { values[pixel * header.bands + band] = picture[pixel] }
    }
  }
}

extension ENVIHeader {
  /// Bytes of one line.
  var lineBytes: Int { samples * bands * type.byteCount }

  /// Whether the cube grows, line by line, or did when its program was killed.
  var isStillRecorded: Bool {
    interleave != .bsq && self["line table"] != nil && self["recording state"] == nil
  }

  /// How a file of `size` bytes differs from what the header says; nil where it does not.
  func mismatch(size: Int) -> SizeMismatch? {
    let mismatch = SizeMismatch(
      lines: lines, samples: samples, bands: bands, interleave: interleave,
      bytesPerNumber: type.byteCount, headerOffset: headerOffset, found: size)
    return mismatch.wanted == size ? nil : mismatch
  }
}
