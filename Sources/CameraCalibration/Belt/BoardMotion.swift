import Foundation

/// What the board's travel over time tells: speed, shutter, the encoder's scale.
struct BoardMotion {
  let speed: BeltSpeed?
  private let draws: [[Double]]
  /// Travel from row to row in millimeters: the fit's, and the half width of its 95 % interval.
  private let perRow: (value: Double, uncertainty: Double)?

  init(_ bundle: BoardBundle, draws: [[Double]]) {
    self.draws = draws
    let moving = bundle.sightings.indices.filter {
      bundle.isMoving[$0] && bundle.rejections[$0] == nil && bundle.sightings[$0].seconds != nil
    }
    speed = Self.speed(bundle, moving, draws)
    if bundle.measuresShutter {
      let own = bundle.travelPerRow(bundle.fit.parameters)
      perRow = (own, Ranks.bound(0.95, of: draws.map { abs(bundle.travelPerRow($0) - own) }))
    } else {
      perRow = nil
    }
  }

  private static func speed(
    _ bundle: BoardBundle, _ moving: [Int], _ draws: [[Double]]
  ) -> BeltSpeed? {
    guard moving.count >= 3 else { return nil }
    let times = moving.map { bundle.sightings[$0].seconds ?? 0 }
    let travels = moving.map { bundle.travel($0, bundle.fit.parameters) }
    guard let line = RobustLine(times, travels), line.slope > 0 else { return nil }
    // What the corners' noise does to the slope, and what uneven running or clocks do.
    let geometric = Ranks.bound(
      0.95,
      of: draws.map { draw in
        let slope = RobustLine(times, moving.map { bundle.travel($0, draw) })?.slope
        return abs((slope ?? line.slope) - line.slope)
      })
    let used = line.isUsed.filter { $0 }.count
    guard used >= 3 else { return nil }
    let running = studentFactor(used - 2) * line.slopeDeviation
    let steps = zip(moving, moving.dropFirst()).compactMap { first, second -> BeltSpeed.Step? in
      let (from, to) = (
        bundle.sightings[first].seconds ?? 0, bundle.sightings[second].seconds ?? 0
      )
      guard to > from else { return nil }
      let travel =
        bundle.travel(second, bundle.fit.parameters) - bundle.travel(first, bundle.fit.parameters)
      return BeltSpeed.Step(
        seconds: (from + to) / 2, millimetersPerSecond: travel / (to - from), isUsed: true)
    }
    let variation = robustDeviation(steps.map(\.millimetersPerSecond))
    return BeltSpeed(
      source: .board, millimetersPerSecond: line.slope, uncertainty: hypot(geometric, running),
      variationPercent: 100 * variation / line.slope, wanderMillimetersPerMeter: 0, steps: steps)
  }

  /// The shutter, measured or given; nil where neither is so.
  func shutter(rows: Int, given: Double?, speed: Double?) -> RollingShutter? {
    if let perRow, let speed {
      let lines = Double(rows - 1)
      return RollingShutter(
        source: .measured, lineDelayMicroseconds: perRow.value / speed * 1e6,
        uncertaintyMicroseconds: perRow.uncertainty / speed * 1e6,
        effectMillimeters: perRow.value * lines,
        effectUncertaintyMillimeters: perRow.uncertainty * lines)
    }
    guard let given, let speed else { return nil }
    return RollingShutter(
      source: .given, lineDelayMicroseconds: given * 1e6, uncertaintyMicroseconds: 0,
      effectMillimeters: given * speed * Double(rows - 1), effectUncertaintyMillimeters: 0)
  }

  /// Travel for each of the encoder's millimeters, and half its 95 % interval.
  func encoderFactor(_ bundle: BoardBundle) -> (factor: Double, uncertainty: Double)? {
    let known = bundle.sightings.indices.filter {
      bundle.rejections[$0] == nil && bundle.sightings[$0].encoderMillimeters != nil
    }
    guard known.count >= 3 else { return nil }
    let counts = known.map { bundle.sightings[$0].encoderMillimeters ?? 0 }
    let travels = known.map { bundle.travel($0, bundle.fit.parameters) }
    guard let line = RobustLine(counts, travels) else { return nil }
    let used = line.isUsed.filter { $0 }.count
    guard used >= 3 else { return nil }
    // The plane's own scale is common to all travels; their scatter does not show it.
    let geometric = Ranks.bound(
      0.95,
      of: draws.map { draw in
        let slope = RobustLine(counts, known.map { bundle.travel($0, draw) })?.slope
        return abs((slope ?? line.slope) - line.slope)
      })
    return (line.slope, hypot(geometric, studentFactor(used - 2) * line.slopeDeviation))
  }
}
