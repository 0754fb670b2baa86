import CameraCalibration
import Foundation
import Units

/// How a board lies before a camera, as far as a picture tells without a lens model.
public struct BoardAttitude: Codable, Equatable, Sendable {
  /// Where the board's middle appears.
  public var center: Point<ColorFrame>
  /// Side of the square with the area that a square millimeter at the middle has, in pixels.
  public var pixelsPerMillimeter: Double
  /// Angle between the board's normal and the line of sight, in degrees.
  public var tiltDegrees: Double
  /// Direction in the picture, as an angle in degrees (0 right, 90 down), towards the side of the
  /// board that is nearer to the camera.
  public var nearSideDegrees: Double

  /// Reads the attitude from the map of the board onto the picture.
  ///
  /// A plane tilted by `a` appears shortened by cos `a` in one direction: the singular values of
  /// the map's derivative tell both; where the scale grows is nearer.
  init(_ map: Homography<BoardFrame, ColorFrame>, middle: Point<BoardFrame>) {
    let center = map(middle)
    self.center = center
    let d = Self.derivative(of: map, at: middle)
    // Σ of the squares and the determinant give both singular values.
    let squares = d.xx * d.xx + d.xy * d.xy + d.yx * d.yx + d.yy * d.yy
    let area = abs(d.xx * d.yy - d.xy * d.yx)
    let root = max(0, squares * squares / 4 - area * area).squareRoot()
    let (long, brief) = (squares / 2 + root, max(0, squares / 2 - root))
    let size = area.squareRoot()
    pixelsPerMillimeter = size
    tiltDegrees = acos(min(1, (brief / max(long, 1e-30)).squareRoot())) * 180 / .pi
    // The direction in the picture in which it is shortened: eigenvector of D Dᵀ for `brief`.
    let (a, b, c) = (
      d.xx * d.xx + d.xy * d.xy, d.xx * d.yx + d.xy * d.yy, d.yx * d.yx + d.yy * d.yy
    )
    var angle = 0.5 * atan2(2 * b, a - c) + .pi / 2
    if let back = map.inverse {
      let reach = size * 5
      func scale(_ sign: Double) -> Double {
        let point = Point<ColorFrame>(
          x: center.x + sign * reach * cos(angle), y: center.y + sign * reach * sin(angle))
        let there = Self.derivative(of: map, at: back(point))
        return abs(there.xx * there.yy - there.xy * there.yx)
      }
      if scale(-1) > scale(1) { angle += .pi }
    }
    let degrees = angle * 180 / .pi
    nearSideDegrees = degrees - 360 * (degrees / 360).rounded(.down)
  }

  private static func derivative(
    of map: Homography<BoardFrame, ColorFrame>, at point: Point<BoardFrame>
  ) -> (xx: Double, xy: Double, yx: Double, yy: Double) {
    let m = map.matrix
    let w = m[6] * point.x + m[7] * point.y + m[8]
    let image = map(point)
    return (
      (m[0] - image.x * m[6]) / w, (m[1] - image.x * m[7]) / w, (m[3] - image.y * m[6]) / w,
      (m[4] - image.y * m[7]) / w
    )
  }
}
