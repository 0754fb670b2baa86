import Foundation

/// A line seen in a spectrum, with the fit that tells where it stands.
public struct SpectralPeak: Codable, Equatable, Sendable {
  /// Place of its middle, in bands from 0, between two of them as a rule.
  public var position: Double
  /// Standard deviation of `position`, in bands.
  public var deviation: Double
  /// Height over the background, in counts.
  public var height: Double
  /// Full width at half maximum, in bands.
  public var width: Double
  /// Whether a count of it is at the detector's end: its height and width then mean little.
  public var isSaturated: Bool
}

/// Finds lines in the spectrum of a lamp.
///
/// Each line is a Gaussian over a background that is straight beneath it, fitted by Gauss and
/// Newton's method; a saturated one is placed by its flanks alone.
struct PeakFinder {
  /// The count at which the detector is full.
  var saturation = Double.infinity
  /// A line stands so many deviations of the noise above the valleys beside it, at least.
  var sigmas = 6.0
  /// No position is known better than this, in bands: pixels differ.
  static let leastDeviation = 0.03

  /// The lines of a spectrum in rising order of position.
  func peaks(in spectrum: [Double]) -> [SpectralPeak] {
    guard spectrum.count >= 9, spectrum.allSatisfy(\.isFinite) else { return [] }
    let noise = Self.noise(of: spectrum)
    let extent = (spectrum.max() ?? 0) - (spectrum.min() ?? 0)
    let least = max(sigmas * noise, 0.002 * extent)
    let summits = summits(of: spectrum, least: least)
    guard !summits.isEmpty else { return [] }
    let strongest = summits.sorted { $0.prominence > $1.prominence }.prefix(8)
    let width = median(strongest.map { Self.halfWidth(of: spectrum, at: $0.place, $0.prominence) })
    return summits.compactMap { summit in
      fit(spectrum, around: summit.place, width: max(1.5, width), noise: noise)
    }
  }

  /// The line nearest to where one is expected; nil where none stands out there.
  func peak(
    in spectrum: [Double], near place: Double, width: Double, noise: Double
  ) -> SpectralPeak? {
    let reach = max(1, Int((0.7 * width).rounded(.up)))
    let middle = Int(place.rounded())
    let (low, high) = (max(1, middle - reach), min(spectrum.count - 2, middle + reach))
    guard low <= high, let top = (low...high).max(by: { spectrum[$0] < spectrum[$1] })
    else { return nil }
    return fit(spectrum, around: top, width: width, noise: noise)
  }

  /// Deviation of the noise from band to band, robust against the lines themselves.
  static func noise(of spectrum: [Double]) -> Double {
    let bends = (1..<(spectrum.count - 1)).map { (index: Int) -> Double in
      let between = (spectrum[index - 1] + spectrum[index + 1]) / 2
      return abs(spectrum[index] - between)
    }.sorted()
    // A quarter of the values of a normal distribution is nearer to 0 than 0.3186 deviations.
    let quarter = bends[bends.count / 4] / 0.3186 / 1.5.squareRoot()
    return max(quarter, 1e-9)
  }

  private func summits(
    of spectrum: [Double], least: Double
  ) -> [(place: Int, prominence: Double)] {
    var found: [(place: Int, prominence: Double)] = []
    var place = 1
    while place < spectrum.count - 1 {
      var end = place
      while end + 1 < spectrum.count, spectrum[end + 1] == spectrum[place] { end += 1 }
      if spectrum[place] > spectrum[place - 1], end + 1 < spectrum.count,
        spectrum[end + 1] < spectrum[place]
      {
        let height = spectrum[place]
        var left = height
        for index in stride(from: place - 1, through: 0, by: -1) {
          if spectrum[index] > height { break }
          left = min(left, spectrum[index])
        }
        var right = height
        for index in (end + 1)..<spectrum.count {
          if spectrum[index] > height { break }
          right = min(right, spectrum[index])
        }
        let prominence = height - max(left, right)
        if prominence >= least { found.append(((place + end) / 2, prominence)) }
      }
      place = end + 1
    }
    return found
  }

