import Foundation
import Tensors
import Units

/// The extents of a cube.
public struct CubeShape: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Along the direction of travel.
  public let lines: Int
  /// Across it.
  public let samples: Int
  public let bands: Int

  public init(lines: Int, samples: Int, bands: Int) {
    self.lines = lines
    self.samples = samples
    self.bands = bands
  }

  /// Numbers in one line.
  public var valuesPerLine: Int { samples * bands }

  public var description: String { "\(lines) lines × \(samples) samples × \(bands) bands" }
}

/// How a file holds the numbers of a line, all of them side by side.
public struct StoredLine: Sendable, Equatable {
  public let type: ScalarType
  public let byteOrder: ByteOrder
  /// `bil` (bands, samples) or `bip` (samples, bands).
  public let interleave: Interleave
  /// Bytes of one line.
  public let byteCount: Int
}

/// What the numbers of a cube are, as far as the file tells.
public enum CubeQuantity: Sendable, Equatable {
  /// Whole numbers without a scale: counts of a detector.
  case counts
  /// Reflectance times `scale`, as the file says; 1 is a perfect white tile.
  case reflectance(scale: Double)
  /// Floating numbers of which the file says nothing: either of the two, and then the scale is 1.
  case untold
}

/// A cube in a file, read some lines at a time: a file larger than memory streams through.
///
/// Readers keep no position, so that several tasks may read at once.
public protocol CubeReader: Sendable {
  /// The file as messages name it.
  var name: String { get }
  var shape: CubeShape { get }
  /// Center of each band, as many as bands; nil where nothing tells.
  var wavelengths: [Wavelength]? { get }
  /// How a number is stored.
  var numberType: ScalarType { get }
  /// In which order the file holds the numbers.
  var interleave: Interleave { get }
  var quantity: CubeQuantity { get }
  /// Numbers of the bands that the file calls bad.
  var badBands: [Int] { get }
  /// Given for pixels that were not measured; may be not a number.
  var ignoreValue: Double? { get }
  /// What was assumed or passed over, with the evidence, for a person to read.
  var notes: [String] { get }
  /// All files that the cube is made of: first the one that describes it, such as the header.
  var files: [URL] { get }
  /// Names of the files beside it that would tell the wavelengths; empty where its own header
  /// would.
  var wavelengthFilesSought: [String] { get }
  /// How many lines to read at once where speed matters; their numbers fit into 64 MiB, or this
  /// is 1.
  var linesAtOnce: Int { get }

  /// Reads some lines, `[lines, samples, bands]`; `values` gets exactly that many numbers, and
  /// keeps its memory where it already has room.
  ///
  /// The numbers are as stored, but for a gain and offset of each band that the file tells.
  func read(lines: Range<Int>, into values: inout [Float]) throws

  /// How lines are stored, where `readStored` can give them; nil where a line is not stored in one
  /// piece, or where the stored numbers are not yet those of `read`.
  var storedLine: StoredLine? { get }

  /// Reads the bytes of some lines as they lie in the file, `storedLine.byteCount` for each.
  ///
  /// Only where `storedLine` is not nil.
  func readStored(lines: Range<Int>, into bytes: inout [UInt8]) throws
}

extension CubeReader {
  public var badBands: [Int] { [] }
  public var ignoreValue: Double? { nil }
  public var notes: [String] { [] }
  public var wavelengthFilesSought: [String] { [] }
  public var linesAtOnce: Int { CubeFile.linesAtOnce(of: shape) }
  public var storedLine: StoredLine? { nil }

  /// Traps: `storedLine` is nil.
  public func readStored(lines: Range<Int>, into bytes: inout [UInt8]) throws {
    preconditionFailure("\(name): lines are not stored in one piece")
  }

  /// Traps where `lines` are not lines of this cube.
  func check(_ lines: Range<Int>) {
    precondition(
      lines.lowerBound >= 0 && lines.upperBound <= shape.lines,
      "\(name): lines \(lines) of \(shape.lines)")
  }
}
