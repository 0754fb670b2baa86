/// A frame of reference: what the coordinates of a point are measured in.
public protocol Frame: Sendable {}

/// The belt: `x` across it from its left edge, `y` along the travel, both in millimeters.
///
/// The origin moves with the belt: a piece that lies still on it keeps its coordinates.
public enum BeltFrame: Frame {}
/// The RGB camera's picture: `x` column and `y` row in pixels, the center of the first at (0, 0).
public enum ColorFrame: Frame {}
/// The hyperspectral cube: `x` sample (column) and `y` line in pixels, as `ColorFrame`.
public enum CubeFrame: Frame {}

/// Directions of view from the RGB camera: where they meet the plane at distance 1 before it, `x`
/// to the right and `y` down, no unit.
public enum RayFrame: Frame {}

/// A point that knows its frame, so that pixels never meet millimeters unnoticed.
public struct Point<In: Frame>: Hashable, Sendable, Codable {
  public var x: Double
  public var y: Double

  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

/// A rectangle that knows its frame; `x`, `y` is the corner with the smallest coordinates.
public struct Rectangle<In: Frame>: Hashable, Sendable, Codable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double

  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  public var center: Point<In> { Point(x: x + width / 2, y: y + height / 2) }
}

/// A projective map from one plane to another, row-major 3 × 3.
public struct Homography<From: Frame, To: Frame>: Hashable, Sendable, Codable {
  /// Nine numbers, row by row; `target ~ matrix · (x, y, 1)`.
  public let matrix: [Double]

  public init(matrix: [Double]) {
    precondition(matrix.count == 9, "homography: \(matrix.count) numbers, 9 wanted")
    self.matrix = matrix
  }

  /// Scale and shift: `x' = scaleX · x + shiftX`, `y' = scaleY · y + shiftY`.
  public init(scaleX: Double, scaleY: Double, shiftX: Double, shiftY: Double) {
    matrix = [scaleX, 0, shiftX, 0, scaleY, shiftY, 0, 0, 1]
  }

  @inlinable
  public func callAsFunction(_ point: Point<From>) -> Point<To> {
    let m = matrix
    let w = m[6] * point.x + m[7] * point.y + m[8]
    return Point(
      x: (m[0] * point.x + m[1] * point.y + m[2]) / w,
      y: (m[3] * point.x + m[4] * point.y + m[5]) / w)
  }

  /// The map back, or nil where the matrix is singular.
  public var inverse: Homography<To, From>? {
    let m = matrix
    let cofactors = [
      m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
      m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
      m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3],
    ]
    let determinant = m[0] * cofactors[0] + m[1] * cofactors[3] + m[2] * cofactors[6]
    guard determinant.isFinite, abs(determinant) > 1e-15 else { return nil }
    return Homography<To, From>(matrix: cofactors.map { $0 / determinant })
  }
}
