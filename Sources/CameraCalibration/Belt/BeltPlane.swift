import Diagnostics
import Foundation
import Units

/// A board lying still on the belt, seen in one picture.
public struct RidingBoard: Sendable {
  public var view: BoardView
  /// When the picture was exposed.
  public var seconds: Double?
  /// What the encoder said then, in its own millimeters.
  public var encoderMillimeters: Double?

  public init(_ view: BoardView, seconds: Double? = nil, encoderMillimeters: Double? = nil) {
    self.view = view
    self.seconds = seconds
    self.encoderMillimeters = encoderMillimeters
  }
}

/// What is known of the camera and the board beside the pictures.
public struct BeltSetup: Sendable {
  /// The camera's lens, whose distortion is taken out of all that was seen; nil takes pictures as
  /// they are.
  public var lens: LensModel?
  /// A point of the picture on the belt's left edge; nil puts x = 0 where the picture ends.
  public var leftEdge: Point<ColorFrame>?
  /// How far the printed side lies above the belt, and the camera above both, in millimeters.
  public var boardThicknessMillimeters = 0.0
  public var cameraHeightMillimeters: Double?
  /// Time from the exposure of one row to that of the next, where it is known.
  public var lineDelaySeconds: Double?

  public init() {}
}

/// What became of one picture of the board.
public struct BeltViewFit: Codable, Equatable, Sendable {
  public var name: String
  /// Why the picture had no part in the result; nil where it had.
  public var rejection: String?
  public var corners: Int
  /// Root mean square of the corners' distances from where the fit puts them.
  public var residualPixels: Double
  /// How far the board had traveled since the first picture, in millimeters.
  public var travelMillimeters: Double
  public var seconds: Double?
}

/// Where a corner was seen and how far from there the fit puts it, in pixels.
public struct ResidualVector: Codable, Equatable, Sendable {
  public var x: Double
  public var y: Double
  public var dx: Double
  public var dy: Double

  public init(x: Double, y: Double, dx: Double, dy: Double) {
    (self.x, self.y, self.dx, self.dy) = (x, y, dx, dy)
  }
}

/// What the shutter does to a moving belt.
public struct RollingShutter: Codable, Equatable, Sendable {
  /// Where the number comes from.
  public enum Source: String, Codable, Sendable { case measured, given }

  public var source: Source
  /// From the exposure of one row to that of the next, in microseconds.
  public var lineDelayMicroseconds: Double
  /// Half the width of its 95 % interval.
  public var uncertaintyMicroseconds: Double
  /// How far the belt travels from the exposure of the first row to that of the last.
  public var effectMillimeters: Double
  public var effectUncertaintyMillimeters: Double
}

/// The camera's plane on the belt: millimeters, direction of travel, and how well they are known.
public struct BeltPlane: Codable, Equatable, Sendable {
  /// From the picture (without the lens's distortion) to the belt at belt position 0.
  public var color: Homography<ColorFrame, BeltFrame>
  /// The lens whose distortion was taken out; nil where pictures were taken as they are.
  public var lens: LensModel?
  /// What is not known of that lens, 95 % bound of the largest effect on the belt in millimeters.
  public var lensErrorMillimeters: Double?
  public var width: Int
  public var height: Int
  /// Direction in which pieces move through the middle of the picture: 0° to the right, 90° down.
  public var travelDegrees: Double
  public var travelUncertaintyDegrees: Double
  /// Size of the middle pixel on the belt, along the picture's rows and columns.
  public var millimetersPerPixelX: Double
  public var millimetersPerPixelY: Double
  /// 95 % bound of a length's relative error along the travel, in percent.
  public var scaleUncertaintyPercent: Double
  /// Root mean square of the corners' residuals.
  public var residualPixels: Double
  public var uncertainty: UncertaintyMap
  public var views: [BeltViewFit]
  public var residuals: [ResidualVector]
  /// Corners left out, because they lay far from where all others put them.
  public var rejectedCorners: Int
  public var speed: BeltSpeed?
  public var rollingShutter: RollingShutter?
  /// Travel in millimeters for each millimeter of the encoder, and half its 95 % interval.
  public var encoderFactor: Double?
  public var encoderFactorUncertainty: Double?
}

extension BeltPlane {
  /// What a belt is held to.
  public struct Limits: Codable, Equatable, Sendable {
    /// Largest error on the belt, 95 % bound.
    public var errorMillimeters = 0.5
    /// 95 % bound of the speed's relative error.
    public var speedPercent = 0.2
    /// Root mean square of the corners' residuals, above which the lens is suspected.
    public var residualPixels = 0.35
    /// Effect of the rolling shutter.
    public var shutterMillimeters = 1.0
    /// Difference of the encoder's scale from 1.
    public var encoderPercent = 0.5

    public init() {}
  }

