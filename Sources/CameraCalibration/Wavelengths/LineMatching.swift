import Foundation

/// Finds out which peak is which line, from a start that may be wrong by a fifth.
///
/// Triples of bright peaks are laid on triples of features; each gives a quadratic map from the
/// start's wavelengths to true ones. What all peaks and all features say to the best maps is their
/// evidence: the logarithm of how much likelier the peaks are under the map than anywhere. As all
/// maps are tried, the best map that reads the peaks in another way shows what chance can do; a
/// map is taken only where its evidence exceeds that by a wide margin.
///
/// Source: Fischler, Bolles, *Random Sample Consensus*, Communications of the ACM 24, 1981, for
/// maps from minimal sets; MacKay, *Bayesian Interpolation*, Neural Computation 4, 1992, equation
/// 2.5, for evidence with an Occam factor. Differs: all triples are tried, none is drawn.
struct LineMatching {
  let peaks: [SpectralPeak]
  let features: [LampFeature]
  /// Wavelengths that the start gives each peak.
  let starts: [Double]
  /// The start's first and last wavelength.
  let startRange: ClosedRange<Double>
  /// The start's wavelength in the middle of the detector.
  let startMiddle: Double
  let bands: Int
  /// Full width at half maximum of a line, in nanometers, by the start.
  let width: Double

  /// How far the start's dispersion may be off, as a share; its place by as much of its range.
  static let tolerance = 0.2
  /// How far the start may be bent, as a share of its range.
  static let bend = 0.015
  /// By how much the evidence of a map exceeds that of any other reading, at least.
  static let margin = 9.0
  /// The evidence of a map, at least: below, its lines are not there.
  static let leastEvidence = -6.0

  /// The start's own bow over its slope, from wavelength over place.
  private var startBow: Double {
    let (low, high) = (startRange.lowerBound, startRange.upperBound)
    return ((low + high) / 2 - startMiddle) / ((high - low) / 2)
  }
  private var middle: Double { (startRange.lowerBound + startRange.upperBound) / 2 }
  private var half: Double { (startRange.upperBound - startRange.lowerBound) / 2 }

  /// A map from the start's wavelengths to true ones: `a + b·t + c·t²` over t = −1…1.
  private struct Map {
    var a, b, c: Double
    func callAsFunction(_ t: Double) -> Double { a + t * (b + t * c) }
  }

  /// A solution with what speaks for it.
  struct Solution {
    var fit: DispersionFit
    /// Numbers of features, as many as `fit.lines`.
    var features: [Int]
    var evidence: Double
  }

  /// The best solution, and the best one that reads the peaks in another way.
  func best() -> (best: Solution, rival: Solution?)? {
    var found = candidates().compactMap { map in
      refined { map((starts[$0] - middle) / half) }
    }
    guard let first = found.max(by: { $0.evidence < $1.evidence }) else { return nil }
    found += bent(first)
    found.sort { $0.evidence > $1.evidence }
    guard let best = found.first else { return nil }
    return (best, found.dropFirst().first { isRival($0, of: best) })
  }

  /// A solution with one of its ends bent up or down: a few lines behind a gap may be others than
  /// those that they were taken for, while the rest is right.
  private func bent(_ solution: Solution) -> [Solution] {
    let polynomial = solution.fit.polynomial
    return [-1.0, 1].flatMap { end in
      stride(from: -8, through: 8, by: 0.8).filter { abs($0) > 0.4 }.compactMap { widths in
        refined { index in
          let place = place(of: peaks[index])
          let share = max(0, end * place)
          return polynomial(place) + widths * width * share * share
        }
      }
    }
  }

