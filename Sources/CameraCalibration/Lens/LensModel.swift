import Units

/// How a camera's lens puts directions onto pixels: a pinhole, bent by radial and tangential
/// distortion.
///
/// A direction (x, y) with r² = x² + y² is first bent,
///
///     x' = x (1 + k1 r² + k2 r⁴ + k3 r⁶) + 2 p1 x y + p2 (r² + 2 x²)
///     y' = y (1 + k1 r² + k2 r⁴ + k3 r⁶) + p1 (r² + 2 y²) + 2 p2 x y
///
/// and then lies at column `focalX · x' + centerX` and row `focalY · y' + centerY`; the center of
/// the first pixel is (0, 0).
///
/// Source: Brown, *Close-Range Camera Calibration*, 1971, equations 13 and 14; the letters and
/// their order are OpenCV's.
public struct LensModel: Codable, Equatable, Sendable {
  /// Extent in pixels of the pictures that the model is for.
  public var width: Int
  public var height: Int
  /// Focal lengths along rows and columns, in pixels.
  public var focalX: Double
  public var focalY: Double
  /// Where the optical axis meets the picture, in pixels.
  public var centerX: Double
  public var centerY: Double
  /// Radial distortion.
  public var k1: Double
  public var k2: Double
  public var k3: Double
  /// Tangential distortion.
  public var p1: Double
  public var p2: Double

  /// A lens; without distortion where nothing else is said.
  public init(
    width: Int, height: Int, focal: (x: Double, y: Double), center: (x: Double, y: Double),
    radial: (k1: Double, k2: Double, k3: Double) = (0, 0, 0),
    tangential: (p1: Double, p2: Double) = (0, 0)
  ) {
    self.width = width
    self.height = height
    (focalX, focalY) = focal
    (centerX, centerY) = center
    (k1, k2, k3) = radial
    (p1, p2) = tangential
  }

  /// Columns and rows of the pictures that the model is for.
  public var extent: PictureExtent { PictureExtent(width: width, height: height) }

  /// The pixel that shows what lies in a direction.
  public func callAsFunction(_ ray: Point<RayFrame>) -> Point<ColorFrame> {
    let bent = bent(ray)
    return Point(x: focalX * bent.x + centerX, y: focalY * bent.y + centerY)
  }

  /// The pixel that shows a point in the camera's own axes, `z` along the optical axis; nil behind
  /// the camera.
  public func pixel(x: Double, y: Double, z: Double) -> Point<ColorFrame>? {
    z > 0 ? self(Point(x: x / z, y: y / z)) : nil
  }

  /// The direction after distortion.
  func bent(_ ray: Point<RayFrame>) -> Point<RayFrame> {
    let (x, y) = (ray.x, ray.y)
    let r2 = x * x + y * y
    let radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return Point(
      x: x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
      y: y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y)
  }

  /// Derivatives of `bent` by x and y: dx'/dx, dx'/dy = dy'/dx, dy'/dy.
  func bending(_ ray: Point<RayFrame>) -> (xx: Double, xy: Double, yy: Double) {
    let (x, y) = (ray.x, ray.y)
    let r2 = x * x + y * y
    let radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    // d radial / d r², twice.
    let slope = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3))
    return (
      xx: radial + slope * x * x + 2 * p1 * y + 6 * p2 * x,
      xy: slope * x * y + 2 * p1 * x + 2 * p2 * y,
      yy: radial + slope * y * y + 6 * p1 * y + 2 * p2 * x
    )
  }
}

// MARK: Parameters as a row of numbers

extension LensModel {
  /// Names of the nine numbers, in the order of `parameters`.
  public static let parameterNames = ["fx", "fy", "cx", "cy", "k1", "k2", "p1", "p2", "k3"]

  /// The nine numbers that an estimate finds: focal lengths, center, then the distortion in the
  /// order k1, k2, p1, p2, k3.
  public var parameters: [Double] {
    get { [focalX, focalY, centerX, centerY, k1, k2, p1, p2, k3] }
    set {
      precondition(newValue.count == 9, "lens: \(newValue.count) parameters, 9 wanted")
      (focalX, focalY, centerX, centerY) = (newValue[0], newValue[1], newValue[2], newValue[3])
      (k1, k2, p1, p2, k3) = (newValue[4], newValue[5], newValue[6], newValue[7], newValue[8])
    }
  }
}
