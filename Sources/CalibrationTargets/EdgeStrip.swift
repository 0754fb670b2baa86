import CameraCalibration
import Foundation
import Units

/// The pixels on both sides of an edge, as `MeasuredEdge` needs them.
///
/// What a pixel shows is `dark + step · L`, `L` the share of light there: a step at the edge,
/// blurred, and behind the border the white modules, blurred as well. Without these a soft picture
/// of a small tag would make its border look thinner than it is.
struct EdgeStrip {
  /// One row (or column) of pixels across the edge.
  struct Row {
    var tau: Double
    /// Where the white modules behind the border begin and end, on the axis across the edge.
    var rings: [(share: Double, from: Double, to: Double)]
    var pixels: [(place: Double, value: Double)]
    var weight = 1.0
  }

  let axis: MeasuredEdge.Axis
  /// 1 where light lies at larger coordinates across the edge, else -1.
  let light: Double
  let middle: Double
  let half: Double
  let slant: Double
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
    let module = abs(
      across(side.point(Double(side.modules) / 2, 1))
        - across(side.point(Double(side.modules) / 2, 0)))
    let reach = min(8, max(2.5, 3.5 * blur / slant + 0.5))
    // Pixels beyond show the tag beside this one, or modules of the third row.
    let outside = min(reach, max(1.2, side.gap * module - 2 * blur / slant))
    let inside = min(reach, max(1.2, Double(TagSide.ringCount + 1) * module - 2 * blur / slant))
    let boundaries = Boundaries(side, axis: axis)
    for t in stride(from: from, through: to, by: step) {
      guard let row = row(at: t, gray, (inside, outside), boundaries, blur) else { continue }
      rows.append(row)
    }
    guard rows.count >= 6, rows.count * step * 2 > to - from else { return nil }
  }

  private func across(_ point: Point<ColorFrame>) -> Double {
    axis == .columns ? point.y : point.x
  }

  private func row(
    at t: Int, _ gray: GrayPicture, _ reach: (inside: Double, outside: Double),
    _ boundaries: Boundaries, _ blur: Double
  ) -> Row? {
    let tau = (Double(t) - middle) / half
    let edge = start.place + start.slope * tau
    let (below, above) =
      light > 0 ? (reach.inside, reach.outside) : (reach.outside, reach.inside)
    let (low, high) = (Int((edge - below).rounded(.up)), Int((edge + above).rounded(.down)))
    let extent = axis == .columns ? gray.height : gray.width
    guard low >= 0, high < extent, low <= high else { return nil }
    let pixels = (low...high).map { place in
      (Double(place), axis == .columns ? gray[t, place] : gray[place, t])
    }
    return Row(
      tau: tau, rings: boundaries.rings(at: Double(t), blur: blur * slant), pixels: pixels)
  }

  /// Where modules begin and end, along the edge and across it.
  private struct Boundaries {
    /// For each ring: coordinates along the edge of its modules' ends, in the ring's middle.
    private var along: [[Double]] = []
    private var whites: [[Bool]] = []
    /// Lines `v = 1, 2, 3`: place across the edge at `t = 0`, and slope.
    private var lines: [(place: Double, slope: Double)] = []

    init(_ side: TagSide, axis: MeasuredEdge.Axis) {
      func split(_ point: Point<ColorFrame>) -> (t: Double, place: Double) {
        axis == .columns ? (point.x, point.y) : (point.y, point.x)
      }
      let n = side.modules
      for ring in 0..<TagSide.ringCount {
        along.append((0...n).map { split(side.point(Double($0), Double(ring) + 1.5)).t })
        whites.append(side.rings[ring])
      }
      for v in 1...TagSide.ringCount + 1 {
        let (a, b) = (split(side.point(0, Double(v))), split(side.point(Double(n), Double(v))))
        let slope = (b.place - a.place) / (b.t - a.t)
        lines.append((a.place - slope * a.t, slope))
      }
    }

    func rings(at t: Double, blur: Double) -> [(share: Double, from: Double, to: Double)] {
      (0..<TagSide.ringCount).compactMap { ring in
        var share = 0.0
        let ends = along[ring]
        let sense = (ends.last ?? 0) > (ends.first ?? 0) ? 1.0 : -1.0
        for (u, isWhite) in whites[ring].enumerated() where isWhite {
          share +=
            normalShare(sense * (t - ends[u]) / blur)
            - normalShare(sense * (t - ends[u + 1]) / blur)
        }
        guard share > 0.004 else { return nil }
        let (near, far) = (lines[ring], lines[ring + 1])
        return (share, near.place + near.slope * t, far.place + far.slope * t)
      }
    }
  }

  /// Rows that fit far worse than most (dirt, glare, a finger) lose their weight.
  mutating func weigh(by squares: [Double]) {
    let sorted = squares.sorted()
    let middle = sorted[sorted.count / 2]
    for index in rows.indices { rows[index].weight = squares[index] > 6 * middle + 1 ? 0 : 1 }
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
