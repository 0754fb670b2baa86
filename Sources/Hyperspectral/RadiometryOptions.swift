import Diagnostics
import Units

/// How counts become reflectance; the defaults suit references taken with the sample's exposure.
public struct RadiometryOptions: Sendable, Equatable, Codable {
  public var integrationTimes = IntegrationTimes()
  /// What the white tile returns; empty is a perfect white.
  public var tile = TileReflectance()
  /// White minus dark below this share of its best band carries no signal.
  public var floor: Double = 0.01
  /// The detector's largest count; nil takes the next of 8, 10, 12, 14 or 16 bits above all counts.
  public var saturation: Double?
  /// Reflectance is clipped to 0…`ceiling`; glints exceed 1.
  public var ceiling: Double = 1.2
  /// Share of a reference's lines that is left out at each end before the mean is taken; 0 is the
  /// mean of all, 0.5 the median.
  public var trimmedShare: Double = 0.2
  public var defects = DefectSearch()

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&integrationTimes, .integrationTimes)
    try values.read(&tile, .tile)
    try values.read(&floor, .floor)
    saturation = try values.decodeIfPresent(Double.self, forKey: .saturation)
    try values.read(&ceiling, .ceiling)
    try values.read(&trimmedShare, .trimmedShare)
    try values.read(&defects, .defects)
    try values.check(.floor, "a share below 1", floor >= 0 && floor < 1)
    try values.check(.saturation, "a count above 0", (saturation ?? 1) > 0)
    try values.check(.ceiling, "a reflectance above 0", ceiling > 0 && ceiling.isFinite)
    try values.check(.trimmedShare, "0 to 0.5", (0...0.5).contains(trimmedShare))
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case integrationTimes, tile, floor, saturation, ceiling, trimmedShare, defects
  }
}

/// How long the detector collected light; only the ratios count, so any unit will do.
public struct IntegrationTimes: Sendable, Equatable, Codable {
  public var sample: Double = 1
  public var dark: Double = 1
  public var white: Double = 1
  /// Counts at no integration time at all.
  ///
  /// Where it is known, what the dark reference has above it grows with the integration time;
  /// else the dark level counts as the same for all times.
  public var bias: Double?

  public init(sample: Double = 1, dark: Double = 1, white: Double = 1, bias: Double? = nil) {
    self.sample = sample
    self.dark = dark
    self.white = white
    self.bias = bias
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&sample, .sample)
    try values.read(&dark, .dark)
    try values.read(&white, .white)
    bias = try values.decodeIfPresent(Double.self, forKey: .bias)
    try values.check(.sample, "a time above 0", sample > 0 && sample.isFinite)
    try values.check(.dark, "a time above 0", dark > 0 && dark.isFinite)
    try values.check(.white, "a time above 0", white > 0 && white.isFinite)
  }

  enum CodingKeys: String, CodingKey, CaseIterable { case sample, dark, white, bias }

  /// The dark reference's level at another integration time.
  func dark(_ level: Float, at time: Double) -> Float {
    guard let bias else { return level }
    return Float(bias + (Double(level) - bias) * time / dark)
  }
}

/// The white tile's own reflectance: points of its certificate, straight lines between them, and
/// the outermost values beyond them.
///
/// In JSON a list of pairs: `[[400, 0.985], [1000, 0.992]]`, nanometers and reflectance.
public struct TileReflectance: Sendable, Equatable, Codable {
  /// One point of a certificate.
  public struct Point: Sendable, Equatable {
    public let wavelength: Wavelength
    /// As a share of the light received, above 0.
    public let reflectance: Double

    public init(_ wavelength: Wavelength, _ reflectance: Double) {
      self.wavelength = wavelength
      self.reflectance = reflectance
    }
  }

  /// In rising order of wavelength.
  public let points: [Point]

  public init(_ points: [Point] = []) {
    precondition(points.allSatisfy { $0.reflectance > 0 }, "tile: a reflectance above 0 wanted")
    self.points = points.sorted { $0.wavelength < $1.wavelength }
  }

  /// A tile that returns the same at all wavelengths.
  public init(_ reflectance: Double) {
    self.init([Point(Wavelength(nanometers: 500), reflectance)])
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let pairs = try container.decode([[Double]].self)
    guard pairs.allSatisfy({ $0.count == 2 && $0[0] > 0 && $0[1] > 0 }) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "pairs of nanometers and reflectance above 0 were wanted")
    }
    self.init(pairs.map { Point(Wavelength(nanometers: $0[0]), $0[1]) })
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(points.map { [$0.wavelength.nanometers, $0.reflectance] })
  }

  /// What the tile returns at a wavelength.
  public func callAsFunction(_ wavelength: Wavelength) -> Double {
    guard let first = points.first, let last = points.last else { return 1 }
    guard let above = points.firstIndex(where: { $0.wavelength >= wavelength }) else {
      return last.reflectance
    }
    guard above > 0 else { return first.reflectance }
    let (low, high) = (points[above - 1], points[above])
    let share =
      (wavelength.nanometers - low.wavelength.nanometers)
      / (high.wavelength.nanometers - low.wavelength.nanometers)
    return low.reflectance + share * (high.reflectance - low.reflectance)
  }
}

extension KeyedDecodingContainer {
  /// Replaces the default where the file names the key.
  func read<Value: Decodable>(_ value: inout Value, _ key: Key) throws {
    if let found = try decodeIfPresent(Value.self, forKey: key) { value = found }
  }

  /// Refuses a value of which `holds` is false, and says what was wanted.
  func check(_ key: Key, _ wanted: String, _ holds: Bool) throws {
    guard !holds else { return }
    throw DecodingError.dataCorruptedError(
      forKey: key, in: self, debugDescription: "\(wanted) was wanted")
  }
}
