extension SpectralRadiometry {
  private var live: [Band] { bands.filter { !$0.isMasked } }

  /// Verdict, figures and what to do next.
  public func judgement(_ limits: RadiometryLimits = RadiometryLimits()) -> Judgement {
    let elements = Double(max(1, samples * bands.count))
    var figures = [
      Figure(
        "white level over the detector's range", 100 * fillShare, "%",
        .atLeast(100 * limits.leastFill)),
      Figure(
        "saturated elements of white", 100 * saturatedShare, "%", .atMost(0)),
      Figure(
        "signal to noise, median band", medianSignalToNoise, "",
        whiteLines > 1 ? .atLeast(limits.leastSignalToNoise) : .none),
      Figure(
        "light of the darkest column", 100 * (falloff.min() ?? 0), "%",
        .atLeast(100 * limits.leastFalloff)),
      Figure(
        "defective elements", 100 * Double(defects.count) / elements, "%",
        .atMost(limits.defectPercent)),
      Figure("bands without light", Double(bands.count - live.count), ""),
    ]
    if let worst = worstNonlinearity {
      figures.append(
        Figure(
          "deviation from a straight line over integration times", worst, "%",
          .atMost(limits.nonlinearityPercent)))
    }
    if let whiteAgeDays {
      figures.append(
        Figure(
          "age of the white reference", (100 * whiteAgeDays).rounded() / 100, "d",
          .atMost(limits.ageDays)))
    }
    return Judgement(figures: figures, advice: advice(limits))
  }

  /// Share of the elements of white that are at the detector's end.
  public var saturatedShare: Double {
    bands.isEmpty ? 0 : bands.reduce(0) { $0 + $1.saturatedShare } / Double(bands.count)
  }

  public var medianSignalToNoise: Double { median(live.map(\.signalToNoise)) }

  public var worstNonlinearity: Double? { live.compactMap(\.nonlinearityPercent).max() }

  private var exposureText: String {
    suggestedMilliseconds.map { "set the integration time to \(rounded($0)) ms" }
      ?? "multiply the integration time by \(rounded(suggestedFactor))"
  }

  private func advice(_ limits: RadiometryLimits) -> [Advice] {
    var advice = lightAdvice(limits)
    let masked = bands.filter(\.isMasked)
    if let first = masked.first, let last = masked.last {
      advice.append(
        Advice(
          .note,
          "white is too near dark in \(masked.count) bands, from \(rounded(first.nanometers)) to"
            + " \(rounded(last.nanometers)) nm; they are 0 everywhere",
          remedy: "leave them out of models, or light them: fewer than "
            + "1 % of the best band's counts are noise"))
    }
    if let worst = worstNonlinearity, worst > limits.nonlinearityPercent {
      advice.append(
        Advice(
          .failure,
          "the signal leaves a straight line over the integration times by \(rounded(worst)) %",
          remedy: "keep white below \(Int(100 * Self.wantedFill)) % of the range, and check that"
            + " the lamps were steady and the times are those of the file names"))
    }
    if exposures.filter({ !$0.isSaturated }).count < 2 {
      advice.append(
        Advice(
          .note, "linearity was not tried: it needs two integration times that are not saturated",
          remedy: "record dark and white at half the time, too (dark-4ms.hdr, white-4ms.hdr)"))
    }
    if tile == nil {
      advice.append(
        Advice(
          .warning, "the white tile's own reflectance is not known; a perfect white was assumed",
          remedy: "give its certificate with --tile FILE"))
    } else if let tile, let low = tile.reflectance.points.first,
      let high = tile.reflectance.points.last, let first = live.first, let last = live.last,
      low.wavelength.nanometers > first.nanometers + 5
        || high.wavelength.nanometers < last.nanometers - 5
    {
      advice.append(
        Advice(
          .warning,
          "the tile's certificate covers \(rounded(low.wavelength.nanometers)) to"
            + " \(rounded(high.wavelength.nanometers)) nm, the camera sees"
            + " \(rounded(first.nanometers)) to \(rounded(last.nanometers)) nm",
          remedy: "ask for a certificate of the whole range; its ends were continued"))
    }
    return advice + ageAdvice(limits)
  }

  private func lightAdvice(_ limits: RadiometryLimits) -> [Advice] {
    var advice: [Advice] = []
    if saturatedShare > 0 {
      advice.append(
        Advice(
          .failure,
          "white is saturated in \(bands.count { $0.saturatedShare > 0 }) bands,"
            + " \(rounded(100 * saturatedShare)) % of its elements",
          remedy: exposureText + " and record dark and white again"))
    } else if fillShare < limits.leastFill {
      advice.append(
        Advice(
          .failure,
          "too dark: white fills \(rounded(100 * fillShare)) % of the detector's range,"
            + " \(rounded(100 * limits.leastFill)) % or more was wanted",
          remedy: exposureText + ", or bring the lamps nearer"))
    }
    if !dirtyColumns.isEmpty {
      advice.append(
        Advice(
          .warning,
          "dirt: \(dirtyColumns.count) columns (\(Self.list(dirtyColumns))) differ by more than"
            + " 3 % from their neighbors in all bands",
          remedy: "wipe tile, window and slit, and record white again; if the columns stay, the"
            + " dirt is in the camera"))
    }
    if let least = falloff.min(), least < limits.leastFalloff {
      advice.append(
        Advice(
          .failure,
          "uneven: the darkest column has \(rounded(100 * least)) % of the brightest one's light",
          remedy: "turn the lamps so that they overlap in the middle less, or replace the dim one"))
    }
    let share = Double(defects.count) / Double(max(1, samples * bands.count))
    if 100 * share > limits.defectPercent {
      advice.append(
        Advice(
          .failure, "\(defects.count) detector elements are defective",
          remedy: "check cooling and integration time; ask the camera's maker if they stay"))
    }
    return advice
  }

  private func ageAdvice(_ limits: RadiometryLimits) -> [Advice] {
    let ages = [("dark", darkAgeDays), ("white", whiteAgeDays)]
    return ages.compactMap { name, days in
      guard let days, days > limits.ageDays else { return nil }
      let text = days > 730 ? "\(Int(days / 365)) years" : "\(Int(days)) days"
      return Advice(
        .failure,
        "the \(name) reference is \(text) old, \(rounded(limits.ageDays)) days were allowed",
        remedy: "record dark and white again: lamps and tiles age")
    }
  }

  private static func list(_ numbers: [Int]) -> String {
    numbers.prefix(6).map(String.init).joined(separator: ", ") + (numbers.count > 6 ? ", …" : "")
  }
}

/// Three digits that matter.
func rounded(_ value: Double) -> String {
  guard value.isFinite else { return "?" }
  let digits = abs(value) >= 100 ? 1.0 : abs(value) >= 10 ? 10.0 : abs(value) >= 1 ? 100 : 1000
  let shown = (value * digits).rounded() / digits
  return shown == shown.rounded() && abs(shown) < 1e15 ? "\(Int(shown))" : "\(shown)"
}
