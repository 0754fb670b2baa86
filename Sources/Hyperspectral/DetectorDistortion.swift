import Diagnostics
import Units

/// How the picture on the detector is bent: both errors vary slowly, so a polynomial each tells
/// them.
///
/// Source: Mouroulis, Green, Chrien, *Design of pushbroom imaging spectrometers for optimum
/// recovery of spectroscopic and spatial information*, Applied Optics 39, 2000.
public struct DetectorDistortion: Codable, Equatable, Sendable {
  /// Smile: by how many nanometers a column's true wavelengths exceed the named ones.
  ///
  /// Coefficients in rising order over u = −1 at the first column … 1 at the last.
  public var smileNanometers: [Double] = []
  /// Keystone: by how many columns a band's picture is shifted to the right.
  ///
  /// Coefficients in rising order over v = −1 at the first band … 1 at the last.
  public var keystoneColumns: [Double] = []

  public init(smileNanometers: [Double] = [], keystoneColumns: [Double] = []) {
    self.smileNanometers = smileNanometers
    self.keystoneColumns = keystoneColumns
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&smileNanometers, .smileNanometers)
    try values.read(&keystoneColumns, .keystoneColumns)
  }

  enum CodingKeys: String, CodingKey, CaseIterable { case smileNanometers, keystoneColumns }

  /// Whether there is nothing to undo.
  public var isNone: Bool { smileNanometers.isEmpty && keystoneColumns.isEmpty }

  /// Nanometers by which a column's wavelengths exceed the named ones; between two columns, too.
  public func smile(sample: Double, of samples: Int) -> Double {
    Self.polynomial(smileNanometers, at: Self.position(sample, of: samples))
  }

  /// Columns by which a band's picture is shifted.
  public func keystone(band: Int, of bands: Int) -> Double {
    Self.polynomial(keystoneColumns, at: Self.position(Double(band), of: bands))
  }

  private static func position(_ number: Double, of count: Int) -> Double {
    count > 1 ? 2 * number / Double(count - 1) - 1 : 0
  }

  /// The column, or place between two, at which a band saw what belongs to `sample`.
  func seen(_ sample: Int, band: Int, samples: Int, bands: Int) -> Double {
    min(max(Double(sample) + keystone(band: band, of: bands), 0), Double(samples - 1))
  }

  private static func polynomial(_ coefficients: [Double], at x: Double) -> Double {
    coefficients.reversed().reduce(0) { $0 * x + $1 }
  }
}

/// Each value of a line becomes a blend of two of its values: places and weights, made once.
struct LineBlend: Sendable, Equatable {
  /// `count` neighbors that blend what lies at `first` with what lies at `second`.
  struct Run: Sendable, Equatable {
    var target: Int
    var first: Int
    var second: Int
    var count: Int
  }

  private(set) var runs: [Run] = []
  /// How much the second value counts, for each place of the line.
  private(set) var weights: [Float] = []

  /// Adds the next place of the line.
  private mutating func add(first: Int, second: Int, weight: Float) {
    let place = weights.count
    weights.append(weight)
    if let last = runs.last, last.first + last.count == first, last.second + last.count == second {
      runs[runs.count - 1].count += 1
    } else {
      runs.append(Run(target: place, first: first, second: second, count: 1))
    }
  }

  /// Undoes keystone on `[samples, bands]`; beyond the border the outermost column is repeated.
  init(
    keystone distortion: DetectorDistortion, samples: Int, kept: [Int], of storedBands: Int
  ) {
    for sample in 0..<samples {
      for (band, stored) in kept.enumerated() {
        let place = distortion.seen(
          sample, band: stored, samples: samples, bands: storedBands)
        let left = Int(place)
        let right = min(left + 1, samples - 1)
        add(
          first: left * kept.count + band, second: right * kept.count + band,
          weight: Float(place - Double(left)))
      }
    }
  }

  /// Undoes smile on `[samples, kept]`, whose keystone is undone and whose bands are in rising
  /// order of wavelength.
  ///
  /// A masked band lends nothing and stays masked; beyond the ends the outermost band is repeated.
  init(
    smile distortion: DetectorDistortion, samples: Int, kept: [Int], wavelengths: [Wavelength],
    isMasked: [Bool]
  ) {
    let centers = kept.map { wavelengths[$0].nanometers }
    let bands = centers.count
    for sample in 0..<samples {
      // Keystone brought each band from a column of its own, with that column's smile.
      let own = kept.indices.map { band in
        let column = distortion.seen(
          sample, band: kept[band], samples: samples, bands: wavelengths.count)
        return centers[band] + distortion.smile(sample: column, of: samples)
      }
      let start = sample * bands
      var lower = 0
      for band in 0..<bands {
        // The light of the named wavelength fell where the column's own wavelength is that.
        while lower + 2 < bands, own[lower + 1] <= centers[band] { lower += 1 }
        let upper = min(lower + 1, bands - 1)
        let distance = own[upper] - own[lower]
        var weight =
          distance > 0 ? min(max((centers[band] - own[lower]) / distance, 0), 1) : 0
        if isMasked[lower] { weight = 1 }
        if isMasked[upper] { weight = 0 }
        if isMasked[band] || isMasked[lower] && isMasked[upper] {
          add(first: start + band, second: start + band, weight: 0)
        } else {
          add(first: start + lower, second: start + upper, weight: Float(weight))
        }
      }
    }
  }
}
