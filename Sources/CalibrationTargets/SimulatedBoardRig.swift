import CameraCalibration
import Foundation
import Tensors
import Units

/// A camera with a lens of its own, and poses at which a board fills much of its picture: pictures
/// with known truth for whoever has no camera; the same for the same seed.
public struct SimulatedBoardRig: Sendable {
  public let lens: LensModel
  public let board: CalibrationBoard
  public var random: SplitMix64

  /// Draws a lens: 45° to 90° wide, with all kinds of distortion.
  public init(seed: UInt64, board: CalibrationBoard, width: Int = 640, height: Int = 480) {
    random = SplitMix64(seed: seed, purpose: "rig")
    self.board = board
    let focal = Double(width) * random.nextUniform(0.8, 1.6)
    lens = LensModel(
      width: width, height: height, focal: (focal, focal * random.nextUniform(0.995, 1.005)),
      center: (
        Double(width - 1) / 2 + random.nextUniform(-15, 15),
        Double(height - 1) / 2 + random.nextUniform(-15, 15)
      ),
      radial: (random.nextUniform(-0.2, 0.1), random.nextUniform(-0.05, 0.05), 0),
      tangential: (random.nextUniform(-0.001, 0.001), random.nextUniform(-0.001, 0.001)))
  }

  /// A lens that is known before.
  public init(seed: UInt64, board: CalibrationBoard, lens: LensModel) {
    random = SplitMix64(seed: seed, purpose: "rig")
    self.board = board
    self.lens = lens
  }

  /// A pose tilted by up to `degrees` about a random axis, with the board's middle somewhere in
  /// the picture.
  public mutating func pose(tiltDegrees: Double, fill: ClosedRange<Double> = 0.5...0.95)
    -> BoardPose
  {
    let corners = board.corners
    let share = random.nextUniform(fill.lowerBound, fill.upperBound)
    let size = max(
      corners.width / Double(lens.width), corners.height / Double(lens.height))
    let distance = lens.focalX * size / share
    let tilt = random.nextUniform(0, tiltDegrees) * .pi / 180
    let axis = random.nextUniform(0, 2 * .pi)
    let roll = random.nextUniform(-0.5, 0.5) + (random.nextUniform() < 0.3 ? .pi / 2 : 0)
    let turn = Self.product(
      Self.rotation(about: (cos(axis), sin(axis), 0), by: tilt),
      Self.rotation(about: (0, 0, 1), by: roll))
    let room = 0.25 * (1 - share) + 0.04
    let target = (
      x: (random.nextUniform(-room, room) * Double(lens.width)) / lens.focalX * distance,
      y: (random.nextUniform(-room, room) * Double(lens.height)) / lens.focalY * distance
    )
    let middle = corners.center
    return BoardPose(
      rotation: turn,
      translation: [
        target.x - turn[0] * middle.x - turn[1] * middle.y,
        target.y - turn[3] * middle.x - turn[4] * middle.y,
        distance - turn[6] * middle.x - turn[7] * middle.y,
      ])
  }

  /// A picture's blur, noise and light: sharp to soft, clean to noisy, unevenly lit.
  public mutating func exposure() -> BoardExposure {
    var exposure = BoardExposure()
    exposure.blur = random.nextUniform(0.4, 1.6)
    exposure.noise = random.nextUniform(0.5, 4)
    exposure.gradientX = random.nextUniform(-0.25, 0.25)
    exposure.gradientY = random.nextUniform(-0.25, 0.25)
    exposure.white = random.nextUniform(120, 180)
    return exposure
  }

  private static func rotation(
    about axis: (x: Double, y: Double, z: Double), by angle: Double
  ) -> [Double] {
    let (x, y, z) = axis
    let (s, c) = (sin(angle), cos(angle))
    let k = 1 - c
    return [
      c + x * x * k, x * y * k - z * s, x * z * k + y * s,
      y * x * k + z * s, c + y * y * k, y * z * k - x * s,
      z * x * k - y * s, z * y * k + x * s, c + z * z * k,
    ]
  }

  private static func product(_ a: [Double], _ b: [Double]) -> [Double] {
    (0..<9).map { index -> Double in
      let (row, column) = (index / 3 * 3, index % 3)
      return a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column]
    }
  }
}