  /// Whether two solutions take a tenth of their peaks, and more than one, for different lines.
  private func isRival(_ other: Solution, of best: Solution) -> Bool {
    let known = Dictionary(uniqueKeysWithValues: zip(best.fit.lines.map(\.peak), best.features))
    var (shared, different) = (0, 0)
    for (line, feature) in zip(other.fit.lines, other.features) {
      guard let own = known[line.peak] else { continue }
      shared += 1
      if own != feature { different += 1 }
    }
    // What shares no peak with the best one is another reading, too.
    return shared < 3 || different > max(1, shared / 10)
  }

  /// The largest difference between two maps where the first has lines.
  func distance(_ first: DispersionFit, _ second: DispersionFit) -> Double {
    let places = first.lines.map(\.u)
    return places.map { abs(first.polynomial($0) - second.polynomial($0)) }.max() ?? 0
  }

  // MARK: Candidates

  /// Maps through triples that most peaks agree with, the best first.
  private func candidates() -> [Map] {
    let coordinates = starts.map { ($0 - middle) / half }
    let table = GainTable(
      features, width: max(0.3 * width, 0.005 * half),
      range: (startRange.lowerBound - 0.7 * half)...(startRange.upperBound + 0.7 * half),
      span: 2 * half)
    let bright = peaks.indices.sorted { peaks[$0].height > peaks[$1].height }.prefix(11).sorted()
    let useful = usefulFeatures()
    var best: [Key: (score: Double, map: Map)] = [:]
    for (place, first) in bright.enumerated() {
      for second in bright[(place + 1)...] {
        let run = coordinates[second] - coordinates[first]
        guard run > 0.25 else { continue }
        let thirds = bright.filter {
          abs(coordinates[$0] - coordinates[first]) > 0.1
            && abs(coordinates[$0] - coordinates[second]) > 0.1
        }
        for low in useful.indices {
          for high in useful.indices[(low + 1)...] {
            let slope = (useful[high] - useful[low]) / run
            guard slope > half * (1 - Self.tolerance) * 0.9 else { continue }
            guard slope < half * (1 + Self.tolerance) * 1.15 else { break }
            let level = useful[low] - slope * coordinates[first]
            guard abs(level - middle) < 2.3 * Self.tolerance * half else { continue }
            for third in thirds {
              let t = coordinates[third]
              // The quadratic that is 0 at the pair, times `c`, is added to the straight line.
              let bow = (t - coordinates[first]) * (t - coordinates[second])
              let reach = 2 * Self.bend * half * abs(bow)
              let straight = level + slope * t
              for line in lines(of: useful, within: reach, of: straight) {
                let c = (line - straight) / bow
                let map = Map(
                  a: level + c * coordinates[first] * coordinates[second],
                  b: slope - c * (coordinates[first] + coordinates[second]), c: c)
                guard isAllowed(map) else { continue }
                let score = coordinates.reduce(0) { $0 + table(map($1)) }
                let key = Key(map, step: 0.8 * width)
                if best[key].map({ $0.score < score }) ?? true { best[key] = (score, map) }
              }
            }
          }
        }
      }
    }
    return best.values.sorted { ($0.score, $0.map.a) > ($1.score, $1.map.a) }.prefix(160).map(\.map)
  }

  private struct Key: Hashable {
    let low, middle, high: Int
    init(_ map: Map, step: Double) {
      low = Int((map(-1) / step).rounded())
      middle = Int((map(0) / step).rounded())
      high = Int((map(1) / step).rounded())
    }
  }

  /// Wavelengths of the features that may carry a bright peak, rising.
  private func usefulFeatures() -> [Double] {
    let reach = (startRange.lowerBound - 0.6 * half)...(startRange.upperBound + 0.6 * half)
    return features.filter { reach.contains($0.nanometers) && $0.deviation < 0.5 * width }
      .sorted { $0.strength > $1.strength }.prefix(44).map(\.nanometers).sorted()
  }

  private func lines(of sorted: [Double], within reach: Double, of place: Double) -> [Double] {
    sorted.filter { abs($0 - place) <= reach }
  }

