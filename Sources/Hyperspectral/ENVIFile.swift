import Diagnostics
import Foundation
import Tensors
import Units

/// A cube on disk: a text header and a file of numbers beside it.
public struct ENVIFile: Sendable {
  /// The largest header that is read: 16 MiB.
  public static let headerLimit = 16 << 20
  /// The most numbers that are read at once: 2³², 16 GiB in memory.
  public static let valueLimit = 1 << 32

  public let header: ENVIHeader
  public let headerFile: URL
  /// The file of numbers.
  public let file: URL
  /// What was assumed or passed over, with the evidence, for a person to read.
  public let notes: [String]

  /// Opens a cube by its header or by its file of numbers, and checks that they agree in size.
  public static func open(_ file: URL) throws -> ENVIFile {
    let pair = try ENVIPair.find(file)
    let size = try BoundedFile.size(of: pair.cube)
    var notes = pair.header.notes
    if let mismatch = pair.header.mismatch(size: size) {
      // A trailer shorter than a line cannot shift anything that comes before it.
      guard size > mismatch.wanted, size - mismatch.wanted < pair.header.lineBytes else {
        throw ENVIError(pair.cube.relativePath, .size(mismatch))
      }
      notes.append("\(size - mismatch.wanted) bytes behind the numbers were passed over")
    }
    return ENVIFile(
      header: pair.header, headerFile: pair.headerFile, file: pair.cube, notes: notes)
  }

  /// The stored numbers as raw counts; refused where the header says that they are reflectance.
  ///
  /// `lines` reads a part: only its bytes are touched.
  public func counts(lines: Range<Int>? = nil) throws -> Cube<RawCounts> {
    if let factor = header.reflectanceScaleFactor {
      throw ENVIError(file.relativePath, .isReflectance(factor: factor))
    }
    return try cube(lines: lines) { $0 }
  }

  /// Reflectance: stored numbers over the `reflectance scale factor` (1 for floating numbers
  /// without one).
  ///
  /// What is not a number, and what equals the `data ignore value`, becomes 0. All bands are kept;
  /// `header.badBands` tells those that the header calls bad.
  public func reflectance(lines: Range<Int>? = nil) throws -> Cube<Reflectance> {
    guard header.reflectanceScaleFactor != nil || !header.type.isWhole else {
      throw ENVIError(file.relativePath, .isCounts(header.type.rawValue))
    }
    let scale = Float(1 / (header.reflectanceScaleFactor ?? 1))
    let ignored = header.ignoreValue.map(Float.init)
    return try cube(lines: lines) { values in
      var scaled = values
      for index in scaled.indices {
        let value = scaled[index]
        scaled[index] = value.isFinite && value != ignored ? value * scale : 0
      }
      return scaled
    }
  }

  private func cube<State>(
    lines: Range<Int>?, _ change: ([Float]) -> [Float]
  ) throws -> Cube<State> {
    guard let wavelengths = header.wavelengths else {
      throw ENVIError(headerFile.relativePath, .noWavelengths)
    }
    let lines = lines ?? 0..<header.lines
    return Cube(
      lines: lines.count, samples: header.samples, wavelengths: wavelengths,
      values: change(try values(lines: lines)))
  }

  /// The stored numbers of some lines, `[lines, samples, bands]`.
  func values(lines: Range<Int>) throws -> [Float] {
    precondition(
      lines.lowerBound >= 0 && lines.upperBound <= header.lines,
      "ENVI: lines \(lines) of \(header.lines)")
    let (samples, bands) = (header.samples, header.bands)
    guard samples * bands <= Self.valueLimit / max(1, lines.count) else {
      throw ENVIError(
        file.relativePath, .extents(lines: lines.count, samples: samples, bands: bands))
    }
    guard let handle = try? FileHandle(forReadingFrom: file) else {
      throw Complaint(file.relativePath, "cannot be opened for reading")
    }
    defer { try? handle.close() }  // Reading is over; a failed close loses nothing.
    var values = [Float](repeating: 0, count: lines.count * samples * bands)
    switch header.interleave {
    case .bip, .bil:
      for (target, line) in lines.enumerated() {
        let row = try numbers(
          handle, from: line * samples * bands, count: samples * bands, size: lines.count)
        let start = target * samples * bands
        if header.interleave == .bip {
          values.replaceSubrange(start..<(start + samples * bands), with: row)
        } else {
          Self.transpose(row, rows: bands, columns: samples, into: &values, at: start)
        }
      }
    case .bsq:
      let plane = header.lines * samples
      for band in 0..<bands {
        let picture = try numbers(
          handle, from: band * plane + lines.lowerBound * samples, count: lines.count * samples,
          size: lines.count)
        for pixel in picture.indices { values[pixel * bands + band] = picture[pixel] }
      }
    }
    return values
  }

  private static func transpose(
    _ source: [Float], rows: Int, columns: Int, into target: inout [Float], at start: Int
  ) {
    for row in 0..<rows {
      for column in 0..<columns {
        target[start + column * rows + row] = source[row * columns + column]
      }
    }
  }

  private func numbers(
    _ handle: FileHandle, from first: Int, count: Int, size: Int
  ) throws -> [Float] {
    let bytes = count * header.type.byteCount
    try handle.seek(toOffset: UInt64(header.headerOffset + first * header.type.byteCount))
    var stored = Data()
    while stored.count < bytes,
      let piece = try handle.read(upToCount: bytes - stored.count), !piece.isEmpty
    {
      stored.append(piece)
    }
    guard stored.count == bytes else {
      throw Complaint(
        file.relativePath, "became shorter while it was read",
        remedy: "wait until the recording is complete")
    }
    return header.type.decoded(stored, order: header.byteOrder)
  }
}

extension ENVIHeader {
  /// Bytes of one line.
  var lineBytes: Int { samples * bands * type.byteCount }

  /// How a file of `size` bytes differs from what the header says; nil where it does not.
  func mismatch(size: Int) -> SizeMismatch? {
    let mismatch = SizeMismatch(
      lines: lines, samples: samples, bands: bands, interleave: interleave,
      bytesPerNumber: type.byteCount, headerOffset: headerOffset, found: size)
    return mismatch.wanted == size ? nil : mismatch
  }
}
