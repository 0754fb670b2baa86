import Foundation
import Hyperspectral
import Units

/// By how much each band's picture is shifted along the slit against the mean of all.
///
/// Source: Mouroulis, Green, Chrien, *Design of pushbroom imaging spectrometers for optimum
/// recovery of spectroscopic and spatial information*, Applied Optics 39, 2000.
public struct KeystoneCurve: Codable, Equatable, Sendable {
  /// Neighboring bands measured together.
  public struct Group: Codable, Equatable, Sendable {
    public var nanometers: Double
    /// Middle of the group, as a place among all bands.
    public var band: Double
    /// Shift to the right in the middle of the slit, in samples.
    public var pixels: Double
    /// Half the width of its 95 % interval.
    public var uncertainty: Double
    /// Shift at the last sample beyond that in the middle; the first has the opposite.
    public var pixelsAtEnd: Double
  }

  public var groups: [Group]
  /// Coefficients over v = −1 at the first band … 1 at the last, as
  /// `DetectorDistortion.keystoneColumns` wants them.
  public var columns: [Double]

  /// The group that is shifted most, anywhere along the slit.
  public var largest: (pixels: Double, nanometers: Double, uncertainty: Double) {
    let worst = groups.max { Self.extent($0) < Self.extent($1) }
    return worst.map { (Self.extent($0), $0.nanometers, $0.uncertainty) } ?? (0, 0, 0)
  }

  private static func extent(_ group: Group) -> Double {
    abs(group.pixels) + abs(group.pixelsAtEnd)
  }

  /// Measures the shifts on a cube that shows edges across the slit, such as a target's.
  ///
  /// Each group's picture is a factor times the mean picture, shifted, plus an offset; least
  /// squares give shift, its change along the slit, factor and offset.
  ///
  /// - Returns: nil where the cube shows no edges.
  public init?<State>(_ cube: Cube<State>, groups wanted: Int = 24) {
    var mean = ScanPicture(cube)
    guard mean.deviation > 1e-6, cube.samples > 16, cube.bands >= 2 else { return nil }
    let count = min(wanted, cube.bands)
    let parts = (0..<count).map { group -> (range: Range<Int>, picture: ScanPicture) in
      let range = (group * cube.bands / count)..<((group + 1) * cube.bands / count)
      return (range, ScanPicture(cube, bands: range))
    }
    groups = []
    for _ in 0..<2 {
      let shifts = parts.map { part in
        part.picture.deviation > 0.2 ? KeystoneShift(of: part.picture, against: mean) : nil
      }
      groups = zip(parts, shifts).compactMap { part, shift in
        shift.map { Group(part.range, $0, cube.wavelengths) }
      }
      // The mean of shifted pictures is blurred; the mean of those shifted back is not.
      mean =
        .aligned(zip(parts, shifts).compactMap { part, shift in shift.map { (part.picture, $0) } })
        ?? mean
    }
    guard groups.count >= 2 else { return nil }
    // The mean picture is itself a blend of shifted ones; only differences mean anything.
    let (middle, end) = (
      groups.reduce(0) { $0 + $1.pixels } / Double(groups.count),
      groups.reduce(0) { $0 + $1.pixelsAtEnd } / Double(groups.count)
    )
    for index in groups.indices {
      groups[index].pixels -= middle
      groups[index].pixelsAtEnd -= end
    }
    columns = Self.polynomial(groups, bands: cube.bands)
  }

  /// The parabola through the groups' shifts, or a straight line through few.
  private static func polynomial(_ groups: [Group], bands: Int) -> [Double] {
    let count = groups.count >= 5 ? 3 : 2
    var normal = [Double](repeating: 0, count: count * count)
    var right = [Double](repeating: 0, count: count)
    for group in groups {
      let v = 2 * group.band / Double(max(1, bands - 1)) - 1
      let row = [1, v, v * v]
      let weight = 1 / max(1e-6, group.uncertainty * group.uncertainty)
      for i in 0..<count {
        right[i] += weight * row[i] * group.pixels
        for j in 0..<count { normal[i * count + j] += weight * row[i] * row[j] }
      }
    }
    return LeastSquaresFit.solved(normal, right) ?? []
  }
}

