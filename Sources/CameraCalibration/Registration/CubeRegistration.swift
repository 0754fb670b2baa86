import Diagnostics
import Foundation
import Units

/// A target on the belt, seen by both cameras in one recording.
public struct TargetPair: Sendable {
  public var name: String
  /// In the RGB camera's picture.
  public var color: BoardView
  /// In the cube: `x` sample, `y` line.
  public var cube: BoardView
  /// Samples of the whole cube, of which the target may show in a part.
  public var samples: Int
  public var lines: Int

  public init(_ name: String, color: BoardView, cube: BoardView) {
    (self.name, self.color, self.cube) = (name, color, cube)
    (samples, lines) = (cube.width, cube.height)
  }
}

/// A corner seen by both cameras, on the belt as the picture has it, and how far from there the
/// cube has it, in millimeters.
public struct RegistrationResidual: Codable, Equatable, Sendable {
  public var x: Double
  public var y: Double
  public var dx: Double
  public var dy: Double
}

/// What became of one target.
public struct TargetFit: Codable, Equatable, Sendable {
  public var name: String
  public var rejection: String?
  public var corners: Int
  public var residualMillimeters: Double
}

/// Where a line scanner looks on the belt, relative to the RGB camera, and how well that is known.
public struct CubeRegistration: Codable, Equatable, Sendable {
  public var geometry: LineScanGeometry
  /// The nearest homography: what `RigCalibration.cube` holds.
  public var cube: Homography<CubeFrame, BeltFrame>
  /// Largest distance between the two over the cube.
  public var homographyErrorMillimeters: Double
  public var samples: Int
  public var lines: Int
  /// Error of laying the cube on the picture: the fit's and the homography's together.
  public var uncertainty: UncertaintyMap
  /// Rectangle of belt in which targets lay.
  public var covered: Rectangle<BeltFrame>
  public var targets: [TargetFit]
  public var residuals: [RegistrationResidual]
  /// Deviation of the residuals across and along the belt, in millimeters.
  public var deviationX: Double
  public var deviationY: Double
  public var rejectedCorners: Int
  public var skewUncertaintyDegrees: Double
  public var sampleUncertaintyMillimeters: Double
  public var lineUncertaintyMillimeters: Double
  public var keystone: KeystoneCurve?
  public var refinement: SceneRefinement?

  /// What a registration is held to.
  public struct Limits: Codable, Equatable, Sendable {
    /// Error over the belt, 95 % bound.
    public var errorMillimeters = 1.5
    /// Shift of any band against the mean of all, as a share of a sample.
    public var keystonePixels = 0.5
    /// Share of the belt's width that targets must have covered.
    public var coveredShare = 0.6

    public init() {}
  }

  /// Whether the registration is good, and what is to be done next.
  public func judgement(_ limits: Limits = Limits()) -> Judgement {
    let middle = Double(samples - 1) / 2
    var figures = [
      Figure(
        "cube on picture, largest error over the belt, 95 % bound", uncertainty.bound, "mm",
        .atMost(limits.errorMillimeters)),
      Figure("of which the homography's departure from the slit", homographyErrorMillimeters, "mm"),
      Figure(
        "millimeters per sample, in the middle", geometry.sampleMillimeters(at: middle), "mm",
        uncertainty: sampleUncertaintyMillimeters),
      Figure("millimeters per sample, at the first", geometry.sampleMillimeters(at: 0), "mm"),
      Figure(
        "millimeters per sample, at the last",
        geometry.sampleMillimeters(at: Double(samples - 1)), "mm"),
      Figure(
        "millimeters per line", geometry.millimetersPerLine, "mm",
        uncertainty: lineUncertaintyMillimeters),
      Figure(
        "skew of the slit against the travel", geometry.skewDegrees, "°",
        uncertainty: skewUncertaintyDegrees),
      Figure("corners' residual across", deviationX, "mm"),
      Figure("corners' residual along", deviationY, "mm"),
    ]
    var advice: [Advice] = []
    adviseOnError(limits, &advice)
    if let keystone {
      let worst = keystone.largest
      figures.append(
        Figure(
          "keystone, largest shift of a band", worst.pixels, "px", .none,
          uncertainty: worst.uncertainty))
      figures.append(
        Figure(
          "keystone on the belt", worst.pixels * abs(geometry.millimetersPerSample), "mm"))
      if worst.pixels > limits.keystonePixels {
        advice.append(
          Advice(
            .warning,
            "a band's picture is shifted by \(rounded(worst.pixels, 2)) samples at "
              + "\(rounded(worst.nanometers, 0)) nm",
            remedy: "give the keystone to the correction of cubes (keystoneColumns), or have the "
              + "scanner serviced"))
      }
    }
    if let refinement {
      figures += refinement.figures
      if let note = refinement.advice { advice.append(note) }
    }
    for target in targets {
      guard let rejection = target.rejection else { continue }
      advice.append(
        Advice(
          .note, "target '\(target.name)' was left out: \(rejection)",
          remedy: "record it again if its part of the belt matters"))
    }
    return Judgement(figures: figures, advice: advice)
  }

  private func adviseOnError(_ limits: Limits, _ advice: inout [Advice]) {
    let share = covered.width / max(1e-9, uncertainty.area.width)
    if share < limits.coveredShare {
      advice.append(
        Advice(
          .warning,
          "targets covered \(rounded(100 * share, 0)) % of the belt's width, "
            + "\(rounded(100 * limits.coveredShare, 0)) % were wanted",
          remedy: "record more targets, near both edges of the belt"))
    }
    guard uncertainty.bound > limits.errorMillimeters else { return }
    let isShape = homographyErrorMillimeters > uncertainty.bound / 2
    advice.append(
      Advice(
        .failure,
        "a cube can be laid on a picture to \(rounded(uncertainty.bound, 2)) mm only, "
          + "\(rounded(limits.errorMillimeters, 2)) mm was wanted",
        remedy: isShape
          ? "turn the scanner upright over the belt: it leans to a side"
          : "record the target at more places of the belt, with more corners"))
  }
}
