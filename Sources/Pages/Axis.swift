import Foundation

/// One side of a plot: the range it shows and the round numbers along it.
public struct Axis: Sendable, Equatable {
  /// With the unit: `wavelength, nm`.
  public var title: String
  public var range: ClosedRange<Double>
  public var ticks: [Double]
  /// Digits behind the point of the numbers along the axis.
  public var digits: Int
  /// Factor from a value to the number shown: 100 for shares in %.
  public var factor = 1.0

  /// Shows the range as it is, with about `count` round ticks inside.
  public init(_ title: String, _ range: ClosedRange<Double>, count: Int = 5, factor: Double = 1) {
    let wide =
      range.upperBound > range.lowerBound
      ? range : (range.lowerBound - 0.5)...(range.upperBound + 0.5)
    self.init(
      title, wide, step: Self.step((wide.upperBound - wide.lowerBound) * factor, count: count),
      factor: factor)
  }

  /// The smallest axis between round numbers that holds all finite `values`.
  public init(_ title: String, holding values: [Double], count: Int = 5, factor: Double = 1) {
    let known = values.filter(\.isFinite)
    let (low, high) = (known.min() ?? 0, known.max() ?? 1)
    let step = Self.step(max(high - low, 1e-9) * factor, count: count) / factor
    let first = (low / step + 1e-9).rounded(.down) * step
    let last = (high / step - 1e-9).rounded(.up) * step
    self.init(
      title, first...max(last, first + step), step: step * factor, factor: factor)
  }

  /// - Parameter step: between the numbers shown.
  private init(_ title: String, _ range: ClosedRange<Double>, step: Double, factor: Double) {
    self.title = title
    self.range = range
    self.factor = factor
    digits = Self.digits(step)
    ticks = Self.ticks(
      from: range.lowerBound * factor, through: range.upperBound * factor, step: step
    ).map { $0 / factor }
  }

  /// The tick as it is written along the axis.
  public func label(_ tick: Double) -> String { NumberText.fixed(tick * factor, digits: digits) }

  /// The 1, 2 or 5 times a power of ten nearest to a `count`th of `extent`.
  ///
  /// Source: Heckbert, *Nice Numbers for Graph Labels*, Graphics Gems, 1990.
  static func step(_ extent: Double, count: Int) -> Double {
    precondition(extent > 0 && count > 0, "axis: extent \(extent), \(count) ticks")
    let raw = extent / Double(count)
    let power = pow(10, log10(raw).rounded(.down))
    let share = raw / power
    let nice: Double = share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10
    return nice * power
  }

  /// The multiples of `step` from `low` through `high`.
  static func ticks(from low: Double, through high: Double, step: Double) -> [Double] {
    let first = Int((low / step - 1e-9).rounded(.up))
    let last = Int((high / step + 1e-9).rounded(.down))
    guard first <= last else { return [] }
    return (first...last).map { Double($0) * step }
  }

  private static func digits(_ step: Double) -> Int {
    max(0, min(6, Int(-(log10(step) + 1e-9).rounded(.down))))
  }
}
