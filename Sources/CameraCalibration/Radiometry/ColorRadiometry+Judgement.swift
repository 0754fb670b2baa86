extension ColorRadiometry {
  /// Verdict, figures and what to do next.
  public func judgement(_ limits: RadiometryLimits = RadiometryLimits()) -> Judgement {
    var figures: [Figure] = []
    if !falloff.isEmpty {
      figures += [
        Figure(
          "flat sheet over full scale, in linear light", 100 * fillShare, "%",
          .atLeast(100 * limits.leastFill)),
        Figure("saturated pixels of the sheet", 100 * saturatedShare, "%", .atMost(0.1)),
        Figure(
          "light of the darkest part", 100 * (falloff.min() ?? 0), "%",
          .atLeast(100 * limits.leastFalloff)),
        Figure("pixel noise of the sheet", noisePercent, "%"),
      ]
    }
    if !patches.isEmpty {
      figures += [
        Figure("color difference before, mean", differenceBefore, "ΔE"),
        Figure(
          "color difference after, mean", differenceAfter, "ΔE",
          .atMost(limits.colorDifference)),
        Figure(
          "color difference after, largest", patches.map(\.differenceAfter).max() ?? 0, "ΔE"),
      ]
    }
    if let codingErrorPercent {
      figures.append(
        Figure("gray patches off a straight line after sRGB decoding", codingErrorPercent, "%"))
    }
    if let ageDays {
      figures.append(
        Figure(
          "age of the pictures", (100 * ageDays).rounded() / 100, "d",
          .atMost(limits.ageDays * 52)))
    }
    return Judgement(figures: figures, advice: advice(limits))
  }

  private func advice(_ limits: RadiometryLimits) -> [Advice] {
    var advice: [Advice] = []
    let exposure = "multiply the exposure time by \(rounded(suggestedFactor))"
    if saturatedShare > 0.001 {
      advice.append(
        Advice(
          .failure, "the sheet is saturated in \(rounded(100 * saturatedShare)) % of the picture",
          remedy: exposure + " and take the picture again"))
    } else if !falloff.isEmpty, fillShare < limits.leastFill {
      advice.append(
        Advice(
          .failure, "too dark: the sheet reaches \(rounded(100 * fillShare)) % of full scale",
          remedy: exposure + ", or add light"))
    }
    if let least = falloff.min(), least < limits.leastFalloff {
      advice.append(
        Advice(
          .failure, "uneven: the darkest part has \(rounded(100 * least)) % of the brightest",
          remedy: "turn the lamps, or open the lens less: corners darken at full aperture"))
    }
    if dirtyCells > 0 {
      advice.append(
        Advice(
          .warning, "dirt: \(dirtyCells) parts of the sheet differ from their surroundings",
          remedy: "wipe lens and sheet and take the picture again"))
    }
    if let codingErrorPercent, codingErrorPercent > 5 {
      advice.append(
        Advice(
          .warning,
          "the gray patches leave a straight line by \(rounded(codingErrorPercent)) % after sRGB"
            + " decoding: the camera codes light in another way",
          remedy: "switch off contrast, gamma and dynamic range functions of the camera; what stays"
            + " makes colors wrong at other brightnesses"))
    }
    let lost = patches.count { $0.isSaturated }
    if lost > 0 {
      advice.append(
        Advice(
          .warning, "\(lost) patches of the chart are saturated and were left out",
          remedy: "expose shorter: white should stay below 250"))
    }
    if correction.columns == 1 {
      advice.append(
        Advice(
          .warning, "no flat was given: lens and lamps are taken to be even",
          remedy: "take a picture of an even gray sheet (flat.png)"))
    }
    if patches.isEmpty {
      advice.append(
        Advice(
          .note, "no chart was given: only the gray balance is corrected, not colors",
          remedy: "take a picture of the 24-patch chart (chart.png)"))
    }
    return advice
  }
}
