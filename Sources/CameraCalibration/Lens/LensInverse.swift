import Units

/// A lens the other way round, made ready: from pixels to directions.
///
/// A polynomial of distortion folds back on itself beyond some angle; pixels whose direction
/// would lie there have none.
public struct LensInverse: Sendable {
  private let lens: LensModel
  /// Square of the largest distance from the axis up to which the radial polynomial rises.
  private let reach: Double

  public init(_ lens: LensModel) {
    self.lens = lens
    reach = Self.reach(of: lens)
  }

  /// The direction that a pixel shows; nil where the lens model has none.
  ///
  /// Newton's method on both coordinates; each step is halved until it comes nearer and stays
  /// within the angles at which the polynomial rises.
  public func callAsFunction(_ pixel: Point<ColorFrame>) -> Point<RayFrame>? {
    let wanted = Point<RayFrame>(
      x: (pixel.x - lens.centerX) / lens.focalX, y: (pixel.y - lens.centerY) / lens.focalY)
    guard wanted.x.isFinite, wanted.y.isFinite else { return nil }
    var ray = start(at: wanted)
    var error = offset(of: ray, from: wanted)
    for _ in 0..<40 {
      let size = error.x * error.x + error.y * error.y
      if size < 1e-26 { return ray }
      let slope = lens.bending(ray)
      let determinant = slope.xx * slope.yy - slope.xy * slope.xy
      guard determinant > 1e-9 else { return nil }
      let step = (
        x: (slope.yy * error.x - slope.xy * error.y) / determinant,
        y: (slope.xx * error.y - slope.xy * error.x) / determinant
      )
      var share = 1.0
      while true {
        let next = Point<RayFrame>(x: ray.x - share * step.x, y: ray.y - share * step.y)
        let nextError = offset(of: next, from: wanted)
        if isWithinReach(next), nextError.x * nextError.x + nextError.y * nextError.y < size {
          (ray, error) = (next, nextError)
          break
        }
        share /= 2
        // As near as the numbers allow, or nowhere near at all.
        if share < 1e-4 { return size < 1e-20 ? ray : nil }
      }
    }
    return error.x * error.x + error.y * error.y < 1e-20 ? ray : nil
  }

  /// Whether the radial polynomial rises up to this direction, so that it has a pixel of its own.
  func isWithinReach(_ ray: Point<RayFrame>) -> Bool {
    ray.x * ray.x + ray.y * ray.y < reach
  }

  private func offset(of ray: Point<RayFrame>, from wanted: Point<RayFrame>) -> (
    x: Double, y: Double
  ) {
    let bent = lens.bent(ray)
    return (bent.x - wanted.x, bent.y - wanted.y)
  }

  /// Where the search begins: the pixel's own direction, or on it as far out as is allowed.
  private func start(at wanted: Point<RayFrame>) -> Point<RayFrame> {
    let size = wanted.x * wanted.x + wanted.y * wanted.y
    guard size >= 0.98 * reach else { return wanted }
    let share = (0.9 * reach / size).squareRoot()
    return Point(x: share * wanted.x, y: share * wanted.y)
  }

  /// The smallest s = r² above 0 at which d(r (1 + k1 s + k2 s² + k3 s³))/dr is 0, or what stands
  /// for "any".
  private static func reach(of lens: LensModel) -> Double {
    func rise(_ s: Double) -> Double {
      1 + s * (3 * lens.k1 + s * (5 * lens.k2 + s * 7 * lens.k3))
    }
    // A half angle of 84°: r = 10. Steps are fine enough for three roots of a smooth cubic.
    let most = 100.0
    var low = 0.0
    var step = 1e-3
    while low < most {
      let high = low + step
      if rise(high) <= 0 { return root(of: rise, between: low, and: high) }
      low = high
      step *= 1.05
    }
    return most
  }

  private static func root(
    of function: (Double) -> Double, between first: Double, and second: Double
  ) -> Double {
    var (low, high) = (first, second)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if function(middle) > 0 { low = middle } else { high = middle }
    }
    return low
  }
}

extension LensModel {
  /// The direction that a pixel shows; nil where the model has none.
  ///
  /// For many pixels make one `LensInverse`.
  public func ray(at pixel: Point<ColorFrame>) -> Point<RayFrame>? { LensInverse(self)(pixel) }
}

extension LensInverse {
  /// Where a pixel would lie in the picture of a camera without distortion, of the same focal
  /// lengths and center; nil where the lens has no direction for it.
  public func straightened(_ pixel: Point<ColorFrame>) -> Point<ColorFrame>? {
    self(pixel).map {
      Point(x: lens.focalX * $0.x + lens.centerX, y: lens.focalY * $0.y + lens.centerY)
    }
  }
}
