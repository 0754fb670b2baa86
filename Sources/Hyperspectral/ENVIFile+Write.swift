import Diagnostics
import Foundation
import Tensors

extension ENVIFile {
  /// What `write` decides itself; such fields of another header are left out.
  private static let ownFields: Set<String> = [
    "samples", "lines", "bands", "header offset", "file type", "data type", "interleave",
    "byte order", "wavelength", "wavelength units", "reflectance scale factor",
    "data ignore value", "file compression",
  ]

  /// Writes counts, little endian, and gives the header's file.
  ///
  /// - Parameters:
  ///   - file: The header (`x.hdr`, the numbers go to `x.raw`) or the file of numbers (any other
  ///     ending, the header goes to its name with the ending `.hdr`).
  ///   - type: A type that ENVI knows; whole types round and stay inside their range.
  ///   - fields: More of the header, such as `header.fields` of the cube that this one came from.
  @discardableResult
  public static func write(
    _ cube: Cube<RawCounts>, to file: URL, interleave: Interleave = .bil,
    type: ScalarType = .uint16, fields: [ENVIHeader.Field] = []
  ) throws -> URL {
    try write(
      cube, to: file, layout: (interleave, type), scaleFactor: nil, fields: fields)
  }

  /// Writes reflectance; whole types store it 10,000 times, which the header tells.
  @discardableResult
  public static func write(
    _ cube: Cube<Reflectance>, to file: URL, interleave: Interleave = .bil,
    type: ScalarType = .float32, fields: [ENVIHeader.Field] = []
  ) throws -> URL {
    try write(
      cube, to: file, layout: (interleave, type), scaleFactor: type.isWhole ? 10_000 : 1,
      fields: fields)
  }

  private static func write<State>(
    _ cube: Cube<State>, to file: URL, layout: (interleave: Interleave, type: ScalarType),
    scaleFactor: Float?, fields: [ENVIHeader.Field]
  ) throws -> URL {
    guard let code = ENVIHeader.typeCodes.first(where: { $0.value == layout.type })?.key else {
      preconditionFailure("ENVI has no \(layout.type) numbers")
    }
    let isHeader = file.pathExtension.lowercased() == "hdr"
    let stem = file.deletingPathExtension()
    let headerFile = isHeader ? file : stem.appendingPathExtension("hdr")
    let numbersFile = isHeader ? stem.appendingPathExtension("raw") : file

    var ordered = ordered(cube, by: layout.interleave)
    if let scaleFactor, scaleFactor != 1 {
      for index in ordered.indices { ordered[index] *= scaleFactor }
    }
    var text = """
      ENVI
      samples = \(cube.samples)
      lines = \(cube.lines)
      bands = \(cube.bands)
      header offset = 0
      file type = ENVI Standard
      data type = \(code)
      interleave = \(layout.interleave.rawValue)
      byte order = 0

      """
    if let scaleFactor { text += "reflectance scale factor = \(scaleFactor)\n" }
    for field in fields where !ownFields.contains(field.name) { text += Self.text(of: field) }
    let wavelengths = cube.wavelengths.map { "\($0.nanometers)" }.joined(separator: ",\n")
    text += "wavelength units = Nanometers\nwavelength = {\n\(wavelengths)}\n"

    // The header comes last: who finds it finds the numbers that it describes.
    try AtomicFile.write(layout.type.encoded(ordered), to: numbersFile)
    try AtomicFile.write(text, to: headerFile)
    return headerFile
  }

  private static func text(of field: ENVIHeader.Field) -> String {
    // A brace or a line break in a value would end it early when it is read again.
    let name = field.name.filter { !$0.isNewline && $0 != "=" }
    let value = field.value.filter { $0 != "}" }
    return field.isList
      ? "\(name) = {\(value)}\n"
      : "\(name) = \(value.split(whereSeparator: \.isNewline).joined(separator: " "))\n"
  }

  /// The cube's numbers in the order of the file.
  private static func ordered<State>(_ cube: Cube<State>, by interleave: Interleave) -> [Float] {
    let (lines, samples, bands) = (cube.lines, cube.samples, cube.bands)
    var ordered: [Float] = []
    switch interleave {
    case .bip: return cube.values
    case .bil:
      ordered.reserveCapacity(cube.values.count)
      for line in 0..<lines {
        for band in 0..<bands {
          for sample in 0..<samples {
            ordered.append(cube.values[(line * samples + sample) * bands + band])
          }
        }
      }
    case .bsq:
      ordered.reserveCapacity(cube.values.count)
      for band in 0..<bands {
        for pixel in 0..<(lines * samples) { ordered.append(cube.values[pixel * bands + band]) }
      }
    }
    return ordered
  }
}
