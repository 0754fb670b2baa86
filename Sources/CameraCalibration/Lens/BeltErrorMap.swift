import Foundation
import Units

/// How far on the belt from where it is said to be lies what a pixel shows: the 95 % bound of the
/// distance in millimeters, over the picture.
public struct BeltErrorMap: Codable, Equatable, Sendable {
  public var columns: Int
  public var rows: Int
  /// The pixels of the picture that the bounds are for, row by row.
  public var pixels: [Point<ColorFrame>]
  /// Nil where a pixel sees no belt.
  public var millimeters: [Double?]

  /// The largest bound that 95 % of the places keep.
  public var bound: Double { quantile(0.95) }
  public var largest: Double { quantile(1) }

  private func quantile(_ share: Double) -> Double {
    let sorted = millimeters.compactMap { $0 }.sorted()
    guard let last = sorted.indices.last else { return .infinity }
    return sorted[Int((share * Double(last)).rounded(.up))]
  }
}

/// A belt's pose before a camera with how well it is known.
public struct UncertainPose: Codable, Equatable, Sendable {
  public var pose: BoardPose
  /// Covariance, `[6, 6]`: a turn about the camera's own axes in radians, a shift in millimeters.
  public var covariance: [Double]
  /// Covariance of the lens's nine numbers with the pose's six, `[9, 6]`; zeros where both were
  /// found from different pictures and the pose without this lens.
  public var withLens: [Double]

  public init(pose: BoardPose, covariance: [Double], withLens: [Double]? = nil) {
    precondition(covariance.count == 36, "pose: \(covariance.count) covariances, 36 wanted")
    self.pose = pose
    self.covariance = covariance
    self.withLens = withLens ?? [Double](repeating: 0, count: 54)
    precondition(self.withLens.count == 54, "pose: \(self.withLens.count) covariances, 54 wanted")
  }
}

extension LensCalibration {
  /// Bounds for a belt whose pose is known by itself, as a tape measure or another lens tells it:
  /// the errors of lens and pose add up.
  public func errors(
    on belt: UncertainPose, columns: Int = 24, rows: Int = 14
  ) -> BeltErrorMap {
    var joint = [Double](repeating: 0, count: 225)
    for i in 0..<9 {
      for j in 0..<9 { joint[i * 15 + j] = covariance[i * 9 + j] }
      for j in 0..<6 {
        joint[i * 15 + 9 + j] = belt.withLens[i * 6 + j]
        joint[(9 + j) * 15 + i] = belt.withLens[i * 6 + j]
      }
    }
    for i in 0..<6 {
      for j in 0..<6 { joint[(9 + i) * 15 + 9 + j] = belt.covariance[i * 6 + j] }
    }
    let places = BeltPlaces(lens, belt.pose, columns: columns, rows: rows)
    return map(places, places.slopes, numbers: 15, covariance: joint)
  }

  /// Bounds for a belt whose map was fitted through this very lens, all over the picture: what is
  /// left of the lens's errors after the map has taken up what it can.
  ///
  /// A map takes up whatever a shift, a turn, a scale or a tilt explains; what remains is the
  /// distortion's own error, the more of it where no corner was seen.
  public func errorsAfterAlignment(
    on pose: BoardPose, columns: Int = 24, rows: Int = 14
  ) -> BeltErrorMap {
    let places = BeltPlaces(lens, pose, columns: columns, rows: rows)
    return map(places, places.alignedSlopes(), numbers: 9, covariance: covariance)
  }

  /// `errorsAfterAlignment` on a belt straight before the camera.
  public func errorsAfterAlignment(atMillimeters distance: Double) -> BeltErrorMap {
    errorsAfterAlignment(
      on: BoardPose(rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], translation: [0, 0, distance]))
  }

  private func map(
    _ places: BeltPlaces, _ slopes: [Double?], numbers: Int, covariance: [Double]
  ) -> BeltErrorMap {
    let bounds: [Double?] = places.pixels.indices.map { index in
      let start = 2 * index * numbers
      let own = slopes[start..<(start + 2 * numbers)].compactMap { $0 }
      guard own.count == 2 * numbers else { return nil }
      func product(_ a: Int, _ b: Int) -> Double {
        var sum = 0.0
        for i in 0..<numbers {
          for j in 0..<numbers {
            sum += own[a * numbers + i] * covariance[i * numbers + j] * own[b * numbers + j]
          }
        }
        return sum
      }
      let spread = coverageFactor / 1.959964
      return spread * circle95(xx: product(0, 0), xy: product(0, 1), yy: product(1, 1))
    }
    return BeltErrorMap(
      columns: places.columns, rows: places.rows, pixels: places.pixels, millimeters: bounds)
  }
}

/// Where a grid of pixels looks on a belt, and how that moves with lens and pose.
private struct BeltPlaces {
  let columns: Int
  let rows: Int
  let pixels: [Point<ColorFrame>]
  /// Millimeters of x, then of y, by each of nine and six numbers: `[pixels, 2, 15]`.
  private(set) var slopes: [Double?] = []
  private var places: [Point<BeltFrame>?] = []

