import Foundation
import Tensors
import Units

/// In which order a file holds the numbers of a cube, slowest first.
public enum Interleave: String, Sendable, Codable, CaseIterable {
  /// Lines, bands, samples: as a push-broom camera gives them.
  case bil
  /// Lines, samples, bands: as models want them.
  case bip
  /// Bands, lines, samples: one picture behind the other.
  case bsq
}

/// What an ENVI header says about the file of numbers beside it.
///
/// Source: NV5 Geospatial, *ENVI Header Files*, product documentation.
public struct ENVIHeader: Sendable, Equatable {
  /// A field as it was written; `value` without its braces where it is a list.
  public struct Field: Sendable, Equatable {
    /// In small letters with single blanks, as it is looked up.
    public let name: String
    /// As it was written.
    public let spelling: String
    public let value: String
    public let isList: Bool

    public init(name: String, value: String, isList: Bool) {
      spelling = name
      self.name = name.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
      self.value = value
      self.isList = isList
    }

    /// The list's entries, or the one value.
    public var entries: [String] {
      value.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    }
  }

  public let lines: Int
  public let samples: Int
  public let bands: Int
  public let interleave: Interleave
  /// How one number is stored.
  public let type: ScalarType
  public let byteOrder: ByteOrder
  /// Bytes in front of the numbers.
  public let headerOffset: Int
  /// Center of each band; nil where the header does not tell.
  public let wavelengths: [Wavelength]?
  /// Stored numbers over this are reflectance; nil where the header does not tell.
  public let reflectanceScaleFactor: Double?
  /// Numbers of the bands that the header calls bad (`bbl`).
  public let badBands: [Int]
  /// Stored for pixels that were not measured; may be not a number.
  public let ignoreValue: Double?
  /// What the stored numbers of each band are multiplied by, and what is added; nil where the
  /// header does not tell.
  public let scaling: BandScaling?
  /// Full width at half maximum of each band, in nanometers; nil where the header does not tell.
  public let bandwidths: [Double]?
  /// Numbers of the bands to look at first: red, green, blue, or one gray; empty where the header
  /// does not tell.
  public let defaultBands: [Int]
  /// When the recording began; where the header names no time zone, in Greenwich's.
  public let acquisitionTime: Date?
  public let kind: Kind
  /// Names of the classes of a classification, from class 0.
  public let classNames: [String]
  /// Red, green and blue of each class, 0 to 255.
  public let classColors: [[UInt8]]
  /// All fields in their order, those above included.
  public let fields: [Field]
  /// What was assumed or passed over, with the evidence, for a person to read.
  public let notes: [String]

  /// What a file with such a header is.
  public enum Kind: Sendable, Equatable {
    case cube
    /// Each number is a class.
    case classification
    /// Each line is a spectrum.
    case spectralLibrary
  }

  /// A gain and an offset for each band: value = stored · gain + offset.
  public struct BandScaling: Sendable, Equatable {
    public let gains: [Double]
    public let offsets: [Double]
    /// Whether the values are reflectance.
    public let isReflectance: Bool
  }

  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The whole numbers by which files name types; 6 and 9 are complex.
  static let typeCodes: [Int: ScalarType] = [
    1: .uint8, 2: .int16, 3: .int32, 4: .float32, 5: .float64, 12: .uint16, 13: .uint32,
    14: .int64, 15: .uint64,
  ]

  /// Reads a header's text; `place` names it in errors.
  public init(_ bytes: Data, place: String) throws(ENVIError) {
    let text = try ENVIText(bytes, place: place)
    let reader = ENVIFieldReader(fields: text.fields, place: place)
    var notes = text.notes
    lines = try reader.count("lines")
    samples = try reader.count("samples")
    bands = try reader.count("bands")
    interleave = try reader.interleave()
    type = try reader.type()
    byteOrder = try reader.byteOrder(type: type, notes: &notes)
    headerOffset = try reader.offset()
    kind = try reader.kind()
    // In a library a sample is what a band is elsewhere.
    let listed = kind == .spectralLibrary && bands == 1 ? samples : bands
    wavelengths = try reader.wavelengths(bands: listed, notes: &notes)
    reflectanceScaleFactor = try reader.scaleFactor()
    badBands = try reader.badBands(of: listed, notes: &notes)
    ignoreValue = try reader.ignoreValue()
    scaling = try reader.scaling(bands: listed, notes: &notes)
    bandwidths = reader.bandwidths(bands: listed, wavelengths: wavelengths, notes: &notes)
    defaultBands = reader.defaultBands(of: listed, notes: &notes)
    acquisitionTime = reader.acquisitionTime(notes: &notes)
    classNames = reader.field("class names")?.entries ?? []
    classColors = reader.classColors(notes: &notes)
    fields = text.fields
    self.notes = notes
    guard byteCount != nil else {
      throw ENVIError(place, .extents(lines: lines, samples: samples, bands: bands))
    }
  }

  /// Bytes of the numbers, without the offset; nil where they exceed what a machine can count.
  var byteCount: Int? {
    var count = type.byteCount
    for extent in [lines, samples, bands] {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      if overflows { return nil }
      count = product
    }
    return count.addingReportingOverflow(headerOffset).overflow ? nil : count
  }
}
