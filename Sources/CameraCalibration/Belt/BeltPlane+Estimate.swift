import Foundation
import Units

extension BeltPlane {
  /// Finds the belt's plane, the direction and the scale of its travel, and, where pictures have
  /// times, its speed and what the shutter does, from a board that rides on the belt.
  ///
  /// All corners of all pictures are explained together by one map of the board's plane into the
  /// picture and one travel for each picture along one direction (bundle adjustment). A picture in
  /// which the board was turned or slid, and corners far from where the others put them, are left
  /// out by name.
  ///
  /// - Parameter sightings: in the order of exposure, with the belt moved between them.
  public static func estimate(
    _ sightings: [RidingBoard], setup: BeltSetup = BeltSetup()
  ) throws(BeltError) -> BeltPlane {
    var bundle = try BoardBundle(sightings, setup: setup)
    try bundle.adjust()
    return try BeltPlane(bundle, setup: setup)
  }

  /// How many draws stand for the uncertainty of a fit.
  static let draws = 400
  static let mapColumns = 13
  static let mapRows = 9

  private init(_ bundle: BoardBundle, setup: BeltSetup) throws(BeltError) {
    let frame = try BeltGauge(bundle, setup: setup)
    guard let colorOfBelt = frame.color.inverse else {
      throw BeltError(bundle.reference.name, .cornersOnALine)
    }
    let draws = bundle.fit.draws(Self.draws)
    let maps = draws.map { frame.map(bundle, parameters: $0) }
    let area = frame.seenArea
    let grid = UncertaintyMap.grid(over: area, columns: Self.mapColumns, rows: Self.mapRows)
    let places = grid.map { colorOfBelt($0) }
    let errors = maps.map { map in
      zip(places, grid).map { place, wanted in
        let point = map(place)
        return hypot(point.x - wanted.x, point.y - wanted.y)
      }
    }
    color = frame.color
    lens = setup.lens
    (width, height) = (bundle.width, bundle.height)
    uncertainty = UncertaintyMap(
      over: area, columns: Self.mapColumns, rows: Self.mapRows, errors: errors)
    let middle = Point<ColorFrame>(x: Double(width - 1) / 2, y: Double(height - 1) / 2)
    let own = PixelSize(frame.color, at: middle)
    travelDegrees = own.travelDegrees
    millimetersPerPixelX = own.x
    millimetersPerPixelY = own.y
    travelUncertaintyDegrees = Ranks.bound(
      0.95, of: maps.map { abs(turn(PixelSize($0, at: middle).travelDegrees - own.travelDegrees)) })
    let scale = bundle.alongScales(draws)
    scaleUncertaintyPercent = 100 * Ranks.bound(0.95, of: scale.map { abs($0 - 1) })
    residualPixels = bundle.rootMeanSquare
    views = bundle.views
    residuals = bundle.residualVectors
    rejectedCorners = bundle.rejectedCorners
    speed = nil
    rollingShutter = nil
    let motion = BoardMotion(bundle, draws: draws)
    speed = motion.speed
    rollingShutter = motion.shutter(
      rows: height, given: setup.lineDelaySeconds, speed: motion.speed?.millimetersPerSecond)
    let encoder = motion.encoderFactor(bundle)
    encoderFactor = encoder?.factor
    encoderFactorUncertainty = encoder?.uncertainty
  }
}

/// An angle between −180° and 180°.
func turn(_ degrees: Double) -> Double {
  let rest = degrees.truncatingRemainder(dividingBy: 360)
  return rest > 180 ? rest - 360 : rest < -180 ? rest + 360 : rest
}

/// Size and direction of things at one place of a picture.
struct PixelSize {
  /// Millimeters per pixel along rows and columns.
  let x: Double
  let y: Double
  /// Direction in which pieces move: towards smaller y of the belt.
  let travelDegrees: Double

