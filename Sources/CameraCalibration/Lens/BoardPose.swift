import Foundation
import Units

/// Where a plane, a board or the belt, lies before the camera: turned, then moved.
///
/// A point (x, y) of the plane, in millimeters, lies at `rotation · (x, y, 0) + translation` in
/// the camera's axes: `x` right, `y` down, `z` along the optical axis.
public struct BoardPose: Codable, Equatable, Sendable {
  /// Nine numbers row by row; its columns are the plane's axes as the camera sees them.
  public var rotation: [Double]
  /// Millimeters.
  public var translation: [Double]

  public init(rotation: [Double], translation: [Double]) {
    precondition(rotation.count == 9 && translation.count == 3, "pose: 9 and 3 numbers wanted")
    self.rotation = rotation
    self.translation = translation
  }

  /// A point of the plane in the camera's axes.
  public func camera(x: Double, y: Double) -> (x: Double, y: Double, z: Double) {
    let (r, t) = (rotation, translation)
    return (
      r[0] * x + r[1] * y + t[0], r[3] * x + r[4] * y + t[1], r[6] * x + r[7] * y + t[2]
    )
  }

  /// The plane's normal as the camera sees it, pointing away from the camera.
  public var normal: (x: Double, y: Double, z: Double) {
    let n = (x: rotation[2], y: rotation[5], z: rotation[8])
    return n.z < 0 ? (-n.x, -n.y, -n.z) : n
  }

  /// Turned further about the camera's own axes by a rotation vector (radians) and moved.
  func moved(by step: some Collection<Double>) -> BoardPose {
    precondition(step.count == 6, "pose: \(step.count) numbers, 6 wanted")
    let s = Array(step)
    let turn = rotationMatrix(s[0], s[1], s[2])
    return BoardPose(
      rotation: product(turn, rotation),
      translation: [translation[0] + s[3], translation[1] + s[4], translation[2] + s[5]])
  }

  /// The map from the plane to directions of view.
  public var toRays: [Double] {
    let (r, t) = (rotation, translation)
    return [r[0], r[1], t[0], r[3], r[4], t[1], r[6], r[7], t[2]]
  }
}

/// The rotation about (x, y, z) by its length in radians, row by row.
///
/// Source: Rodrigues, 1840: R = I + sin θ K + (1 − cos θ) K².
func rotationMatrix(_ x: Double, _ y: Double, _ z: Double) -> [Double] {
  let angle = (x * x + y * y + z * z).squareRoot()
  let (a, b) =
    angle < 1e-6
    ? (1 - angle * angle / 6, 0.5 - angle * angle / 24)
    : (sin(angle) / angle, (1 - cos(angle)) / (angle * angle))
  return [
    1 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y,
    b * x * y + a * z, 1 - b * (x * x + z * z), b * y * z - a * x,
    b * x * z - a * y, b * y * z + a * x, 1 - b * (x * x + y * y),
  ]
}

/// The product of two 3 × 3 matrices.
func product(_ a: [Double], _ b: [Double]) -> [Double] {
  var c = [Double](repeating: 0, count: 9)
  for i in 0..<3 {
    for j in 0..<3 {
      c[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j]
    }
  }
  return c
}