  private func isAllowed(_ map: Map) -> Bool {
    abs(map.c) <= 2 * Self.bend * half && map.b - 2 * abs(map.c) > 0
      && map.b > half * (1 - Self.tolerance) * 0.97 && map.b < half * (1 + Self.tolerance) * 1.03
      && abs(map.a - middle) < 2.15 * Self.tolerance * half
  }

  // MARK: Refinement

  private func place(of peak: SpectralPeak) -> Double {
    2 * peak.position / Double(bands - 1) - 1
  }

  private func refined(_ wavelength: (Int) -> Double) -> Solution? {
    var assigned = assignment(tolerance: 0.9 * width, wavelength)
    var fit: DispersionFit?
    for tolerance in [0.7, 0.55, 0.45, 0.35, 0.3, 0.3] {
      let placed = placed(assigned)
      let order = placed.count < DispersionFit.leastLines ? min(2, placed.count - 2) : 4
      guard order >= 1, let next = DispersionFit(placed, order: order) else { return nil }
      fit = next
      let polynomial = next.polynomial
      assigned = assignment(tolerance: tolerance * width) { polynomial(place(of: peaks[$0])) }
    }
    let placed = placed(assigned)
    guard fit != nil,
      let last = DispersionFit.consistent(placed, width: width)
    else { return nil }
    guard abs(last.bow - startBow) <= 2 * Self.bend else { return nil }
    let kept = Set(last.lines.map(\.peak))
    assigned.removeAll { !kept.contains($0.peak) }
    return Solution(
      fit: last, features: assigned.map(\.feature), evidence: evidence(last, assigned))
  }

  private typealias Pair = (peak: Int, feature: Int)

  /// Each peak's nearest feature, and each feature's nearest peak: pairs that choose each other.
  private func assignment(tolerance: Double, _ wavelength: (Int) -> Double) -> [Pair] {
    let places = peaks.indices.map(wavelength)
    var nearest: [Int: (peak: Int, distance: Double)] = [:]
    for peak in peaks.indices {
      guard
        let feature = features.indices.min(by: {
          abs(features[$0].nanometers - places[peak]) < abs(features[$1].nanometers - places[peak])
        })
      else { continue }
      let distance = abs(features[feature].nanometers - places[peak])
      guard distance <= tolerance, features[feature].deviation < 0.25 * width else { continue }
      if nearest[feature].map({ $0.distance > distance }) ?? true {
        nearest[feature] = (peak, distance)
      }
    }
    return nearest.map { (peak: $0.value.peak, feature: $0.key) }.sorted { $0.peak < $1.peak }
  }

  private func placed(_ pairs: [Pair]) -> [PlacedLine] {
    let slope = width / max(1e-9, typicalWidth)
    return pairs.map { pair in
      let (peak, feature) = (peaks[pair.peak], features[pair.feature])
      return PlacedLine(
        peak: pair.peak, u: place(of: peak), nanometers: feature.nanometers,
        deviation: deviation(peak, feature, slope: slope))
    }
  }

  private var typicalWidth: Double { median(peaks.map(\.width)) }

  /// A saturated or a strangely wide line is trusted less.
  private func deviation(
    _ peak: SpectralPeak, _ feature: LampFeature, slope: Double
  ) -> Double {
    var own = peak.deviation * slope
    if peak.isSaturated { own = max(own, 0.15 * width) }
    let excess = abs(log(max(peak.width, 1e-3) / max(typicalWidth, 1e-3)))
    if excess > 0.2 { own = max(own, 0.1 * width * min(3, excess / 0.2)) }
    return (own * own + feature.deviation * feature.deviation + pow(0.02 * width, 2)).squareRoot()
  }

  // MARK: Evidence

