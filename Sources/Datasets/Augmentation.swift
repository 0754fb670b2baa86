import Tensors

/// Random changes to paired samples while training: both sensors are turned alike, and each has
/// its own photometry.
///
/// Source: the ranges follow common practice for push-broom cameras (gain within 20 %, a slope,
/// an offset, lost bands). Photometry is written for the recipe's standardized numbers.
public struct Augmentation: Codable, Equatable, Sendable {
  /// Mirrors both crops, the same way.
  public var flips: Bool
  /// Turns both crops by the same number of quarter turns.
  public var quarterTurns: Bool
  public var spectra: SpectralPhotometry
  public var color: ColorPhotometry

  /// What may vary in a spectrum.
  ///
  /// All are half-widths around no change, but for the last two.
  public struct SpectralPhotometry: Codable, Equatable, Sendable {
    /// Share by which the light may be stronger or weaker.
    public var gain: Float
    /// Share by which the light may lean from the shortest to the longest wavelength.
    public var slope: Float
    /// Reflectance that stray light may add.
    public var offset: Float
    /// Probability that a band is lost (set to its mean).
    public var bandDropout: Float
    /// Deviation of noise, in deviations of the band.
    public var noise: Float

    public init(
      gain: Float = 0, slope: Float = 0, offset: Float = 0, bandDropout: Float = 0,
      noise: Float = 0
    ) {
      self.gain = gain
      self.slope = slope
      self.offset = offset
      self.bandDropout = bandDropout
      self.noise = noise
    }
  }

  /// What may vary in a picture.
  public struct ColorPhotometry: Codable, Equatable, Sendable {
    /// Share by which the exposure may be longer or shorter.
    public var exposure: Float
    /// Share by which each channel may be brighter or darker on its own.
    public var whiteBalance: Float
    /// Probability of a slight blur (binomial, 3 × 3).
    public var blurProbability: Float
    /// Deviation of noise, in deviations of the channel.
    public var noise: Float

    public init(
      exposure: Float = 0, whiteBalance: Float = 0, blurProbability: Float = 0, noise: Float = 0
    ) {
      self.exposure = exposure
      self.whiteBalance = whiteBalance
      self.blurProbability = blurProbability
      self.noise = noise
    }
  }

  public init(
    flips: Bool, quarterTurns: Bool, spectra: SpectralPhotometry = SpectralPhotometry(),
    color: ColorPhotometry = ColorPhotometry()
  ) {
    self.flips = flips
    self.quarterTurns = quarterTurns
    self.spectra = spectra
    self.color = color
  }

  /// No change at all.
  public static let none = Augmentation(flips: false, quarterTurns: false)
  /// Mirrors and turns only.
  public static let geometry = Augmentation(flips: true, quarterTurns: true)
  /// Mirrors, turns and the usual photometry.
  public static let standard = Augmentation(
    flips: true, quarterTurns: true,
    spectra: SpectralPhotometry(
      gain: 0.2, slope: 0.1, offset: 0.01, bandDropout: 0.05, noise: 0.02),
    color: ColorPhotometry(
      exposure: 0.15, whiteBalance: 0.04, blurProbability: 0.25, noise: 0.02))
}

/// One of the eight ways to lay a square on itself.
struct SquareTurn: Equatable {
  let isMirrored: Bool
  /// Quarter turns clockwise, 0 to 3, after mirroring.
  let quarters: Int

  static func random(
    _ augmentation: Augmentation, using random: inout some RandomNumberGenerator
  ) -> SquareTurn {
    // Both are drawn always, so that leaving one out does not change the rest of the run.
    let (mirror, quarters) = (random.nextIndex(below: 2), random.nextIndex(below: 4))
    return SquareTurn(
      isMirrored: augmentation.flips && mirror == 1,
      quarters: augmentation.quarterTurns ? quarters : 0)
  }

  /// The pixel, row · size + column, that goes to `row`, `column`.
  func source(row: Int, column: Int, size: Int) -> Int {
    var (y, x) = (row, column)
    for _ in 0..<quarters { (y, x) = (size - 1 - x, y) }
    return y * size + (isMirrored ? size - 1 - x : x)
  }

  /// Turns a square of pixels, `[size, size, channels]`, in place.
  func apply(to values: inout [Float], at start: Int, size: Int, channels: Int) {
    if !isMirrored, quarters == 0 { return }
    let old = Array(values[start..<(start + size * size * channels)])
    var place = start
    for row in 0..<size {
      for column in 0..<size {
        let from = source(row: row, column: column, size: size) * channels
        for channel in 0..<channels {
          values[place] = old[from + channel]
          place += 1
        }
      }
    }
  }
}
