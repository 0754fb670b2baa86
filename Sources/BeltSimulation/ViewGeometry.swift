import CameraCalibration
import Foundation
import Tensors
import Units

/// Where both cameras look, at belt position 0.
struct ViewGeometry: Sendable {
  let color: Homography<ColorFrame, BeltFrame>
  let colorWidth: Int
  let colorHeight: Int
  let cube: Homography<CubeFrame, BeltFrame>
  let samples: Int
  let lines: Int
  /// What the calibration file says: the truth but for its own error.
  let calibration: RigCalibration

  /// The cube sees this much more than the section on each side, so that no crop runs out of it.
  private static let cubeMargin = 4.0

  init(_ settings: BeltSettings) {
    let (width, length) = (settings.widthMillimeters, settings.sectionMillimeters)
    let camera = settings.colorCamera
    colorWidth = max(1, Int((width / camera.pixelMillimeters).rounded()))
    colorHeight = max(1, Int((length / camera.pixelMillimeters).rounded()))
    color = Homography(
      matrix: Self.view(
        columns: colorWidth, rows: colorHeight, millimeters: camera.pixelMillimeters,
        rotationDegrees: camera.rotationDegrees, perspective: camera.perspective,
        center: (width / 2, length / 2)))
    let scanner = settings.lineScanner
    let samples = Int(((width + 2 * Self.cubeMargin) / scanner.pixelMillimeters).rounded())
    let lines = Int(((length + 2 * Self.cubeMargin) / scanner.pixelMillimeters).rounded())
    (self.samples, self.lines) = (samples, lines)
    func cubeView(shiftX: Double, shiftY: Double) -> Homography<CubeFrame, BeltFrame> {
      Homography(
        matrix: Self.view(
          columns: samples, rows: lines, millimeters: scanner.pixelMillimeters,
          rotationDegrees: scanner.rotationDegrees, perspective: 0,
          center: (width / 2 + shiftX, length / 2 + shiftY)))
    }
    cube = cubeView(shiftX: 0, shiftY: 0)
    var random = SplitMix64(seed: settings.rigSeed, purpose: "registration")
    let angle = random.nextUniform(0, 2 * .pi)
    let error = scanner.registrationErrorMillimeters * random.nextUniform(0.3, 1)
    calibration = RigCalibration(
      rig: "simulated", date: "2026-01-31", color: color,
      cube: cubeView(shiftX: error * cos(angle), shiftY: error * sin(angle)),
      beltWidthMillimeters: width, valveBarMillimeters: settings.valveBarMillimeters,
      registrationErrorMillimeters: scanner.registrationErrorMillimeters)
  }

  /// Scale, turn and tilt around the middle of the picture.
  private static func view(
    columns: Int, rows: Int, millimeters: Double, rotationDegrees: Double, perspective: Double,
    center: (x: Double, y: Double)
  ) -> [Double] {
    let angle = rotationDegrees * .pi / 180
    let (c, s) = (millimeters * cos(angle), millimeters * sin(angle))
    let (u, v) = (Double(columns - 1) / 2, Double(rows - 1) / 2)
    // Belt = center + turned (pixel − middle) / (1 + tilt · (pixel − middle)).
    let (p, q) = (perspective, perspective * 0.6)
    let w = 1 - p * u - q * v
    let shiftX = -c * u + s * v
    let shiftY = -s * u - c * v
    return [
      c + center.x * p, -s + center.x * q, shiftX + center.x * w,
      s + center.y * p, c + center.y * q, shiftY + center.y * w,
      p, q, w,
    ]
  }
}
