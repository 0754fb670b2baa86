import Diagnostics
import Foundation
import Tensors
import Units

extension ENVIFile {
  /// Writes counts, little endian, and gives the header's file.
  ///
  /// - Parameters:
  ///   - file: The header (`x.hdr`, the numbers go to `x.raw`) or the file of numbers (any other
  ///     ending, the header goes to its name with the ending `.hdr`).
  ///   - type: A type that ENVI knows; whole types round and stay inside their range.
  ///   - fields: More of the header, such as `header.fields` of the cube that this one came from:
  ///     all survive but those that were applied to the numbers on the way (gain, offset, scale,
  ///     ignored number).
  @discardableResult
  public static func write(
    _ cube: Cube<RawCounts>, to file: URL, interleave: Interleave = .bil,
    type: ScalarType = .uint16, fields: [ENVIHeader.Field] = []
  ) throws -> URL {
    try write(
      cube, to: file, layout: layout(cube, interleave, type),
      meaning: .init(wavelengths: cube.wavelengths), fields: fields)
  }

  /// Writes reflectance; whole types store it 10,000 times, which the header tells.
  @discardableResult
  public static func write(
    _ cube: Cube<Reflectance>, to file: URL, interleave: Interleave = .bil,
    type: ScalarType = .float32, fields: [ENVIHeader.Field] = []
  ) throws -> URL {
    let scale: Float = type.isWhole ? 10_000 : 1
    var cube = cube
    if scale != 1 { for index in cube.values.indices { cube.values[index] *= scale } }
    return try write(
      cube, to: file, layout: layout(cube, interleave, type),
      meaning: .init(wavelengths: cube.wavelengths, scaleFactor: Double(scale)), fields: fields)
  }

  private static func layout<State>(
    _ cube: Cube<State>, _ interleave: Interleave, _ type: ScalarType
  ) -> ENVILayout {
    ENVILayout(samples: cube.samples, bands: cube.bands, type: type, interleave: interleave)
  }

  private static func write<State>(
    _ cube: Cube<State>, to file: URL, layout: ENVILayout, meaning: ENVIHeader.Meaning,
    fields: [ENVIHeader.Field]
  ) throws -> URL {
    let (headerFile, numbersFile) = ENVIPair.names(for: file)
    let partial = ENVIPair.partial(of: numbersFile)
    let handle = try GrowingFile.create(partial, named: numbersFile.relativePath)
    do {
      try write(cube, layout: layout, to: handle)
      try handle.close()
    } catch {
      // The error that stopped the writing is the one that matters.
      try? FileManager.default.removeItem(at: partial)
      throw GrowingFile.refusal(error, unfinished: numbersFile.relativePath)
    }
    // The header comes last: who finds it finds the numbers that it describes.
    try GrowingFile.move(partial, to: numbersFile)
    let text = ENVIHeader.text(
      layout, lines: "\(cube.lines)", meaning: meaning, fields: fields)
    try AtomicFile.write(text, to: headerFile)
    return headerFile
  }

  /// A line or a band at a time.
  private static func write<State>(
    _ cube: Cube<State>, layout: ENVILayout, to handle: FileHandle
  ) throws {
    let row = cube.samples * cube.bands
    guard layout.interleave == .bsq else {
      for line in 0..<cube.lines {
        let values = Array(cube.values[(line * row)..<((line + 1) * row)])
        try handle.write(contentsOf: layout.bytes(ofLines: values))
      }
      return
    }
    let pixels = cube.lines * cube.samples
    var picture = [Float](repeating: 0, count: pixels)
    for band in 0..<cube.bands {
      for pixel in 0..<pixels { picture[pixel] = cube.values[pixel * cube.bands + band] }
      try handle.write(contentsOf: layout.type.encode(picture, order: layout.byteOrder))
    }
  }
}
