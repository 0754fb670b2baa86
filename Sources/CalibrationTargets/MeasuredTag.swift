import CameraCalibration
import Imaging
import Units

/// The four corners of one tag, measured.
struct MeasuredTag {
  /// Corners of the tag in order, nil where one could not be measured.
  private(set) var corners: [(point: Point<ColorFrame>, deviation: Double)?]
  let blur: Double
  let contrast: Double

  /// What edges that are measured perfectly may still be off, in pixels: the parabola for a bent
  /// side, modules that are not quite where the corners say.
  static let leastDeviation = 0.01

  /// What edges may be off besides where blur mixes modules with the border, in pixels: a tenth of
  /// the blur for each module that the blur is wider than this share of one.
  ///
  /// From how far corners of rendered boards lay off beyond what the scatter of pixels explains; on
  /// the safe side, for real blur is no Gaussian.
  static func softDeviation(blur: Double, module: Double) -> Double {
    0.1 * blur * max(0, blur / module - 0.15)
  }

  /// Measures the sides of a found tag and where they meet; nil where fewer than two sides can be.
  ///
  /// Three times: what lies behind the border is known better once the corners are.
  init?(_ tag: FoundTag, modules: [Bool], on grid: TagGrid, in gray: GrayPicture) {
    let side = grid.family.side
    let gap = grid.gapMillimeters / grid.tagMillimeters * Double(side)
    var (places, blur) = (tag.corners, 0.9)
    var edges: [MeasuredEdge?] = []
    var met: [(point: Point<ColorFrame>, deviation: Double)?] = []
    for _ in 0..<3 {
      edges = (0..<4).map { index in
        TagSide(index, of: modules, side: side, gap: gap, corners: places)
          .flatMap { MeasuredEdge($0, in: gray, blur: blur) }
      }
      let measured = edges.compactMap(\.self)
      guard measured.count >= 2 else { return nil }
      blur = max(0.5, measured.map(\.blur).reduce(0, +) / Double(measured.count))
      let module = Self.shortestSide(of: places) / Double(side)
      met = Self.corners(
        of: edges, near: places, in: gray,
        unexplained: Self.softDeviation(blur: blur, module: module))
      for (index, corner) in met.enumerated() {
        if let corner { places[index] = corner.point }
      }
    }
    let measured = edges.compactMap(\.self)
    self.blur = measured.map(\.blur).reduce(0, +) / Double(measured.count)
    contrast = measured.map(\.contrast).reduce(0, +) / Double(measured.count)
    let size = Self.distance(tag.corners[0], tag.corners[2])
    corners = met.enumerated().map { index, corner in
      // libapriltag is seldom off by more than a pixel; far from it something else was measured.
      guard let corner,
        Self.distance(corner.point, tag.corners[index]) < max(2, 0.06 * size)
      else { return nil }
      return corner
    }
  }

  private static func corners(
    of edges: [MeasuredEdge?], near places: [Point<ColorFrame>], in gray: GrayPicture,
    unexplained: Double
  ) -> [(point: Point<ColorFrame>, deviation: Double)?] {
    (0..<4).map { index in
      guard let before = edges[(index + 3) % 4], let after = edges[index],
        let met = MeasuredEdge.meeting(of: before, and: after, near: places[index]),
        // Sides that leave the picture meet outside of it: that is no corner that it shows.
        met.point.x > -0.5, met.point.y > -0.5, met.point.x < Double(gray.width) - 0.5,
        met.point.y < Double(gray.height) - 0.5
      else { return nil }
      let variance =
        (met.xx + met.yy) / 2 + leastDeviation * leastDeviation + unexplained * unexplained
      return variance < 0.25 ? (met.point, variance.squareRoot()) : nil
    }
  }

  private static func shortestSide(of places: [Point<ColorFrame>]) -> Double {
    let sides = places.indices.map { distance(places[$0], places[($0 + 1) % places.count]) }
    return max(1, sides.min() ?? 1)
  }

  private static func distance(_ a: Point<ColorFrame>, _ b: Point<ColorFrame>) -> Double {
    ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).squareRoot()
  }
}
