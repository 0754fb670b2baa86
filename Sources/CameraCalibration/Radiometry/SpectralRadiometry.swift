import Hyperspectral
import Units

/// What dark and white recordings tell of a hyperspectral camera under its lamps.
public struct SpectralRadiometry: Codable, Equatable, Sendable {
  /// What one band sees.
  public struct Band: Codable, Equatable, Sendable {
    public var nanometers: Double
    /// Counts without light, the median over the columns.
    public var dark: Double
    /// Deviation of those counts from line to line.
    public var darkNoise: Double
    /// White minus dark, in counts, the median over the columns.
    public var signal: Double
    /// Signal over its deviation from line to line, of white; 0 where one line is all there is.
    public var signalToNoise: Double
    /// Share of the columns whose white is at the detector's end.
    public var saturatedShare: Double
    /// Largest deviation from a straight line over the integration times, in % of the largest
    /// signal; nil with fewer than two times that are not saturated.
    public var nonlinearityPercent: Double?
    /// Whether white is too near dark to tell anything; such a band is 0 in every pixel.
    public var isMasked: Bool
  }

  /// The signal at one integration time.
  public struct Exposure: Codable, Equatable, Sendable {
    public var milliseconds: Double
    /// White minus dark over the bands that carry light, in counts, the median.
    public var signal: Double
    /// What a straight line through the other times gives there.
    public var expected: Double
    /// Whether some band is at the detector's end, so that the line leaves it out.
    public var isSaturated: Bool
  }

  public var samples: Int
  public var bands: [Band]
  /// White minus dark of each column over its brightest place, over the bands that carry light.
  public var falloff: [Double]
  /// Columns whose light differs from that of their neighbors in all bands: dirt on tile, window
  /// or slit.
  public var dirtyColumns: [Int]
  public var defects: [DetectorDefect]
  public var exposures: [Exposure]
  /// The count taken as the detector's largest.
  public var saturation: Double
  /// The brightest white over dark, as a share of the room between dark and `saturation`.
  public var fillShare: Double
  /// Time at which dark and white were taken, in milliseconds; nil where nothing tells.
  public var integrationMilliseconds: Double?
  /// The time that would fill 85 % of the detector's range, where the present one is known; else
  /// the factor by which to expose longer.
  public var suggestedMilliseconds: Double?
  public var suggestedFactor: Double
  /// Counts at no integration time at all, where several dark recordings tell.
  public var bias: Double?
  public var tile: TileCertificate?
  /// Age of dark and white, in days, when they were used.
  public var darkAgeDays: Double?
  public var whiteAgeDays: Double?
  /// Lines that were averaged.
  public var darkLines: Int
  public var whiteLines: Int
}

/// A white tile's own reflectance, with where it comes from.
public struct TileCertificate: Codable, Equatable, Sendable {
  public var name: String
  /// Who measured it, when, and the number of the certificate.
  public var source: String
  public var reflectance: TileReflectance

  public init(name: String, source: String, reflectance: TileReflectance) {
    self.name = name
    self.source = source
    self.reflectance = reflectance
  }
}

/// What radiometry is held to.
public struct RadiometryLimits: Codable, Equatable, Sendable {
  /// White fills less than this share of the detector's range: too dark.
  public var leastFill = 0.4
  /// Signal over noise of the median band, at least.
  public var leastSignalToNoise = 100.0
  /// Largest deviation from a straight line over integration times, in %.
  public var nonlinearityPercent = 2.0
  /// The darkest column has at least this share of the brightest one's light.
  public var leastFalloff = 0.5
  /// Share of defective detector elements, in %.
  public var defectPercent = 1.0
  /// A white reference older than this is to be taken again.
  public var ageDays = 7.0
  /// CIEDE2000 color difference of a chart after correction, the mean over its patches.
  public var colorDifference = 4.0

  public init() {}
}