  init(_ lens: LensModel, _ pose: BoardPose, columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    pixels = (0..<(columns * rows)).map {
      Point(
        x: Double($0 % columns) * Double(lens.width - 1) / Double(max(1, columns - 1)),
        y: Double($0 / columns) * Double(lens.height - 1) / Double(max(1, rows - 1)))
    }
    let inverse = LensInverse(lens)
    let rays = Homography<BeltFrame, RayFrame>(matrix: pose.toRays).inverse
    var row = CornerRow(lens, pose)
    for pixel in pixels {
      guard let rays, let ray = inverse(pixel) else {
        addNothing()
        continue
      }
      let place = rays(ray)
      guard pose.camera(x: place.x, y: place.y).z > 0 else {
        addNothing()
        continue
      }
      row.linearize(place.x, place.y, pixel.x, pixel.y)
      add(place, row, pose.rotation)
    }
  }

  private mutating func addNothing() {
    places.append(nil)
    slopes += [Double?](repeating: nil, count: 30)
  }

  /// The pixel stays; so what lens and pose move, the place on the belt moves back.
  private mutating func add(_ place: Point<BeltFrame>, _ row: CornerRow, _ r: [Double]) {
    let ux = row.u[12] * r[0] + row.u[13] * r[3] + row.u[14] * r[6]
    let uy = row.u[12] * r[1] + row.u[13] * r[4] + row.u[14] * r[7]
    let vx = row.v[12] * r[0] + row.v[13] * r[3] + row.v[14] * r[6]
    let vy = row.v[12] * r[1] + row.v[13] * r[4] + row.v[14] * r[7]
    let determinant = ux * vy - uy * vx
    guard abs(determinant) > 1e-15 else { return addNothing() }
    places.append(place)
    slopes += (0..<15).map { (uy * row.v[$0] - vy * row.u[$0]) / determinant }
    slopes += (0..<15).map { (vx * row.u[$0] - ux * row.v[$0]) / determinant }
  }

  /// The slopes by the lens's numbers less what a change of the belt's map takes up,
  /// `[pixels, 2, 9]`.
  func alignedSlopes() -> [Double?] {
    let seen = places.indices.filter { places[$0] != nil }
    let scale = seen.reduce(1e-9) { most, index in
      max(most, abs(places[index]?.x ?? 0), abs(places[index]?.y ?? 0))
    }
    // The eight ways in which a map between planes changes: Hartley, Zisserman, section 2.4.
    var changes: [[Double]] = []
    var targets: [[Double]] = []
    for index in seen {
      guard let place = places[index] else { continue }
      let (x, y) = (place.x / scale, place.y / scale)
      changes.append([1, x, y, 0, 0, 0, x * x, x * y])
      changes.append([0, 0, 0, 1, x, y, x * y, y * y])
      for axis in 0..<2 {
        let start = index * 30 + axis * 15
        targets.append(slopes[start..<(start + 9)].map { $0 ?? 0 })
      }
    }
    var normal = [Double](repeating: 0, count: 64)
    var right = [Double](repeating: 0, count: 72)
    for (change, target) in zip(changes, targets) {
      for i in 0..<8 {
        for j in 0..<8 { normal[j * 8 + i] += change[i] * change[j] }
        for j in 0..<9 { right[j * 8 + i] += change[i] * target[j] }
      }
    }
    var aligned = [Double?](repeating: nil, count: places.count * 18)
    guard let solved = solvedPositive(normal, size: 8, right: right) else { return aligned }
    for (at, index) in seen.enumerated() {
      for axis in 0..<2 {
        let change = changes[2 * at + axis]
        for number in 0..<9 {
          var taken = 0.0
          for i in 0..<8 { taken += change[i] * solved[number * 8 + i] }
          aligned[index * 18 + axis * 9 + number] = targets[2 * at + axis][number] - taken
        }
      }
    }
    return aligned
  }
}

/// The radius within which 95 % of a normal distribution of two coordinates lie.
///
/// The share within r is the mean over all directions; it is brought to 95 % by halving.
func circle95(xx: Double, xy: Double, yy: Double) -> Double {
  let middle = (xx + yy) / 2
  let half = (((xx - yy) / 2) * ((xx - yy) / 2) + xy * xy).squareRoot()
  let (large, small) = ((middle + half).squareRoot(), max(0, middle - half).squareRoot())
  guard large > 0, large.isFinite else { return large }
  let ratio = small / large
  // Along a line alone, and nearly so, only the longer axis counts.
  if ratio < 0.02 { return 1.959964 * large }
  let weights = (0..<48).map { step -> Double in
    let angle = (Double(step) + 0.5) * .pi / 96
    return cos(angle) * cos(angle) + sin(angle) * sin(angle) / (ratio * ratio)
  }
  func beyond(_ r: Double) -> Double {
    var (sum, whole) = (0.0, 0.0)
    for weight in weights {
      sum += exp(-r * r * weight / 2) / weight
      whole += 1 / weight
    }
    return sum / whole
  }
  var (low, high) = (1.9, 2.5)
  for _ in 0..<30 {
    let r = (low + high) / 2
    if beyond(r) > 0.05 { low = r } else { high = r }
  }
  return low * large
}
