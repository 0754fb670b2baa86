import Diagnostics
import Foundation
import Tensors

extension ENVIFile {
  /// Writes the cube again in another order: the same numbers bit for bit, and every field of the
  /// header.
  ///
  /// Some lines at a time are in memory. Named as in `write`; gives the new header. `progress` gets
  /// the lines done so far; what it throws ends the writing, and nothing is left of it.
  @discardableResult
  public func rewrite(
    to file: URL, interleave: Interleave, byteOrder: ByteOrder = .little,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> URL {
    let layout = ENVILayout(
      samples: header.samples, bands: header.bands, type: header.type, interleave: interleave,
      byteOrder: byteOrder)
    let (headerFile, numbersFile) = ENVIPair.names(for: file)
    let partial = ENVIPair.partial(of: numbersFile)
    let handle = try GrowingFile.create(partial, named: numbersFile.relativePath)
    do {
      try copyNumbers(layout, to: handle, progress)
      try handle.close()
    } catch {
      // The error that stopped the writing is the one that matters.
      try? FileManager.default.removeItem(at: partial)
      if error is any Explained { throw error }
      throw GrowingFile.refusal(error, unfinished: numbersFile.relativePath)
    }
    try GrowingFile.move(partial, to: numbersFile)
    let meaning = ENVIHeader.Meaning(wavelengths: header.wavelengths, isAsStored: true)
    let text = ENVIHeader.text(
      layout, lines: "\(header.lines)", meaning: meaning, fields: header.fields)
    try AtomicFile.write(text, to: headerFile)
    return headerFile
  }

  private func copyNumbers(
    _ layout: ENVILayout, to handle: FileHandle, _ progress: (Int) throws -> Void
  ) throws {
    let size = header.type.byteCount
    var bytes: [UInt8] = []
    for first in stride(from: 0, to: header.lines, by: linesAtOnce) {
      let lines = first..<min(first + linesAtOnce, header.lines)
      try readBlock(lines: lines, into: &bytes)
      let part = CubeShape(lines: lines.count, samples: header.samples, bands: header.bands)
      let ordered = reordered(
        bytes, shape: part, type: header.type, from: (header.interleave, header.byteOrder),
        to: (layout.interleave, layout.byteOrder))
      guard layout.interleave == .bsq else {
        try handle.write(contentsOf: ordered)
        try progress(lines.upperBound)
        continue
      }
      let row = header.samples * size
      for band in 0..<header.bands {
        try handle.seek(toOffset: UInt64((band * header.lines + first) * row))
        try handle.write(
          contentsOf: ordered[(band * lines.count * row)..<((band + 1) * lines.count * row)])
      }
      try progress(lines.upperBound)
    }
  }

  /// The bytes of some lines in the order of the file; of bands stored one behind the other, the
  /// lines' part of each.
  private func readBlock(lines: Range<Int>, into bytes: inout [UInt8]) throws {
    guard header.interleave == .bsq else {
      try readStored(lines: lines, into: &bytes)
      return
    }
    let row = header.samples * header.type.byteCount
    let part = lines.count * row
    CubeFile.resize(&bytes, to: header.bands * part, filler: 0)
    for band in 0..<header.bands {
      try stored.read(
        from: header.headerOffset + (band * header.lines + lines.lowerBound) * row, into: &bytes,
        range: (band * part)..<((band + 1) * part))
    }
  }
}