extension KeystoneCurve.Group {
  fileprivate init(_ range: Range<Int>, _ shift: KeystoneShift, _ wavelengths: [Wavelength]) {
    let centers = range.map { wavelengths[$0].nanometers }
    self.init(
      nanometers: centers.reduce(0, +) / Double(centers.count),
      band: Double(range.lowerBound + range.upperBound - 1) / 2, pixels: shift.middle,
      uncertainty: shift.uncertainty, pixelsAtEnd: shift.end)
  }
}

extension ScanPicture {
  /// The mean of pictures, each shifted back along the samples.
  fileprivate static func aligned(_ pictures: [(ScanPicture, KeystoneShift)]) -> ScanPicture? {
    guard let first = pictures.first?.0 else { return nil }
    let (samples, lines) = (first.samples, first.lines)
    var values = [Float](repeating: 0, count: samples * lines)
    let half = Double(samples - 1) / 2
    let share = 1 / Float(pictures.count)
    for (picture, shift) in pictures {
      for sample in 0..<samples {
        let place = Double(sample) + shift.middle + shift.end * (Double(sample) / half - 1)
        let base = Int(place.rounded(.down))
        let weights = CubicWeights(place - Double(base))
        for line in 0..<lines {
          var value = 0.0
          for tap in 0..<4 {
            let column = min(max(base + tap - 1, 0), samples - 1)
            value += weights.values[tap] * Double(picture.values[line * samples + column])
          }
          values[line * samples + sample] += share * Float(value)
        }
      }
    }
    return ScanPicture(samples: samples, lines: lines, values: values)
  }
}

/// The shift of one picture against another along the samples.
private struct KeystoneShift {
  private(set) var middle = 0.0
  private(set) var end = 0.0
  private(set) var uncertainty = 0.0

  init?(of own: ScanPicture, against mean: ScanPicture) {
    for _ in 0..<4 {
      guard step(own, mean) else { return nil }
    }
    guard middle.isFinite, end.isFinite, abs(middle) < 8 else { return nil }
  }

  private mutating func step(_ own: ScanPicture, _ mean: ScanPicture) -> Bool {
    let (samples, lines) = (own.samples, own.lines)
    let half = Double(samples - 1) / 2
    var normal = [Double](repeating: 0, count: 16)
    var right = [Double](repeating: 0, count: 4)
    var square = 0.0
    var used = 0
    let (source, reference) = (own.values.span, mean.values.span)
    for sample in 4..<(samples - 4) {
      let u = Double(sample) / half - 1
      let place = Double(sample) - middle - end * u
      let base = Int(place.rounded(.down))
      guard base >= 2, base < samples - 3 else { continue }
      let weights = CubicWeights(place - Double(base))
      for line in 0..<lines {
        let start = line * samples
        var (value, slope) = (0.0, 0.0)
        for tap in 0..<4 {
          let index = start + base + tap - 1
          value += weights.values[tap] * Double(reference[index])
          slope += weights.values[tap] * Double(reference[index + 1] - reference[index - 1]) / 2
        }
        let row: [4 of Double] = [value, 1, -slope, -slope * u]
        let seen = Double(source[start + sample])
        square += seen * seen
        used += 1
        for i in 0..<4 {
          right[i] += row[i] * seen
          for j in 0..<4 { normal[i * 4 + j] += row[i] * row[j] }
        }
      }
    }
    guard used > 100, let found = LeastSquaresFit.solved(normal, right), abs(found[0]) > 0.05,
      let inverse = LeastSquaresFit.inverse(of: normal, size: 4)
    else { return false }
    middle += min(1, max(-1, found[2] / found[0]))
    end += min(1, max(-1, found[3] / found[0]))
    let rest = max(0, square - zip(found, right).reduce(0) { $0 + $1.0 * $1.1 })
    uncertainty = 1.96 * (rest / Double(used) * inverse[10]).squareRoot() / abs(found[0])
    return true
  }
}