  private static func halfWidth(
    of spectrum: [Double], at place: Int, _ prominence: Double
  ) -> Double {
    let level = spectrum[place] - prominence / 2
    func crossing(_ step: Int) -> Double {
      var index = place
      while spectrum.indices.contains(index + step), spectrum[index + step] > level {
        index += step
      }
      guard spectrum.indices.contains(index + step) else { return Double(abs(index - place)) }
      let (above, below) = (spectrum[index], spectrum[index + step])
      return Double(abs(index - place)) + (above - level) / max(above - below, 1e-12)
    }
    return crossing(1) + crossing(-1)
  }

  /// Height, middle, deviation of a Gaussian, level and slope of the background.
  private func fit(
    _ spectrum: [Double], around place: Int, width: Double, noise: Double
  ) -> SpectralPeak? {
    let reach = max(3, Int((1.4 * width).rounded()))
    let window = max(0, place - reach)...min(spectrum.count - 1, place + reach)
    guard window.count >= 6 else { return nil }
    let isSaturated = window.contains {
      abs($0 - place) <= reach / 2 && spectrum[$0] >= saturation
    }
    let places = window.filter { spectrum[$0] < saturation }
    guard places.count >= 6 else { return nil }
    let floor = window.map { spectrum[$0] }.min() ?? 0
    var shape = GaussianLine(
      height: max(spectrum[place] - floor, 1e-9), middle: Double(place),
      deviation: width / GaussianLine.widthOfDeviation, level: floor, slope: 0,
      origin: Double(place))
    let usual = shape.deviation
    var covariance: LinearLeastSquares?
    for _ in 0..<25 {
      let rows = places.map { shape.gradient(at: Double($0)) }
      let rests = places.map { spectrum[$0] - shape(Double($0)) }
      guard
        let step = LinearLeastSquares(
          rows: rows, values: rests, weights: [Double](repeating: 1, count: rows.count))
      else { return nil }
      covariance = step
      let change = shape.move(by: step.solution, usual: usual)
      if change < 1e-6 { break }
    }
    guard let covariance, abs(shape.middle - Double(place)) < max(2, width) else { return nil }
    guard shape.height > 3 * noise else { return nil }
    let rests = places.map { spectrum[$0] - shape(Double($0)) }
    let freedom = Double(max(1, places.count - 5))
    let variance = max(
      noise * noise, rests.reduce(0) { $0 + $1 * $1 } / freedom)
    let deviation = (variance * covariance.covariance[1 * 5 + 1]).squareRoot()
    guard deviation.isFinite, deviation < width else { return nil }
    return SpectralPeak(
      position: shape.middle,
      deviation: max(Self.leastDeviation, deviation),
      height: shape.height, width: shape.deviation * GaussianLine.widthOfDeviation,
      isSaturated: isSaturated)
  }
}

/// A Gaussian on a straight background.
private struct GaussianLine {
  /// Full width at half maximum of a Gaussian with deviation 1: 2·√(2·ln 2).
  static let widthOfDeviation = 2.354_820_045_030_949

  var height: Double
  var middle: Double
  var deviation: Double
  var level: Double
  var slope: Double
  /// Where the background has its level.
  let origin: Double

  func callAsFunction(_ x: Double) -> Double {
    let z = (x - middle) / deviation
    return height * gaussian(z) + level + slope * (x - origin)
  }

  func gradient(at x: Double) -> [Double] {
    let z = (x - middle) / deviation
    let bell = gaussian(z)
    return [
      bell, height * bell * z / deviation, height * bell * z * z / deviation, 1, x - origin,
    ]
  }

  /// Moves the shape and keeps it one; returns by how much its middle moved, in deviations.
  mutating func move(by step: [Double], usual: Double) -> Double {
    let shift = min(max(step[1], -deviation), deviation)
    height = max(height + step[0], height / 10)
    middle += shift
    deviation = min(
      max(deviation + min(max(step[2], -deviation / 3), deviation / 3), usual / 2), usual * 2)
    level += step[3]
    slope += step[4]
    return abs(shift) / deviation
  }
}

/// e to the power of −z²/2.
func gaussian(_ z: Double) -> Double { Foundation.exp(-0.5 * z * z) }
