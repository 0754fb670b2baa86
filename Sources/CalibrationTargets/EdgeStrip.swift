import CameraCalibration
import Foundation
import Units

/// The pixels on both sides of an edge, as `MeasuredEdge` needs them.
///
/// What a pixel shows is `dark + step · L`, `L` the share of light there: a step at the edge,
/// blurred; beyond both ends of the side white again; and behind the border the white modules, all
/// blurred as well. Without these a soft picture of a small tag would make its border look thinner
/// than it is, and pull its corners outward.
struct EdgeStrip {
  /// One row (or column) of pixels across the edge.
  struct Row {
    var tau: Double
    /// Where the edge was first thought to be.
    var edge: Double
    /// Where each ring of modules behind the border begins and ends, on the axis across the edge.
    var rings: [(from: Double, to: Double)]
    var pixels: [Pixel]
    var weight = 1.0
  }

  /// What a pixel shows, and what the tag is beside it, by the blur first thought of.
  struct Pixel {
    var place: Double
    var value: Double
    /// The share of it that lies between both ends of the side.
    var cover: Double
    /// How that changes with the pixel's place along the side, in deviations of the blur.
    var coverSlope: Double
    /// The share of white along the side, in each ring, and how that changes.
    var whites: [2 of Double]
    var whiteSlopes: [2 of Double]
  }

  let axis: MeasuredEdge.Axis
  /// 1 where light lies at larger coordinates across the edge, else -1.
  let light: Double
  let middle: Double
  let half: Double
  let slant: Double
  /// Correlation of the blur across the side with that along it: 0 where the tag looks square.
  let shear: Double
  private(set) var rows: [Row] = []
  /// Where the edge is thought to be at the middle, and its change per τ.
  let start: (place: Double, slope: Double)

  /// Rows beyond these are passed over evenly.
  private static let mostRows = 64

  /// Takes the pixels around a side; nil where it is too short or leaves the picture.
  init?(_ side: TagSide, in gray: GrayPicture, blur: Double) {
    let (start, end) = (side.point(0, 0), side.point(Double(side.modules), 0))
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let length = (dx * dx + dy * dy).squareRoot()
    guard length > 10, length.isFinite else { return nil }
    axis = abs(dx) >= abs(dy) ? .columns : .rows
    // Clockwise around a dark square, with rows counting downward, dark is at the right hand.
    light = (axis == .columns ? dx > 0 : dy < 0) ? -1 : 1
    slant = max(abs(dx), abs(dy)) / length
    let (first, last) = axis == .columns ? (start.x, end.x) : (start.y, end.y)
    let (low, high) = axis == .columns ? (start.y, end.y) : (start.x, end.x)
    let margin = max(1.5, 2 * blur)
    let range = (min(first, last) + margin, max(first, last) - margin)
    guard range.1 - range.0 >= 6 else { return nil }
    middle = (range.0 + range.1) / 2
    half = (range.1 - range.0) / 2
    let slope = (high - low) / (last - first)
    self.start = (low + slope * (middle - first), slope * half)
    let (from, to) = (Int(range.0.rounded(.up)), Int(range.1.rounded(.down)))
    guard from >= 0, to < (axis == .columns ? gray.width : gray.height) else { return nil }
    let step = 1 + (to - from) / Self.mostRows
    guard let modules = SideModules(side, axis: axis, blur: blur) else { return nil }
    shear = modules.shear
    let module = abs(
      across(side.point(Double(side.modules) / 2, 1))
        - across(side.point(Double(side.modules) / 2, 0)))
    let reach = min(8, max(2.5, 3.5 * blur / slant + 0.5))
    // Pixels beyond show the tag beside this one, or modules of the third row.
    let outside = min(reach, max(1.2, side.gap * module - 2.5 * blur / slant))
    let inside = min(reach, max(1.2, Double(TagSide.ringCount + 1) * module - 2.5 * blur / slant))
    for t in stride(from: from, through: to, by: step) {
      guard let row = row(at: t, gray, (inside, outside), modules) else { continue }
      rows.append(row)
    }
    guard rows.count >= 6, rows.count * step * 2 > to - from else { return nil }
  }

  private func across(_ point: Point<ColorFrame>) -> Double {
    axis == .columns ? point.y : point.x
  }