  /// Whether the plane is good, and what is to be done next.
  public func judgement(_ limits: Limits = Limits()) -> Judgement {
    var figures = [
      Figure(
        "position on the belt, largest error, 95 % bound", uncertainty.bound, "mm",
        .atMost(limits.errorMillimeters)),
      Figure(
        "millimeters per pixel, along rows", millimetersPerPixelX, "mm",
        uncertainty: millimetersPerPixelX * scaleUncertaintyPercent / 100),
      Figure(
        "millimeters per pixel, along columns", millimetersPerPixelY, "mm",
        uncertainty: millimetersPerPixelY * scaleUncertaintyPercent / 100),
      Figure(
        "direction of travel in the picture", travelDegrees, "°",
        uncertainty: travelUncertaintyDegrees),
      Figure("corners' residual", residualPixels, "px"),
      Figure(
        "corners' residual on the belt",
        residualPixels * max(millimetersPerPixelX, millimetersPerPixelY), "mm"),
    ]
    var advice: [Advice] = []
    if residualPixels > limits.residualPixels {
      advice.append(
        Advice(
          .warning,
          "corners lie \(rounded(residualPixels, 2)) px from where a flat board would show them, "
            + "\(rounded(limits.residualPixels, 2)) at most were expected",
          remedy: lens == nil
            ? "calibrate the lens ('mirage-calibrate intrinsics') and do this step again, or lay "
              + "the board flat"
            : "lay the board flat, or calibrate the lens again"))
    }
    if uncertainty.bound > limits.errorMillimeters {
      advice.append(
        Advice(
          .failure,
          "places on the belt are known to \(rounded(uncertainty.bound, 2)) mm only, "
            + "\(rounded(limits.errorMillimeters, 2)) was wanted",
          remedy: "take more pictures, with the board also near the corners of the view"))
    }
    judge(speed, limits, &figures, &advice)
    judge(rollingShutter, limits, &figures, &advice)
    judgeEncoder(limits, &figures, &advice)
    for view in views {
      guard let rejection = view.rejection else { continue }
      advice.append(
        Advice(
          .note, "picture '\(view.name)' was left out: \(rejection)",
          remedy: "take it again if its part of the belt matters"))
    }
    return Judgement(figures: figures, advice: advice)
  }

  private func judge(
    _ speed: BeltSpeed?, _ limits: Limits, _ figures: inout [Figure], _ advice: inout [Advice]
  ) {
    guard let speed else {
      advice.append(
        Advice(
          .note, "the belt's speed was not measured",
          remedy: "give times of exposure in frames.json and let the belt run"))
      return
    }
    figures += [
      Figure(
        "belt speed, by \(speed.source.words)", speed.millimetersPerSecond, "mm/s",
        uncertainty: speed.uncertainty),
      Figure(
        "belt speed, 95 % bound", 100 * speed.uncertainty / speed.millimetersPerSecond, "%",
        .atMost(limits.speedPercent)),
      Figure("belt speed, how much it varies", speed.variationPercent, "%"),
    ]
    if speed.uncertainty / speed.millimetersPerSecond * 100 > limits.speedPercent {
      advice.append(
        Advice(
          .failure,
          "the speed is known to "
            + "\(rounded(100 * speed.uncertainty / speed.millimetersPerSecond, 2)) % only, "
            + "\(rounded(limits.speedPercent, 2)) % was wanted",
          remedy: speed.variationPercent > 1
            ? "the belt does not run evenly; use an encoder, or record longer"
            : "record the running belt for longer"))
    }
  }

  private func judge(
    _ shutter: RollingShutter?, _ limits: Limits, _ figures: inout [Figure],
    _ advice: inout [Advice]
  ) {
    guard let shutter else {
      advice.append(
        Advice(
          .note, "the shutter was not measured",
          remedy:
            "take some pictures of the board with the belt standing before it starts, or give "
            + "the camera's line delay"))
      return
    }
    figures.append(
      Figure(
        "rolling shutter, travel while a picture is exposed", abs(shutter.effectMillimeters), "mm",
        uncertainty: shutter.effectUncertaintyMillimeters))
    let certain = abs(shutter.effectMillimeters) - shutter.effectUncertaintyMillimeters
    if certain > limits.shutterMillimeters {
      advice.append(
        Advice(
          .warning,
          "the rolling shutter bends the moving belt by "
            + "\(rounded(abs(shutter.effectMillimeters), 2)) mm from the first row to the last",
          remedy: "use a camera with global shutter or faster readout, or turn it by 90°"))
    }
  }

  private func judgeEncoder(
    _ limits: Limits, _ figures: inout [Figure], _ advice: inout [Advice]
  ) {
    guard let encoderFactor, let encoderFactorUncertainty else { return }
    figures.append(
      Figure(
        "travel for each millimeter of the encoder", encoderFactor, "mm",
        uncertainty: encoderFactorUncertainty))
    if abs(encoderFactor - 1) * 100 > limits.encoderPercent {
      advice.append(
        Advice(
          .warning,
          "the encoder says 1 mm where the belt travels \(rounded(encoderFactor, 4)) mm",
          remedy:
            "multiply the encoder's millimeters for each count by \(rounded(encoderFactor, 4))"
        ))
    }
  }
}
