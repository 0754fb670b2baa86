import Foundation

/// Shots at one belt speed, told to come earlier and later, of which some hit.
///
/// A shot hits where the air meets the disc within `reach` of its middle; jitter makes the edges
/// soft: P(hit) = Φ((reach − d) / s) − Φ((−reach − d) / s). All values of middle, reach and jitter
/// on a grid are weighed by how likely they make the shots; intervals are those of that posterior,
/// which stay honest where all hits and misses are cleanly apart.
///
/// Source: Finney, *Probit Analysis*, 1971; Gelman et al., *Bayesian Data Analysis*, 2013, section
/// 3.7 (grid).
struct HitLadder {
  let speed: Double
  /// Where the disc would be at a command that meets its middle, and its deviation, in millimeters.
  let middle: Double
  let deviation: Double
  let reach: Double
  /// Weight of each of `jitters`.
  let jitterWeights: [Double]

  /// Tried deviations of the delay in milliseconds.
  static let jitters = (0..<20).map { 0.1 * pow(1.33, Double($0)) }

  /// Shots of the same speed, within 3 %.
  static func groups(_ shots: [CoinShot]) -> [[CoinShot]] {
    var groups: [[CoinShot]] = []
    for shot in shots.sorted(by: { $0.beltMillimetersPerSecond < $1.beltMillimetersPerSecond }) {
      if let first = groups.last?.first,
        shot.beltMillimetersPerSecond < 1.03 * first.beltMillimetersPerSecond
      {
        groups[groups.count - 1].append(shot)
      } else {
        groups.append([shot])
      }
    }
    return groups
  }

  init(_ shots: [CoinShot], setup: TimingSetup) throws(TimingError) {
    let hits = shots.filter { $0.isHit == true }.map(\.atCommand)
    let misses = shots.filter { $0.isHit == false }.map(\.atCommand)
    let name = shots.first?.name ?? "shots"
    guard let first = hits.min(), let last = hits.max() else { throw TimingError(name, .noHits) }
    guard misses.contains(where: { $0 < first }), misses.contains(where: { $0 > last }) else {
      throw TimingError(name, .noMisses)
    }
    speed = shots.reduce(0) { $0 + $1.beltMillimetersPerSecond } / Double(shots.count)
    let all = hits + misses
    let span = max(1, (all.max() ?? 0) - (all.min() ?? 0))
    let center = (first + last) / 2
    let middles = (0..<81).map { center + span * (Double($0) / 80 - 0.5) * 0.8 }
    let reaches = (0..<20).map {
      max(1, setup.discRadiusMillimeters * 0.3) + Double($0) / 19 * (span / 2)
    }
    var middleWeights = [Double](repeating: 0, count: middles.count)
    var reachWeights = [Double](repeating: 0, count: reaches.count)
    var jitterWeights = [Double](repeating: 0, count: Self.jitters.count)
    var logs: [Double] = []
    logs.reserveCapacity(middles.count * reaches.count * Self.jitters.count)
    for middle in middles {
      for reach in reaches {
        for jitter in Self.jitters {
          logs.append(Self.logLikelihood(shots, middle, reach, jitter / 1000 * speed))
        }
      }
    }
    let best = logs.max() ?? 0
    for (index, value) in logs.enumerated() {
      let weight = exp(value - best)
      jitterWeights[index % Self.jitters.count] += weight
      reachWeights[index / Self.jitters.count % reaches.count] += weight
      middleWeights[index / (Self.jitters.count * reaches.count)] += weight
    }
    let total = middleWeights.reduce(0, +)
    let mean = zip(middles, middleWeights).reduce(0) { $0 + $1.0 * $1.1 } / total
    middle = mean
    let variance =
      zip(middles, middleWeights).reduce(0) {
        $0 + ($1.0 - mean) * ($1.0 - mean) * $1.1
      } / total
    // What lies within one step of the grid is not seen by it.
    let step = middles[1] - middles[0]
    deviation = (variance + step * step / 12).squareRoot()
    reach = zip(reaches, reachWeights).reduce(0) { $0 + $1.0 * $1.1 } / total
    self.jitterWeights = jitterWeights.map { $0 / total }
  }

  private static func logLikelihood(
    _ shots: [CoinShot], _ middle: Double, _ reach: Double, _ deviation: Double
  ) -> Double {
    var sum = 0.0
    for shot in shots {
      let distance = middle - shot.atCommand
      let hit =
        normalShare((reach - distance) / deviation) - normalShare((-reach - distance) / deviation)
      // One shot in a hundred goes wrong for reasons of its own.
      let share = 0.005 + 0.99 * hit
      sum += log(shot.isHit == true ? share : 1 - share)
    }
    return sum
  }

  /// The jitter that all ladders agree on, in milliseconds.
  static func jitter(_ ladders: [HitLadder]) -> Interval {
    var weights = [Double](repeating: 1, count: jitters.count)
    for ladder in ladders {
      for index in weights.indices { weights[index] *= ladder.jitterWeights[index] }
    }
    let total = max(1e-300, weights.reduce(0, +))
    let mean = zip(jitters, weights).reduce(0) { $0 + $1.0 * $1.1 } / total
    var (sum, low, high) = (0.0, jitters[0], jitters[jitters.count - 1])
    for (jitter, weight) in zip(jitters, weights) {
      if sum / total < 0.025 { low = jitter }
      if sum / total < 0.975 { high = jitter }
      sum += weight
    }
    // A jitter too small to be told from none is not told from none.
    return Interval(mean, low <= jitters[1] ? 0 : low, max(mean, high))
  }
}

/// Share of a normal distribution below z.
func normalShare(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }
