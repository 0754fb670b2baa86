import Diagnostics
import Units

/// What the lines of a source look like; the same for all of its lines.
public struct LineFormat: Sendable, Equatable {
  /// The most samples of a line.
  public static let samplesLimit = 65_536
  /// The most bands of a line.
  public static let bandsLimit = 4096
  /// The most counts of a line: 32 MiB.
  public static let countsLimit = 1 << 24

  /// The camera as it names itself.
  public var camera: String
  /// Pixels across the belt.
  public var samples: Int
  public var bands: Int
  /// Center of each band; nil where the source does not tell.
  public var wavelengths: [Wavelength]?
  public var packing: CountPacking
  /// The count at which the detector is saturated.
  public var fullScale: UInt16
  /// Lines a second as the camera is set; nil where nobody knows.
  public var linesPerSecond: Double?
  /// Travel of the belt from line to line; nil where nobody knows.
  public var millimetersPerLine: Double?

  /// Traps where `bands` and `wavelengths` differ in number.
  public init(
    camera: String, samples: Int, bands: Int, wavelengths: [Wavelength]? = nil,
    packing: CountPacking = .uint16, fullScale: UInt16? = nil
  ) {
    precondition(
      wavelengths.map { $0.count == bands } ?? true,
      "line format: \(wavelengths?.count ?? 0) wavelengths for \(bands) bands")
    self.camera = camera
    self.samples = samples
    self.bands = bands
    self.wavelengths = wavelengths
    self.packing = packing
    self.fullScale = fullScale ?? packing.highestCount
  }

  /// Counts of one line.
  public var countsPerLine: Int { samples * bands }

  /// Bytes of one line as the camera sends it.
  public var bytesPerLine: Int { packing.byteCount(of: countsPerLine) }

  /// Refuses what no line scan camera has.
  public func check(place: String) throws(Complaint) {
    guard
      (1...Self.samplesLimit).contains(samples), (1...Self.bandsLimit).contains(bands),
      countsPerLine <= Self.countsLimit
    else {
      throw Complaint(
        place,
        "lines have \(samples) samples × \(bands) bands, at most \(Self.samplesLimit) samples, "
          + "\(Self.bandsLimit) bands and \(Self.countsLimit) counts are taken")
    }
  }

  /// Whether lines of both can lie in one cube.
  func agrees(with other: LineFormat) -> Bool {
    samples == other.samples && bands == other.bands && wavelengths == other.wavelengths
      && fullScale == other.fullScale
  }
}
