import CameraCalibration
import Foundation
import Pages

extension WavelengthStep {
  /// The lamp's spectrum, residuals, smile and the table of lines.
  public static func section(
    of document: StepDocument<Self>, in folder: URL
  ) throws -> Markup {
    let result = document.result
    return Markup(joining: [
      figure(
        "The lamp's spectrum in the middle columns, on a logarithmic scale. Blue: lines matched."
          + " Orange: peaks that are no line of the lamp."
      ) { spectrum(result) },
      element("div", ["class": "columns"]) {
        figure(
          "Wavelength of the fit minus that of the line; hollow dots: of a fit in which the line"
            + " had no part."
        ) { residuals(result) }
        figure("Smile: by how much each column's wavelengths exceed those of the middle ones.") {
          smile(result)
        }
      },
      lines(result),
    ])
  }

  private static func spectrum(_ result: WavelengthCalibration) -> Markup {
    let top = result.spectrum.max() ?? 1
    // Three decades: what is below is noise.
    func height(_ counts: Double) -> Double { log10(max(counts, top / 2000)) }
    let axis = result.wavelengths
    let (low, high) = (height(0), height(top * 1.6))
    var plot = Plot(
      "Spectrum of the lamp with its lines", width: 900, height: 300,
      x: Axis(
        "wavelength in air, nm",
        (axis.first ?? 0)...max((axis.first ?? 0) + 1, axis.last ?? 1), count: 10),
      y: Axis("log10 of counts", low...high, count: 4))
    plot.line(
      zip(axis, result.spectrum).map { (x: $0, y: height($1)) },
      Plot.Look(color: "ink", width: 1.2))
    for match in result.lamp.matches {
      let place = result.lamp.nanometers(at: match.peak.position)
      let tip = height(LampSpectrumDrawing.counts(of: result, at: match.peak.position))
      plot.line(
        [(x: place, y: low), (x: place, y: tip)], Plot.Look(color: "blue", dash: "2 2", width: 1),
        title: match.feature.name)
      plot.dot(place, tip, radius: 3, Plot.Look(color: "blue"), title: match.feature.name)
    }
    for peak in result.lamp.strangers {
      let tip = height(LampSpectrumDrawing.counts(of: result, at: peak.position))
      plot.dot(
        result.lamp.nanometers(at: peak.position), tip, radius: 3, Plot.Look(color: "orange"),
        title: "no line of the lamp")
    }
    return plot.markup
  }

  private static func residuals(_ result: WavelengthCalibration) -> Markup {
    let points = result.lamp.matches.map { match in
      (
        place: result.lamp.nanometers(at: match.peak.position), own: match.residual,
        left: match.residualLeftOut, name: match.feature.name
      )
    }
    let axis = result.wavelengths
    var plot = Plot(
      "Residuals of the lines", width: 440, height: 230,
      x: Axis("wavelength, nm", (axis.first ?? 0)...max((axis.first ?? 0) + 1, axis.last ?? 1)),
      y: Axis("residual, nm", holding: [-0.1, 0.1] + points.flatMap { [$0.own, $0.left] }))
    let range = plot.x.range
    plot.line(
      [(x: range.lowerBound, y: 0), (x: range.upperBound, y: 0)],
      Plot.Look(color: "ink", width: 1))
    for point in points {
      plot.dot(
        point.place, point.left, radius: 4.5, Plot.Look(color: "blue", opacity: 0.3),
        title: "\(point.name), left out: \(NumberText.signed(point.left, digits: 3)) nm")
      plot.dot(
        point.place, point.own, radius: 2.5, Plot.Look(color: "blue"),
        title: "\(point.name): \(NumberText.signed(point.own, digits: 3)) nm")
    }
    return plot.markup
  }

  private static func smile(_ result: WavelengthCalibration) -> Markup {
    let measured = result.smileMeasured.enumerated().compactMap { column, shift in
      shift.map { (x: Double(column), y: $0) }
    }
    let fitted = (0..<result.samples).map { (x: Double($0), y: result.smile(of: $0)) }
    var plot = Plot(
      "Smile over the columns", width: 440, height: 230,
      x: Axis("column", 0...Double(max(1, result.samples - 1))),
      y: Axis("smile, nm", holding: [-0.1, 0.1] + (measured + fitted).map(\.y)))
    let step = max(1, measured.count / 200)
    for (index, point) in measured.enumerated() where index % step == 0 {
      plot.dot(point.x, point.y, radius: 1.6, Plot.Look(color: "blue", opacity: 0.5))
    }
    plot.line(fitted, Plot.Look(color: "orange", width: 2), title: "polynomial")
    return plot.markup
  }

  private static func lines(_ result: WavelengthCalibration) -> Markup {
    Table(
      columns: [
        .text("line"), .number("nm in air"), .number("band"), .number("residual, nm"),
        .number("left out, nm"), .number("width, nm"), .text(""),
      ],
      rows: result.lamp.matches.map { match in
        .cells([
          Markup(text: match.feature.name),
          Markup(text: NumberText.fixed(match.feature.nanometers, digits: 3)),
          Markup(text: NumberText.fixed(match.peak.position, digits: 2)),
          Markup(text: NumberText.signed(match.residual, digits: 3)),
          Markup(text: NumberText.signed(match.residualLeftOut, digits: 3)),
          Markup(text: NumberText.fixed(match.widthNanometers, digits: 2)),
          Markup(text: match.peak.isSaturated ? "saturated" : ""),
        ])
      },
      note: "Lines: NIST Atomic Spectra Database, in standard air. Several lines that the camera"
        + " cannot tell apart stand together. Width: full width at half maximum."
    ).markup
  }
}

/// Where dots of the lamp's drawing stand.
enum LampSpectrumDrawing {
  /// The spectrum between two bands.
  static func counts(of result: WavelengthCalibration, at place: Double) -> Double {
    let spectrum = result.spectrum
    guard spectrum.count > 1 else { return 0 }
    let low = min(max(Int(place), 0), spectrum.count - 2)
    return max(spectrum[low], spectrum[low + 1])
  }
}
