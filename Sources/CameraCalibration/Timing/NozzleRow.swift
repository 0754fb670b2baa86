import Foundation

/// One nozzle fired alone, and where across the belt it struck.
public struct NozzleShot: Codable, Equatable, Sendable {
  /// Counted from 0.
  public var nozzle: Int
  /// Belt x of the strike in millimeters; nil where nothing was struck.
  public var strikeMillimeters: Double?

  public init(nozzle: Int, strikeMillimeters: Double?) {
    self.nozzle = nozzle
    self.strikeMillimeters = strikeMillimeters
  }
}

/// Which nozzle blows where across the belt.
public struct NozzleRow: Codable, Equatable, Sendable {
  /// What is known of one nozzle.
  public enum State: String, Codable, Sendable {
    case works
    /// Fired and never struck anything.
    case dead
    /// Strikes where another should: hoses or outputs are mixed up.
    case misplaced
    case untested
  }

  public var count: Int
  /// Belt x of nozzle 0, and from one nozzle to the next; negative where they count from the right.
  public var firstMillimeters: Interval
  public var pitchMillimeters: Interval
  public var states: [State]
  /// Where each nozzle struck on average; nil where it did not.
  public var strikes: [Double?]

  /// Fits equal distances through single nozzles' strikes.
  ///
  /// - Parameter count: nozzles of the bar; nil is as many as the highest number fired.
  public static func estimate(
    _ shots: [NozzleShot], count wanted: Int? = nil
  ) throws(TimingError) -> NozzleRow {
    let count = wanted ?? ((shots.map(\.nozzle).max() ?? -1) + 1)
    for shot in shots {
      guard shot.nozzle >= 0, shot.nozzle < count else {
        throw TimingError("nozzles", .nozzleNumber(found: shot.nozzle, count: count))
      }
      guard shot.strikeMillimeters?.isFinite ?? true else {
        throw TimingError("nozzle \(shot.nozzle)", .notFinite)
      }
    }
    let strikes = (0..<max(0, count)).map { nozzle -> Double? in
      let own = shots.filter { $0.nozzle == nozzle }.compactMap(\.strikeMillimeters)
      return own.isEmpty ? nil : Ranks.median(own)
    }
    let known = strikes.indices.filter { strikes[$0] != nil }
    let xs = known.map { Double($0) }
    guard known.count >= 3, let start = TheilSen(xs, known.map { strikes[$0] ?? 0 }) else {
      throw TimingError("nozzles", .fewNozzles(found: known.count))
    }
    let near = known.filter { nozzle in
      abs((strikes[nozzle] ?? 0) - start.value(Double(nozzle))) < abs(start.slope) / 2
    }
    guard near.count >= 3,
      let line = RobustLine(near.map { Double($0) }, near.map { strikes[$0] ?? 0 })
    else { throw TimingError("nozzles", .fewNozzles(found: near.count)) }
    let states = (0..<count).map { nozzle -> State in
      guard let strike = strikes[nozzle] else {
        return shots.contains { $0.nozzle == nozzle } ? .dead : .untested
      }
      let off = abs(strike - line.offset - line.slope * Double(nozzle))
      return off > abs(line.slope) / 2 ? .misplaced : .works
    }
    let factor = studentFactor(near.count - 2)
    let places = near.map { Double($0) }
    let mean = places.reduce(0, +) / Double(places.count)
    let squares = places.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let scatter = line.slopeDeviation * squares.squareRoot()
    let offset = scatter * (1 / Double(places.count) + mean * mean / squares).squareRoot()
    return NozzleRow(
      count: count, firstMillimeters: Interval(line.offset, plusMinus: factor * offset),
      pitchMillimeters: Interval(line.slope, plusMinus: factor * line.slopeDeviation),
      states: states, strikes: strikes)
  }

  /// Belt x of a nozzle.
  public func x(of nozzle: Int) -> Double {
    firstMillimeters.value + pitchMillimeters.value * Double(nozzle)
  }

  func judge(_ figures: inout [Figure], _ advice: inout [Advice]) {
    figures += [
      Figure(
        "first nozzle, across the belt", firstMillimeters.value, "mm",
        uncertainty: firstMillimeters.uncertainty),
      Figure(
        "from nozzle to nozzle", pitchMillimeters.value, "mm",
        uncertainty: pitchMillimeters.uncertainty),
      Figure("nozzles that blow where they should", Double(numbers(.works).count), ""),
    ]
    func name(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }
    let (dead, misplaced, untested) = (numbers(.dead), numbers(.misplaced), numbers(.untested))
    if !dead.isEmpty {
      advice.append(
        Advice(
          .failure, "nozzle \(name(dead)) struck nothing",
          remedy: "check its valve, hose and output, then fire it again"))
    }
    if !misplaced.isEmpty {
      advice.append(
        Advice(
          .failure, "nozzle \(name(misplaced)) strikes where another should",
          remedy: "check that hoses and outputs are not mixed up"))
    }
    if !untested.isEmpty {
      advice.append(
        Advice(
          .warning, "nozzle \(name(untested)) was not fired",
          remedy: "fire every nozzle at least once"))
    }
  }

  private func numbers(_ state: State) -> [Int] { states.indices.filter { states[$0] == state } }
}

/// A straight line by the median of all slopes: a third of the points may be anything.
///
/// Source: Sen, *Estimates of the regression coefficient based on Kendall's tau*, 1968.
struct TheilSen {
  let slope: Double
  let offset: Double

  init?(_ xs: [Double], _ ys: [Double]) {
    var slopes: [Double] = []
    for i in xs.indices {
      for j in xs.indices where j > i && xs[j] != xs[i] {
        slopes.append((ys[j] - ys[i]) / (xs[j] - xs[i]))
      }
    }
    guard !slopes.isEmpty else { return nil }
    let slope = Ranks.median(slopes)
    self.slope = slope
    offset = Ranks.median(xs.indices.map { ys[$0] - slope * xs[$0] })
  }

  func value(_ x: Double) -> Double { offset + slope * x }
}
