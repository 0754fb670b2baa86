import Units

/// Air that was ordered for a piece.
public struct BlastReport: Sendable, Codable, Equatable {
  public var piece: Int
  public var commandAt: LineInstant
  public var opensAt: LineInstant
  public var closesAt: LineInstant
  /// From where to where across the belt.
  public var fromMillimeters: Double
  public var toMillimeters: Double
  /// The nozzles that blow; nil where nobody knows them.
  public var nozzles: [Int]?

  public init(
    piece: Int, commandAt: LineInstant, opensAt: LineInstant, closesAt: LineInstant,
    acrossMillimeters: ClosedRange<Double>
  ) {
    self.piece = piece
    self.commandAt = commandAt
    self.opensAt = opensAt
    self.closesAt = closesAt
    fromMillimeters = acrossMillimeters.lowerBound
    toMillimeters = acrossMillimeters.upperBound
  }
}

/// A piece that left without a decision.
public struct LossReport: Sendable, Codable, Equatable {
  public var piece: Int
  /// One word of the pipeline's: `neverWhole`, `tooBrief`, `runEnded`.
  public var reason: String

  public init(piece: Int, reason: String) {
    self.piece = piece
    self.reason = reason
  }
}

/// What is in force on the line: changed as a whole, between two pieces.
public struct LineSetup: Sendable, Codable, Equatable {
  /// Where the frames come from.
  public var source: String
  public var bundle: String
  /// SHA-256 of the bundle's contents, 64 hexadecimal digits.
  public var bundleDigest: String
  /// The name of the rig's calibration.
  public var calibration: String
  public var recipe: String?
  /// What is sorted: a delivery, an order, a customer's lot.
  public var lot: String?
  /// The settings that differ from their defaults, by the key of a configuration.
  public var settings: [String: String]
  public var classes: [ShownClass]

  public init(
    source: String, bundle: String, bundleDigest: String, calibration: String,
    classes: [ShownClass]
  ) {
    self.source = source
    self.bundle = bundle
    self.bundleDigest = bundleDigest
    self.calibration = calibration
    settings = [:]
    self.classes = classes
  }

  /// What stands where nobody told what is in force.
  static let unknown = LineSetup(
    source: "unknown", bundle: "unknown", bundleDigest: "", calibration: "unknown", classes: [])
}
