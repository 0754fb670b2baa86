import Units

/// The squares of belt that the pixels of a rectified picture stand for.
public struct BeltGrid: Codable, Equatable, Sendable {
  /// Where the center of the first pixel lies on the belt, in millimeters.
  public var x: Double
  public var y: Double
  public var millimetersPerPixel: Double
  /// Pixels across the belt and along the travel.
  public var width: Int
  public var height: Int

  public init(x: Double, y: Double, millimetersPerPixel: Double, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.millimetersPerPixel = millimetersPerPixel
    self.width = width
    self.height = height
  }

  /// From pixels of the rectified picture to the belt.
  public var map: Homography<ColorFrame, BeltFrame> {
    Homography(
      scaleX: millimetersPerPixel, scaleY: millimetersPerPixel, shiftX: x, shiftY: y)
  }
}

/// A lens where it is mounted above the belt: all that turns its pictures into pictures of the
/// belt.
///
/// Where a calibration has one, its map `color` is that of the grid: everything behind
/// rectification sees a camera without distortion that looks straight down.
public struct LensMount: Codable, Equatable, Sendable {
  public var lens: LensModel
  /// From directions of view to the belt at belt position 0.
  public var belt: Homography<RayFrame, BeltFrame>
  public var grid: BeltGrid

  /// Columns or rows that a picture may have before or after rectification.
  public static let largestExtent = 16_384

  public init(lens: LensModel, belt: Homography<RayFrame, BeltFrame>, grid: BeltGrid) {
    self.lens = lens
    self.belt = belt
    self.grid = grid
  }

  /// A lens and the largest grid that it sees all of, as fine as the middle of its picture.
  ///
  /// Nothing of the grid is empty, so that what finds pieces meets no border but the picture's
  /// own. Nil where the camera looks along the belt, or the grid would be too large.
  public init?(lens: LensModel, belt: Homography<RayFrame, BeltFrame>) {
    guard let seen = SeenBelt(lens, belt), let pitch = seen.pitch else { return nil }
    let sides = seen.largestRectangle()
    let (width, height) = (sides.right - sides.left, sides.bottom - sides.top)
    let most = Double(Self.largestExtent - 1) * pitch
    guard width > pitch, height > pitch, width < most, height < most else { return nil }
    self.init(
      lens: lens, belt: belt,
      grid: BeltGrid(
        x: sides.left, y: sides.top, millimetersPerPixel: pitch,
        width: Int((width / pitch).rounded(.down)) + 1,
        height: Int((height / pitch).rounded(.down)) + 1))
  }

  /// A lens before a belt whose pose is known, with the largest grid that it sees all of.
  public init?(lens: LensModel, belt pose: BoardPose) {
    guard let belt = Homography<BeltFrame, RayFrame>(matrix: pose.toRays).inverse else {
      return nil
    }
    self.init(lens: lens, belt: belt)
  }

  /// A lens and the map to the belt of a picture without distortion, as `straightened` makes its
  /// points, with the largest grid that the lens sees all of.
  public init?(lens: LensModel, straight: Homography<ColorFrame, BeltFrame>) {
    let pinhole = [lens.focalX, 0, lens.centerX, 0, lens.focalY, lens.centerY, 0, 0, 1]
    self.init(lens: lens, belt: Homography(matrix: product(straight.matrix, pinhole)))
  }

  /// Where a pixel of the camera's own picture lies on the belt; nil where the lens has no
  /// direction for it.
  public func beltPoint(_ pixel: Point<ColorFrame>) -> Point<BeltFrame>? {
    lens.ray(at: pixel).map { belt($0) }
  }
}

/// What a camera sees of a belt.
private struct SeenBelt {
  typealias Sides = (left: Double, top: Double, right: Double, bottom: Double)

  private let lens: LensModel
  private let inverse: LensInverse
  private let belt: Homography<RayFrame, BeltFrame>
  private let rays: Homography<BeltFrame, RayFrame>
  /// The sign that the map's denominator has on this side of the horizon.
  private let front: Double
  /// The denominator of the map to directions at what the optical axis meets.
  private let middle: Double
  /// A rectangle around all that is seen.
  private var around: Sides = (0, 0, 0, 0)

