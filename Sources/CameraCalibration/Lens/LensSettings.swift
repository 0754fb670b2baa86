import Diagnostics

/// How a lens is estimated, and what is known of the camera beforehand.
public struct LensSettings: Codable, Equatable, Sendable {
  public var terms = DistortionTerms.five
  /// A view with fewer corners has no part.
  public var minimumCorners = 6
  /// A view whose corners lie this many times as far off as those of the middle view is left out.
  public var residualFactor = 3.0
  /// Views whose corners lie no further off than this, in pixels, are never left out for it.
  public var residualFloor = 0.1
  /// Side of a pixel on the sensor in micrometers, by the camera's data sheet.
  public var pixelMicrometers: Double?
  /// The lens's focal length in millimeters, as engraved on it.
  public var focalMillimeters: Double?
  /// Distance from the lens to the boards in millimeters, by tape measure.
  public var distanceMillimeters: Double?

  public init() {}
}

/// What a lens calibration is held to.
public struct LensLimits: Codable, Equatable, Sendable {
  /// Root mean square of the residuals in pixels.
  ///
  /// Half a pixel is what a soft picture of a good board gives; more says that something is wrong.
  public var residualPixels = 0.5
  /// What the lens's uncertainty does on the belt, 95 % bound in millimeters: a third of the
  /// registration's own limit, so that the lens never decides it.
  public var beltMillimeters = 0.5
  /// Share of the picture, in cells of an eighth of its width, in which corners were seen.
  public var coverage = 0.6
  /// Largest angle between two boards, below which they say little of the focal length.
  public var tiltDegrees = 20.0
  /// Views below which the stated uncertainty is itself uncertain.
  public var views = 10
  /// By how many percent, beyond its bound, the board may be wider for its height than given:
  /// what a ruler shows.
  public var stretchPercent = 0.5
  /// How far a length by data sheet or tape measure may be off, as a share.
  public var tolerance = 0.15

  public init() {}
}

/// Why no lens could be estimated at all.
public struct LensCalibrationError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case tooFewViews(usable: Int, wanted: Int, rejected: [RejectedView])
    case parallelBoards(degrees: Double, wanted: Double)
    case notDetermined
    case notConverged(steps: Int)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .tooFewViews(let usable, let wanted, let rejected):
      "\(usable) of \(usable + rejected.count) views can be used, \(wanted) or more wanted"
        + rejected.prefix(8).map { "; \($0.name): \($0.reason.problem)" }.joined()
        + (rejected.count > 8 ? "; and \(rejected.count - 8) more" : "")
    case .parallelBoards(let degrees, let wanted):
      "all boards lie parallel, the largest angle between two is \(decimals(degrees, 1))°, "
        + "\(decimals(wanted, 0))° or more wanted"
    case .notDetermined: "the views do not fix the lens: more than one lens explains them"
    case .notConverged(let steps): "no lens was found in \(steps) steps"
    }
  }

  public var remedy: String? {
    switch reason {
    case .tooFewViews(_, _, let rejected):
      rejected.first.map { $0.reason.remedy }
        ?? "take ten pictures or more of the board, tilted differently in each"
    case .parallelBoards, .notDetermined:
      "tilt the board by 20 to 40 degrees, to another side in each picture"
    case .notConverged: "check that all views show the same board, then leave views out by turns"
    }
  }
}