  init(_ map: Homography<ColorFrame, BeltFrame>, at point: Point<ColorFrame>) {
    let (left, right) = (
      map(Point(x: point.x - 0.5, y: point.y)), map(Point(x: point.x + 0.5, y: point.y))
    )
    let (above, below) = (
      map(Point(x: point.x, y: point.y - 0.5)), map(Point(x: point.x, y: point.y + 0.5))
    )
    x = hypot(right.x - left.x, right.y - left.y)
    y = hypot(below.x - above.x, below.y - above.y)
    // Columns of the inverse Jacobian: where a step along −y of the belt goes in the picture.
    let (a, b) = (right.x - left.x, below.x - above.x)
    let (c, d) = (right.y - left.y, below.y - above.y)
    let determinant = a * d - b * c
    travelDegrees = atan2(-a / determinant, b / determinant) * 180 / .pi
  }
}

/// The belt's frame laid into the board's plane: y against the motion of pieces, x across, the
/// origin where the view begins.
struct BeltGauge {
  let color: Homography<ColorFrame, BeltFrame>
  /// The rectangle of belt that the picture shows whole.
  let seenArea: Rectangle<BeltFrame>
  /// Where the middle of the picture lies; what cannot be known is fixed there.
  private let middle: Point<BeltFrame>
  private let scale: Double

  init(_ bundle: BoardBundle, setup: BeltSetup) throws(BeltError) {
    // A belt that lies deeper than the printed side is seen larger than the board tells.
    let height = setup.cameraHeightMillimeters ?? .infinity
    scale =
      height.isFinite && height > setup.boardThicknessMillimeters
      ? height / (height - setup.boardThicknessMillimeters) : 1
    let raw = Self.unshifted(bundle, bundle.fit.parameters, scale: scale)
    let (right, bottom) = (Double(bundle.width - 1), Double(bundle.height - 1))
    let view = StraightView(setup.lens)
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)].compactMap { x, y in
      view.straight(Point(x: x, y: y)).map { raw($0) }
    }
    guard let left = corners.map(\.x).min(), let top = corners.map(\.y).min() else {
      throw BeltError(bundle.reference.name, .lensSeesNoBelt)
    }
    let edge = setup.leftEdge.flatMap { view.straight($0) }.map { raw($0).x } ?? left
    color = raw.shifted(x: -edge, y: -top)
    middle = color(Point(x: right / 2, y: bottom / 2))
    guard let seen = view.seenBelt(color, width: bundle.width, height: bundle.height) else {
      throw BeltError(bundle.reference.name, .lensSeesNoBelt)
    }
    seenArea = Rectangle(
      x: seen.x, y: seen.y, width: max(1e-6, seen.width), height: max(1e-6, seen.height))
  }

  /// The map for other parameters, with the same place for the middle of the picture.
  func map(_ bundle: BoardBundle, parameters: [Double]) -> Homography<ColorFrame, BeltFrame> {
    let raw = Self.unshifted(bundle, parameters, scale: scale)
    let found = raw(
      Point(x: Double(bundle.width - 1) / 2, y: Double(bundle.height - 1) / 2))
    return raw.shifted(x: middle.x - found.x, y: middle.y - found.y)
  }

  private static func unshifted(
    _ bundle: BoardBundle, _ parameters: [Double], scale: Double
  ) -> Homography<ColorFrame, BeltFrame> {
    let angle = parameters[8]
    // Pieces move along (cos, sin) on the board; y of the belt points the other way.
    let (yx, yy) = (-cos(angle) * scale, -sin(angle) * scale)
    let plane = bundle.plane(parameters).homography
    let turned = Homography<BoardFrame, BeltFrame>(matrix: [yy, -yx, 0, yx, yy, 0, 0, 0, 1])
    guard let back = plane.inverse else {
      return Homography(matrix: [Double](repeating: .nan, count: 9))
    }
    return back.then(turned)
  }
}

extension Homography {
  /// This map and then `next`.
  func then<Last>(_ next: Homography<To, Last>) -> Homography<From, Last> {
    let (a, b) = (next.matrix, matrix)
    return Homography<From, Last>(
      matrix: (0..<9).map { place in
        let (row, column) = (place / 3 * 3, place % 3)
        return a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column]
      })
  }

  /// The same map with its results moved.
  func shifted(x: Double, y: Double) -> Self {
    let m = matrix
    return Self(
      matrix: [
        m[0] + x * m[6], m[1] + x * m[7], m[2] + x * m[8],
        m[3] + y * m[6], m[4] + y * m[7], m[5] + y * m[8], m[6], m[7], m[8],
      ])
  }
}