  /// The logarithm of how much likelier the peaks are under the map than anywhere in its range.
  private func evidence(_ fit: DispersionFit, _ pairs: [Pair]) -> Double {
    let polynomial = fit.polynomial
    let (low, high) = (polynomial(-1), polynomial(1))
    let span = high - low
    let slope = width / max(1e-9, typicalWidth)
    let seen = features.filter { $0.nanometers > low && $0.nanometers < high }
    let total = seen.reduce(0) { $0 + pow($1.strength, 0.4) }
    guard total > 0, span > 0 else { return -.infinity }
    let heights = peaks.map(\.height).sorted(by: >)
    let bright = heights[min(heights.count - 1, heights.count / 2)]
    var sum = 0.0
    for peak in peaks {
      // A bright line that nobody knows is rare, a faint one is not.
      let stranger = peak.height >= bright ? 0.06 : 0.25
      let wavelength = polynomial(place(of: peak))
      var density = 0.0
      for feature in seen where abs(feature.nanometers - wavelength) < width {
        let deviation = deviation(peak, feature, slope: slope)
        density +=
          pow(feature.strength, 0.4) / total
          * gaussian((wavelength - feature.nanometers) / deviation) / (deviation * 2.5066)
      }
      sum += log(stranger + (1 - stranger) * span * density)
    }
    return sum - missing(fit, pairs, low: low, high: high) - occam(fit, span: span)
  }

  /// What speaks against a map: lines that should be bright and are not there.
  private func missing(
    _ fit: DispersionFit, _ pairs: [Pair], low: Double, high: Double
  ) -> Double {
    let offset = median(
      pairs.map { log(peaks[$0.peak].height) - log(features[$0.feature].strength) })
    let faintest = log(peaks.map(\.height).min() ?? 1)
    let matched = Set(pairs.map(\.feature))
    let edge = 0.02 * (high - low)
    var sum = 0.0
    for (index, feature) in features.enumerated() where !matched.contains(index) {
      guard feature.nanometers > low + edge, feature.nanometers < high - edge else { continue }
      let excess = log(feature.strength) + offset - faintest
      if excess > 2.3 { sum += 1.2 } else if excess > 1.2 { sum += 0.5 }
    }
    return sum
  }

  /// The price of each unknown: its range before, over how well it is known after.
  private func occam(_ fit: DispersionFit, span: Double) -> Double {
    let deviation =
      max(0.02 * width, rootMeanSquare(fit.residuals))
      / Double(fit.lines.count).squareRoot()
    // What lies above the parabola is held by the fit's own prior, and pays for what it uses.
    let ranges = [2 * Self.tolerance, 2 * Self.tolerance, 2 * Self.bend]
    return ranges.reduce(fit.bendPenalty + 0.5 * pow((fit.bow - startBow) / Self.bend, 2)) {
      $0 + log(max(1, $1 * span / (2.5 * deviation)))
    }
  }
}

/// What a peak at a wavelength says for a map, on a grid, for many maps in a short time.
private struct GainTable {
  private let first: Double
  private let step: Double
  private let gains: [Double]

  init(_ features: [LampFeature], width: Double, range: ClosedRange<Double>, span: Double) {
    let step = width / 4
    first = range.lowerBound
    self.step = step
    let count = Int((range.upperBound - range.lowerBound) / step) + 2
    var density = [Double](repeating: 0, count: count)
    let inside = features.filter { range.contains($0.nanometers) }
    let total = max(1e-9, inside.reduce(0) { $0 + pow($1.strength, 0.4) })
    for feature in inside {
      let share = pow(feature.strength, 0.4) / total * 1.4
      let middle = (feature.nanometers - first) / step
      for index in max(0, Int(middle) - 16)...min(count - 1, Int(middle) + 17) {
        let z = (Double(index) - middle) * step / width
        density[index] += share * gaussian(z) / (width * 2.5066)
      }
    }
    gains = density.map { log(0.15 + 0.85 * span * $0) }
  }

  func callAsFunction(_ nanometers: Double) -> Double {
    let place = Int((nanometers - first) / step + 0.5)
    return gains.indices.contains(place) ? gains[place] : -1.9
  }
}
