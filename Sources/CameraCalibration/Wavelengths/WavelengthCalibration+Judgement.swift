extension WavelengthCalibration {
  /// Verdict, figures and what to do next.
  public func judgement(_ limits: WavelengthLimits = WavelengthLimits()) -> Judgement {
    Judgement(
      figures: [
        Figure(
          "wavelength of a line left out, root mean square", lamp.errorLeftOut, "nm",
          .atMost(limits.errorNanometers)),
        Figure("bound of the error between the outermost lines", lamp.bound, "nm"),
        Figure("lines matched", Double(lamp.matches.count), "", .atLeast(Double(limits.lines))),
        Figure("full width at half maximum of a line", lamp.width, "nm"),
        Figure("smile over the columns", smileExtent, "nm"),
        Figure(
          "lines off the smile curve, 95 %", smileError, "nm",
          .atMost(limits.smileErrorNanometers)),
        Figure("shift of the start's wavelengths, largest", largestShift, "nm"),
      ], advice: advice(limits))
  }

  /// By how much the start was wrong.
  public var largestShift: Double {
    zip(wavelengths, start).map { abs($0 - $1) }.max() ?? 0
  }

  private func advice(_ limits: WavelengthLimits) -> [Advice] {
    var advice: [Advice] = []
    let saturated = lamp.matches.filter(\.peak.isSaturated)
    if !saturated.isEmpty {
      advice.append(
        Advice(
          .warning,
          "\(saturated.count) lines are saturated, such as \(saturated[0].feature.name):"
            + " they are placed by their flanks",
          remedy: "expose shorter, and once more long for the faint lines"))
    }
    if lamp.strangers.count > lamp.matches.count / 2 {
      advice.append(
        Advice(
          .warning, "\(lamp.strangers.count) peaks are no lines of the lamp",
          remedy: "switch other lights off; name all elements of the lamp with --lamp"))
    }
    let positions = lamp.matches.map(\.peak.position)
    if let low = positions.min(), let high = positions.max() {
      let outside = 1 - (high - low) / Double(max(1, lamp.bands - 1))
      if outside > 0.3 {
        advice.append(
          Advice(
            .warning,
            "no line lies on \(Int((100 * outside).rounded())) % of the detector: wavelengths"
              + " there are continued from the others",
            remedy: "add a lamp with lines there: mercury below 580 nm, argon or krypton above"
              + " 700 nm"))
      }
    }
    if smileNanometers.isEmpty, samples > 8 {
      advice.append(
        Advice(
          .warning, "smile was not measured: too few lines could be followed over the columns",
          remedy: "light the whole slit with the lamp, through a diffuser"))
    }
    if largestShift > 5 {
      advice.append(
        Advice(
          .note, "the wavelengths that were in use are off by up to \(rounded(largestShift)) nm",
          remedy: "models trained with them are void for this camera; train again"))
    }
    return advice
  }
}
