import CameraCalibration
import Foundation
import Pages

extension TimingStep {
  /// Delays over speed, where the blasts struck, and the nozzles.
  public static func section(
    of document: StepDocument<TimingStep>, in folder: URL
  ) throws -> Markup {
    let timing = document.result
    return Markup(joining: [
      paragraph(sentence(timing)), late(timing), ladder(timing),
      timing.nozzles.map(nozzles) ?? Markup(),
    ])
  }

  private static func sentence(_ timing: EjectionTiming) -> String {
    let bar = timing.isBarMeasured ? "measured by shots at several speeds" : "given"
    return
      "From exposure to air pass \(text(timing.delayMilliseconds, 2)) ms beside the way. The bar "
      + "lies \(text(timing.barMillimeters, 1)) mm from the picture's zero (\(bar)). Single blasts "
      + "scatter by \(NumberText.fixed(timing.jitterMilliseconds.value, digits: 2)) ms "
      + "(95 % interval \(NumberText.fixed(timing.jitterMilliseconds.low, digits: 2)) to "
      + "\(NumberText.fixed(timing.jitterMilliseconds.high, digits: 2))). Blow for "
      + "\(NumberText.fixed(timing.leastBlastMilliseconds, digits: 1)) ms at least."
  }

  private static func text(_ interval: Interval, _ digits: Int) -> String {
    "\(NumberText.fixed(interval.value, digits: digits)) ± "
      + NumberText.fixed(interval.uncertainty, digits: digits)
  }

  /// Strikes: how late each was, over belt speed.
  private static func late(_ timing: EjectionTiming) -> Markup {
    let shots = timing.shots.compactMap { shot in
      shot.lateMilliseconds.map { (shot.beltMillimetersPerSecond, $0, shot.name) }
    }
    guard !shots.isEmpty else { return Markup() }
    var plot = Plot(
      "How late each shot's air came", width: 560, height: 240,
      x: Axis("belt speed, mm/s", holding: shots.map(\.0)),
      y: Axis("late, ms", holding: shots.map(\.1) + [0]))
    let (low, high) = (plot.x.range.lowerBound, plot.x.range.upperBound)
    let spread = 1.96 * timing.jitterMilliseconds.value
    plot.band(
      [(low, -spread, spread), (high, -spread, spread)], Plot.Look(color: "blue", opacity: 0.18))
    plot.line([(low, 0), (high, 0)], Plot.Look(color: "blue"))
    for (speed, late, name) in shots {
      plot.dot(speed, late, Plot.Look(color: "teal", opacity: 0.8), title: name)
    }
    return figure(
      "How late the air of each shot came, against the fitted delay and distance; the band holds "
        + "95 % of the fitted jitter. Dots that slope with speed would mean a wrong distance."
    ) { plot.markup }
  }

  /// Hits and misses over the air's time.
  private static func ladder(_ timing: EjectionTiming) -> Markup {
    let shots = timing.shots.compactMap { shot -> (Double, Bool)? in
      guard let offset = shot.offsetMilliseconds, let isHit = shot.isHit else { return nil }
      return (offset, isHit)
    }
    guard !shots.isEmpty else { return Markup() }
    var plot = Plot(
      "Hits and misses", width: 560, height: 200,
      x: Axis("air after the disc's middle, ms", holding: shots.map(\.0)),
      y: Axis("hit", 0...1, count: 2))
    for (index, shot) in shots.enumerated() {
      // A little up and down, so that shots at one place do not hide each other.
      let shift = Double(index % 5) * 0.02
      plot.dot(
        shot.0, shot.1 ? 0.96 - shift : 0.04 + shift,
        Plot.Look(color: shot.1 ? "teal" : "orange", opacity: 0.8))
    }
    return figure("Hits (above) and misses (below) over the air's time against the disc's middle") {
      plot.markup
    }
  }

  private static func nozzles(_ row: NozzleRow) -> Markup {
    let known = row.strikes.enumerated().compactMap { nozzle, strike in
      strike.map { (nozzle, $0 - row.x(of: nozzle)) }
    }
    var plot = Plot(
      "Nozzles", width: 560, height: 200,
      x: Axis("nozzle", 0...Double(max(1, row.count - 1))),
      y: Axis("beside its place, mm", holding: known.map(\.1) + [-1, 1]))
    plot.line([(0, 0), (Double(row.count - 1), 0)], Plot.Look(color: "blue"))
    for (nozzle, off) in known {
      plot.dot(
        Double(nozzle), off,
        Plot.Look(color: row.states[nozzle] == .works ? "teal" : "bad", opacity: 0.9),
        title: "nozzle \(nozzle): \(row.states[nozzle].rawValue)")
    }
    let faults = row.states.indices.filter { row.states[$0] != .works }
    return Markup(joining: [
      figure("Where each nozzle strikes, against equal distances") { plot.markup },
      faults.isEmpty
        ? Markup()
        : Table(
          columns: [.text("nozzle"), .text("state"), .number("strikes at, mm")],
          rows: faults.map { nozzle in
            .cells([
              Markup(text: "\(nozzle)"), Markup(text: row.states[nozzle].rawValue),
              Markup(text: row.strikes[nozzle].map { NumberText.fixed($0, digits: 1) } ?? ""),
            ])
          }
        ).markup,
    ])
  }
}
