import CameraCalibration
import Foundation
import Pages

extension RadiometryStep {
  /// Levels, noise, light over the columns, linearity, defects and ages.
  public static func section(
    of document: StepDocument<Self>, in folder: URL
  ) throws -> Markup {
    let result = document.result
    let defects = try StepSection.image(
      "defects.png", in: folder, alternative: "Light and defects over the detector")
    return Markup(joining: [
      element("div", ["class": "columns"]) {
        figure("White and dark of each band, median column. Dashes: the detector's end.") {
          levels(result)
        }
        figure("Signal over noise of white, from line to line.") { noise(result) }
      },
      element("div", ["class": "columns"]) {
        figure("Light over the columns, beside the brightest. Dots are dirt.") {
          falloff(result)
        }
        linearity(result)
      },
      figure(
        "The detector under white: columns to the right, bands downward. Red: "
          + "\(result.defects.count) defective elements, replaced by their neighbors. Black:"
          + " bands without light."
      ) { defects },
      ages(result),
    ])
  }

  private static func axis(_ result: SpectralRadiometry) -> Axis {
    let places = result.bands.map(\.nanometers)
    return Axis(
      "wavelength, nm", (places.first ?? 0)...max((places.first ?? 0) + 1, places.last ?? 1))
  }

  private static func levels(_ result: SpectralRadiometry) -> Markup {
    let white = result.bands.map { ($0.nanometers, $0.signal + $0.dark) }
    var plot = Plot(
      "White and dark level of each band", width: 440, height: 230, x: axis(result),
      y: Axis("counts", holding: [0, result.saturation] + white.map(\.1)))
    plot.line(white.map { (x: $0.0, y: $0.1) }, Plot.Look(color: "blue"), title: "white")
    plot.line(
      result.bands.map { (x: $0.nanometers, y: $0.dark) }, Plot.Look(color: "ink", dash: "4 3"),
      title: "dark")
    let range = plot.x.range
    plot.line(
      [(x: range.lowerBound, y: result.saturation), (x: range.upperBound, y: result.saturation)],
      Plot.Look(color: "orange", dash: "7 4", width: 1.5), title: "the detector's end")
    for band in result.bands where band.saturatedShare > 0 {
      plot.dot(
        band.nanometers, band.signal + band.dark, radius: 2.5, Plot.Look(color: "orange"),
        title: "saturated in \(NumberText.percent(band.saturatedShare)) of the columns")
    }
    return plot.markup
  }

  private static func noise(_ result: SpectralRadiometry) -> Markup {
    let points = result.bands.filter { !$0.isMasked }.map { ($0.nanometers, $0.signalToNoise) }
    var plot = Plot(
      "Signal over noise of each band", width: 440, height: 230, x: axis(result),
      y: Axis("signal over noise", holding: [0] + points.map(\.1)))
    plot.line(points.map { (x: $0.0, y: $0.1) }, Plot.Look(color: "teal"))
    return plot.markup
  }

  private static func falloff(_ result: SpectralRadiometry) -> Markup {
    var plot = Plot(
      "Light over the columns", width: 440, height: 230,
      x: Axis("column", 0...Double(max(1, result.samples - 1))),
      y: Axis("light, % of the brightest", holding: [0, 1] + result.falloff, factor: 100))
    plot.line(
      result.falloff.enumerated().map { (x: Double($0), y: $1) }, Plot.Look(color: "blue"))
    for column in result.dirtyColumns {
      plot.dot(
        Double(column), result.falloff[column], radius: 2.5, Plot.Look(color: "orange"),
        title: "dirt at column \(column)")
    }
    return plot.markup
  }

  private static func linearity(_ result: SpectralRadiometry) -> Markup? {
    guard result.exposures.count >= 2 else { return nil }
    let times = result.exposures.map(\.milliseconds)
    var plot = Plot(
      "Signal over integration time", width: 440, height: 230,
      x: Axis("integration time, ms", holding: [0] + times),
      y: Axis(
        "signal, counts", holding: [0] + result.exposures.flatMap { [$0.signal, $0.expected] }))
    let last = result.exposures[result.exposures.count - 1]
    plot.line(
      [(x: 0, y: 0), (x: last.milliseconds, y: last.expected)],
      Plot.Look(color: "ink", dash: "4 3", width: 1.5), title: "straight line")
    for exposure in result.exposures {
      plot.dot(
        exposure.milliseconds, exposure.signal,
        Plot.Look(color: exposure.isSaturated ? "orange" : "blue"),
        title: "\(NumberText.fixed(exposure.signal, digits: 0)) counts, "
          + "\(NumberText.fixed(exposure.expected, digits: 0)) expected"
          + (exposure.isSaturated ? ", saturated" : ""))
    }
    let worst = result.worstNonlinearity.map {
      " Largest deviation of a band: \(NumberText.fixed($0, digits: 2)) %."
    }
    return figure(
      "Signal over integration time, the median band; orange is saturated and left out."
        + (worst ?? "")
    ) { plot.markup }
  }

  private static func ages(_ result: SpectralRadiometry) -> Markup {
    func days(_ age: Double?) -> String {
      age.map { "\(NumberText.fixed($0, digits: 1)) days" } ?? "unknown"
    }
    let time = result.integrationMilliseconds.map { "\(NumberText.fixed($0, digits: 2)) ms" }
    return Table(
      columns: [.text("reference"), .text("age when used"), .number("lines")],
      rows: [
        .cells(["dark", Markup(text: days(result.darkAgeDays)), "\(result.darkLines)"]),
        .cells(["white", Markup(text: days(result.whiteAgeDays)), "\(result.whiteLines)"]),
      ],
      note: "Integration time \(time ?? "unknown"); white tile "
        + (result.tile.map { "\($0.name), \($0.source)" } ?? "taken to be perfect") + "."
    ).markup
  }
}
