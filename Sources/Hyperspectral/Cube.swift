import Units

/// Digital numbers as the detector gave them.
public enum RawCounts: Sendable {}
/// Light returned as a share of the light received; 1 is a perfect white tile.
public enum Reflectance: Sendable {}

/// A hyperspectral cube, `[lines, samples, bands]`, row-major (band interleaved by pixel), `Float`.
///
/// `State` says what the numbers are, so that counts never enter where reflectance is wanted.
public struct Cube<State>: Sendable {
  public let lines: Int
  public let samples: Int
  public let bands: Int
  /// Center of each band; as many as bands.
  public let wavelengths: [Wavelength]
  /// `lines · samples · bands` numbers.
  public var values: [Float]

  public init(lines: Int, samples: Int, wavelengths: [Wavelength], values: [Float]) {
    precondition(
      values.count == lines * samples * wavelengths.count,
      "cube \(lines) × \(samples) × \(wavelengths.count): \(values.count) values")
    self.lines = lines
    self.samples = samples
    bands = wavelengths.count
    self.wavelengths = wavelengths
    self.values = values
  }

  /// The spectrum of one pixel, `[bands]`.
  public func spectrum(line: Int, sample: Int) -> [Float] {
    let start = (line * samples + sample) * bands
    return Array(values[start..<(start + bands)])
  }
}