  /// Nil where a part of the picture's border sees no belt.
  init?(_ lens: LensModel, _ belt: Homography<RayFrame, BeltFrame>) {
    guard let rays = belt.inverse else { return nil }
    (self.lens, self.belt, self.rays) = (lens, belt, rays)
    inverse = LensInverse(lens)
    front = belt.matrix[8] < 0 ? -1 : 1
    let center = belt(Point(x: 0, y: 0))
    middle = rays.matrix[6] * center.x + rays.matrix[7] * center.y + rays.matrix[8]
    var border: [Point<BeltFrame>] = []
    for step in 0...16 {
      let x = Double(step) / 16 * Double(lens.width - 1)
      let y = Double(step) / 16 * Double(lens.height - 1)
      let pixels = [
        (x, 0), (x, Double(lens.height - 1)), (0, y), (Double(lens.width - 1), y),
      ]
      for (x, y) in pixels {
        guard let place = place(x, y) else { return nil }
        border.append(place)
      }
    }
    let (xs, ys) = (border.map(\.x), border.map(\.y))
    around = (xs.min() ?? 0, ys.min() ?? 0, xs.max() ?? 0, ys.max() ?? 0)
  }

  private func place(_ x: Double, _ y: Double) -> Point<BeltFrame>? {
    guard let ray = inverse(Point(x: x, y: y)) else { return nil }
    let m = belt.matrix
    guard front * (m[6] * ray.x + m[7] * ray.y + m[8]) > 1e-12 else { return nil }
    return belt(ray)
  }

  /// Millimeters a pixel in the middle of the picture.
  var pitch: Double? {
    let (x, y) = (Double(lens.width - 1) / 2, Double(lens.height - 1) / 2)
    guard let middle = place(x, y), let next = place(x + 1, y), let below = place(x, y + 1) else {
      return nil
    }
    let area =
      (next.x - middle.x) * (below.y - middle.y) - (next.y - middle.y) * (below.x - middle.x)
    return area == 0 ? nil : abs(area).squareRoot()
  }

  private func isSeen(_ x: Double, _ y: Double) -> Bool {
    let m = rays.matrix
    let ray = rays(Point(x: x, y: y))
    // As seen from the place below the middle of the picture.
    guard (m[6] * x + m[7] * y + m[8]) * middle > 0, inverse.isWithinReach(ray) else {
      return false
    }
    let pixel = lens(ray)
    // Between the points of a side that are tried the border bows by less than this.
    let margin = 0.25
    return pixel.x >= margin && pixel.y >= margin
      && pixel.x <= Double(lens.width - 1) - margin
      && pixel.y <= Double(lens.height - 1) - margin
  }

  /// From the rectangle around everything the worst side moves inward until all sides are seen.
  func largestRectangle() -> Sides {
    var sides = around
    let step = (x: (sides.right - sides.left) / 400, y: (sides.bottom - sides.top) / 400)
    while sides.left < sides.right, sides.top < sides.bottom {
      var unseen = [0, 0, 0, 0]
      for share in stride(from: 0.0, through: 1, by: 1.0 / 32) {
        let x = sides.left + share * (sides.right - sides.left)
        let y = sides.top + share * (sides.bottom - sides.top)
        if !isSeen(sides.left, y) { unseen[0] += 1 }
        if !isSeen(x, sides.top) { unseen[1] += 1 }
        if !isSeen(sides.right, y) { unseen[2] += 1 }
        if !isSeen(x, sides.bottom) { unseen[3] += 1 }
      }
      guard let worst = unseen.indices.max(by: { unseen[$0] < unseen[$1] }), unseen[worst] > 0
      else { break }
      switch worst {
      case 0: sides.left += step.x
      case 1: sides.top += step.y
      case 2: sides.right -= step.x
      default: sides.bottom -= step.y
      }
    }
    return sides
  }
}