  private func row(
    at t: Int, _ gray: GrayPicture, _ reach: (inside: Double, outside: Double),
    _ modules: SideModules
  ) -> Row? {
    let tau = (Double(t) - middle) / half
    let edge = start.place + start.slope * tau
    let (below, above) =
      light > 0 ? (reach.inside, reach.outside) : (reach.outside, reach.inside)
    let (low, high) = (Int((edge - below).rounded(.up)), Int((edge + above).rounded(.down)))
    let extent = axis == .columns ? gray.height : gray.width
    guard low >= 0, high < extent, low <= high else { return nil }
    let pixels = (low...high).map { place in
      let (x, y) = axis == .columns ? (t, place) : (place, t)
      return modules.pixel(at: Point(x: Double(x), y: Double(y)), Double(place), gray[x, y])
    }
    return Row(tau: tau, edge: edge, rings: modules.rings(at: Double(t)), pixels: pixels)
  }

  /// Rows that fit far worse than most (dirt, glare, a finger) lose their weight.
  mutating func weigh(by squares: [Double]) {
    let sorted = squares.sorted()
    let middle = sorted[sorted.count / 2]
    for index in rows.indices { rows[index].weight = squares[index] > 6 * middle + 1 ? 0 : 1 }
  }
}

/// The modules of a tag along one side, as blur mixes them.
private struct SideModules {
  /// Onto lengths in modules, along the side and into the tag.
  private let inverse: Homography<ColorFrame, BoardFrame>
  private let count: Int
  private let whites: [[Bool]]
  /// Deviation of the blur along the side, in modules.
  private let blur: Double
  let shear: Double
  /// Lines one, two and three modules inside: place across the edge at `t = 0`, and slope.
  private var lines: [(place: Double, slope: Double)] = []

  init?(_ side: TagSide, axis: MeasuredEdge.Axis, blur: Double) {
    func split(_ point: Point<ColorFrame>) -> (t: Double, place: Double) {
      axis == .columns ? (point.x, point.y) : (point.y, point.x)
    }
    guard let inverse = side.map.inverse else { return nil }
    self.inverse = inverse
    count = side.modules
    whites = side.rings
    let n = Double(count)
    let (left, right) = (side.point(n / 2 - 0.5, 1), side.point(n / 2 + 0.5, 1))
    let (upper, lower) = (side.point(n / 2, 0.5), side.point(n / 2, 1.5))
    let (ux, uy) = (right.x - left.x, right.y - left.y)
    let (vx, vy) = (lower.x - upper.x, lower.y - upper.y)
    let (area, along) = (abs(ux * vy - uy * vx), (vx * vx + vy * vy).squareRoot())
    let lengths = (ux * ux + uy * uy).squareRoot() * along
    guard area > 1e-3, lengths.isFinite else { return nil }
    // Distances across lines of modules: of a tag seen obliquely they are not at right angles.
    self.blur = max(1e-3, blur * along / area)
    shear = -(ux * vx + uy * vy) / lengths
    for v in 1...TagSide.ringCount + 1 {
      let (a, b) = (split(side.point(0, Double(v))), split(side.point(n, Double(v))))
      let slope = (b.place - a.place) / (b.t - a.t)
      lines.append((a.place - slope * a.t, slope))
    }
  }

  func rings(at t: Double) -> [(from: Double, to: Double)] {
    (0..<TagSide.ringCount).map { ring in
      let (near, far) = (lines[ring], lines[ring + 1])
      return (near.place + near.slope * t, far.place + far.slope * t)
    }
  }

  /// A pixel of some value, `place` across the edge.
  func pixel(at point: Point<ColorFrame>, _ place: Double, _ value: Double) -> EdgeStrip.Pixel {
    let u = inverse(point).x
    let (first, last) = (u / blur, (u - Double(count)) / blur)
    var pixel = EdgeStrip.Pixel(
      place: place, value: value, cover: normalShare(first) - normalShare(last),
      coverSlope: normalDensity(first) - normalDensity(last), whites: .init(repeating: 0),
      whiteSlopes: .init(repeating: 0))
    for module in 0..<count where abs(Double(module) + 0.5 - u) < 0.5 + 4 * blur {
      let (a, b) = ((u - Double(module)) / blur, (u - Double(module) - 1) / blur)
      let (share, slope) = (normalShare(a) - normalShare(b), normalDensity(a) - normalDensity(b))
      for ring in 0..<TagSide.ringCount where whites[ring][module] {
        pixel.whites[ring] += share
        pixel.whiteSlopes[ring] += slope
      }
    }
    return pixel
  }
}

/// The share of a standard normal distribution below `z`.
func normalShare(_ z: Double) -> Double {
  z > 5 ? 1 : z < -5 ? 0 : 0.5 * erfc(-z * 0.707_106_781_186_547_5)
}

/// The density of a standard normal distribution at `z`.
func normalDensity(_ z: Double) -> Double {
  abs(z) > 6 ? 0 : exp(-0.5 * z * z) * 0.398_942_280_401_432_7
}
