import Foundation

/// How fast the belt runs, measured.
public struct BeltSpeed: Codable, Equatable, Sendable {
  /// What was followed.
  public enum Source: String, Codable, Sendable {
    case board, texture, encoder

    var words: String {
      switch self {
      case .board: "the board"
      case .texture: "the belt's texture"
      case .encoder: "the encoder"
      }
    }
  }

  /// One measurement of travel between two frames.
  public struct Step: Codable, Equatable, Sendable {
    public var seconds: Double
    public var millimetersPerSecond: Double
    /// Whether it had a part in the result.
    public var isUsed: Bool
  }

  public var source: Source
  public var millimetersPerSecond: Double
  /// Half the width of the 95 % interval.
  public var uncertainty: Double
  /// Deviation of the speed from step to step, robust, in percent.
  public var variationPercent: Double
  /// How far the belt wanders sideways for each meter of travel, in millimeters.
  public var wanderMillimetersPerMeter: Double
  public var steps: [Step]

  public init(
    source: Source, millimetersPerSecond: Double, uncertainty: Double, variationPercent: Double,
    wanderMillimetersPerMeter: Double, steps: [Step]
  ) {
    self.source = source
    self.millimetersPerSecond = millimetersPerSecond
    self.uncertainty = uncertainty
    self.variationPercent = variationPercent
    self.wanderMillimetersPerMeter = wanderMillimetersPerMeter
    self.steps = steps
  }
}

/// A straight line through values over places, robust against some that are wrong.
struct RobustLine: Sendable {
  var slope: Double
  var offset: Double
  var slopeDeviation: Double
  /// Robust deviation of the values from the line.
  var spread: Double
  var isUsed: [Bool]

  /// Least squares over all, then over those within four robust deviations of the line, until
  /// the set stays the same; nil for fewer than two different places.
  init?(_ places: [Double], _ values: [Double]) {
    precondition(
      places.count == values.count, "line: \(places.count) places, \(values.count) values")
    isUsed = places.map(\.isFinite)
    (slope, offset, slopeDeviation, spread) = (0, 0, 0, 0)
    for _ in 0..<8 {
      let used = places.indices.filter { isUsed[$0] }
      guard used.count >= 2, fit(places, values, used) else { return nil }
      let residuals = places.indices.map { values[$0] - offset - slope * places[$0] }
      spread = robustDeviation(used.map { residuals[$0] })
      let next = residuals.map { abs($0) <= 4 * max(spread, 1e-9) || used.count < 5 }
      if next == isUsed { break }
      isUsed = next
    }
  }

  private mutating func fit(_ places: [Double], _ values: [Double], _ used: [Int]) -> Bool {
    let count = Double(used.count)
    let meanPlace = used.reduce(0) { $0 + places[$1] } / count
    let meanValue = used.reduce(0) { $0 + values[$1] } / count
    var (variance, covariance) = (0.0, 0.0)
    for index in used {
      variance += (places[index] - meanPlace) * (places[index] - meanPlace)
      covariance += (places[index] - meanPlace) * (values[index] - meanValue)
    }
    guard variance > 0 else { return false }
    slope = covariance / variance
    offset = meanValue - slope * meanPlace
    let squares = used.reduce(0) { sum, index in
      let residual = values[index] - offset - slope * places[index]
      return sum + residual * residual
    }
    slopeDeviation = used.count > 2 ? (squares / (count - 2) / variance).squareRoot() : .infinity
    return true
  }
}
