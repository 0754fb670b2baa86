import Foundation

extension LensCalibration {
  /// Distance of the boards from the lens in millimeters: that of the middle one.
  public var boardMillimeters: Double {
    median(
      views.map { view in
        let t = view.pose.translation
        return (t[0] * t[0] + t[1] * t[1] + t[2] * t[2]).squareRoot()
      })
  }

  /// The largest angle between two boards in degrees.
  public var tiltDegrees: Double { BoardPose.largestAngle(between: views.map(\.pose.normal)) }

  /// What the calibration says of itself, on a belt at the given distance or else at that of the
  /// boards.
  public func judgement(
    _ limits: LensLimits = LensLimits(), beltMillimeters distance: Double? = nil
  ) -> Judgement {
    let distance = distance ?? settings.distanceMillimeters ?? boardMillimeters
    let errors = errorsAfterAlignment(atMillimeters: distance)
    let (bounds, p) = (bounds, lens.parameters)
    var figures = [
      Figure(
        "lens on the belt, 95 % of the picture", errors.bound, "mm",
        .atMost(limits.beltMillimeters)),
      Figure(
        "corners from where the lens puts them", residualPixels, "px",
        .atMost(limits.residualPixels)),
      Figure("lens on the belt, worst place", errors.largest, "mm"),
      Figure("distance of that belt", distance, "mm"),
    ]
    let told = [
      "focal length across", "focal length along", "center across", "center along",
    ]
    for (index, name) in told.enumerated() {
      figures.append(Figure(name, p[index], "px", uncertainty: bounds[index]))
    }
    figures += [
      Figure("noise of a corner", noisePixels, "px"),
      Figure("picture with corners", 100 * coverage.share, "%"),
      Figure("largest angle between boards", tiltDegrees, "°"),
      Figure("views used", Double(views.count), ""),
      Figure("views left out", Double(rejected.count), ""),
    ]
    if let stretch {
      figures.append(
        Figure("board wider for its height", stretch.percent, "%", uncertainty: stretch.bound))
    }
    // A board of other sides than given makes everything else wrong.
    let wrong = stretchAdvice(limits).map { [$0] } ?? misfitAdvice() + lengthAdvice(limits)
    return Judgement(figures: figures, advice: viewAdvice(limits) + wrong)
  }

  private func stretchAdvice(_ limits: LensLimits) -> Advice? {
    guard let stretch, abs(stretch.percent) > limits.stretchPercent + stretch.bound else {
      return nil
    }
    return Advice(
      .failure,
      "the board is \(decimals(abs(stretch.percent), 1)) % "
        + (stretch.percent > 0 ? "wider" : "narrower") + " for its height than given, "
        + "\(decimals(limits.stretchPercent, 1)) % or less wanted",
      remedy: "measure the printed board both ways; print it without scaling pages to fit")
  }

  private func misfitAdvice() -> [Advice] {
    guard misfit > 2 else { return [] }
    return [
      Advice(
        .warning,
        "views disagree \(decimals(misfit, 1)) times as much as noise explains, 2 or less wanted",
        remedy: "check that the board is flat, and fix the lens's focus and zoom")
    ]
  }

  private func viewAdvice(_ limits: LensLimits) -> [Advice] {
    var advice = rejected.map {
      Advice(.note, "\($0.name) was left out: \($0.reason.problem)", remedy: $0.reason.remedy)
    }
    if rejected.count > views.count {
      advice.append(
        Advice(
          .warning, "\(rejected.count) of \(rejected.count + views.count) views were left out",
          remedy: "look at their reasons; take new pictures of one flat board, held still"))
    }
    if views.count < limits.views {
      advice.append(
        Advice(
          .warning, "\(views.count) views, \(limits.views) or more wanted",
          remedy: "take more pictures, the board tilted to another side in each"))
    }
    if tiltDegrees < limits.tiltDegrees {
      advice.append(
        Advice(
          .warning,
          "the largest angle between two boards is \(decimals(tiltDegrees, 1))°, "
            + "\(decimals(limits.tiltDegrees, 0))° or more wanted",
          remedy: "tilt the board more, to all four sides"))
    }
    if coverage.share < limits.coverage {
      advice.append(
        Advice(
          .warning,
          "corners were seen in \(decimals(100 * coverage.share, 0)) % of the picture, "
            + "\(decimals(100 * limits.coverage, 0)) % or more wanted",
          remedy: "hold the board into the parts without corners, the picture's corners first"))
    }
    return advice
  }

  /// What data sheet and tape measure say against it.
  private func lengthAdvice(_ limits: LensLimits) -> [Advice] {
    var advice: [Advice] = []
    let ratio = lens.focalX / lens.focalY
    if abs(ratio - 1) > 0.01 + bounds[0] / lens.focalX + bounds[1] / lens.focalY {
      advice.append(
        Advice(
          .warning,
          "pixels would be \(decimals(100 * abs(ratio - 1), 1)) % longer one way than the other",
          remedy: "measure the board both ways: printers scale pages to fit"))
    }
    if let pixel = settings.pixelMicrometers, let nominal = settings.focalMillimeters {
      let found = lens.focalX * pixel / 1000
      if abs(found / nominal - 1) > limits.tolerance {
        advice.append(
          Advice(
            .warning,
            "the focal length comes out as \(decimals(found, 1)) mm, \(decimals(nominal, 1)) mm "
              + "by data sheet",
            remedy: "check the data sheet's pixel size, and that pictures are not scaled or cut"))
      }
    }
    if let nominal = settings.distanceMillimeters {
      let found = boardMillimeters
      if abs(found / nominal - 1) > limits.tolerance {
        advice.append(
          Advice(
            .failure,
            "boards come out \(decimals(found, 0)) mm away, \(decimals(nominal, 0)) mm by tape "
              + "measure: the squares would be \(decimals(100 * nominal / found, 0)) % of the "
              + "size given",
            remedy: "measure a square of the printed board and give that size"))
      }
    }
    return advice
  }
}
