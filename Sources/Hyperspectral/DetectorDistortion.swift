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

  /// Nanometers by which a column's wavelengths exceed the named ones.
  public func smile(sample: Int, of samples: Int) -> Double {
    Self.polynomial(smileNanometers, at: Self.position(sample, of: samples))
  }

  /// Columns by which a band's picture is shifted.
  public func keystone(band: Int, of bands: Int) -> Double {
    Self.polynomial(keystoneColumns, at: Self.position(band, of: bands))
  }

  private static func position(_ number: Int, of count: Int) -> Double {
    count > 1 ? 2 * Double(number) / Double(count - 1) - 1 : 0
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
    let shifts = kept.map { distortion.keystone(band: $0, of: storedBands) }
    for sample in 0..<samples {
      for (band, shift) in shifts.enumerated() {
        let place = min(max(Double(sample) + shift, 0), Double(samples - 1))
        let left = Int(place)
        let right = min(left + 1, samples - 1)
        add(
          first: left * kept.count + band, second: right * kept.count + band,
          weight: Float(place - Double(left)))
      }
    }
  }

  /// Undoes smile on `[samples, bands]`, whose bands are in rising order of wavelength.
  ///
  /// A masked band lends nothing and stays masked; beyond the ends the outermost band is repeated.
  init(
    smile distortion: DetectorDistortion, samples: Int, wavelengths: [Wavelength],
    isMasked: [Bool]
  ) {
    let centers = wavelengths.map(\.nanometers)
    let bands = centers.count
    for sample in 0..<samples {
      let shift = distortion.smile(sample: sample, of: samples)
      var lower = 0
      for band in 0..<bands {
        // The light of the named wavelength fell where the column's own wavelength is that.
        let wanted = centers[band] - shift
        while lower + 2 < bands, centers[lower + 1] <= wanted { lower += 1 }
        let upper = min(lower + 1, bands - 1)
        let distance = centers[upper] - centers[lower]
        var weight = distance > 0 ? min(max((wanted - centers[lower]) / distance, 0), 1) : 0
        if isMasked[lower] { weight = 1 }
        if isMasked[upper] { weight = 0 }
        let start = sample * bands
        if isMasked[band] || isMasked[lower] && isMasked[upper] {
          add(first: start + band, second: start + band, weight: 0)
        } else {
          add(first: start + lower, second: start + upper, weight: Float(weight))
        }
      }
    }
  }
}
