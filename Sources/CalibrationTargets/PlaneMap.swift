import CameraCalibration
import Units

/// The homography that maps points of a board best onto points of a picture.
enum PlaneMap {
  /// Least squares of the linear form, on centered and scaled points; nil where the points lie on
  /// a line or are fewer than four.
  ///
  /// Source: Hartley, Zisserman, *Multiple View Geometry*, 2004, algorithm 4.2, with the last
  /// entry of the matrix set to 1: the middle of a board is never at infinity.
  static func fitted(
    _ pairs: [(board: Point<BoardFrame>, picture: Point<ColorFrame>)]
  ) -> Homography<BoardFrame, ColorFrame>? {
    guard pairs.count >= 4 else { return nil }
    let source = Spread(pairs.map { ($0.board.x, $0.board.y) })
    let target = Spread(pairs.map { ($0.picture.x, $0.picture.y) })
    guard source.size > 0, target.size > 0 else { return nil }
    var equations = NormalEquations(size: 8)
    for pair in pairs {
      let (x, y) = source.scaled(pair.board.x, pair.board.y)
      let (u, v) = target.scaled(pair.picture.x, pair.picture.y)
      equations.add([x, y, 1, 0, 0, 0, -u * x, -u * y], u)
      equations.add([0, 0, 0, x, y, 1, -v * x, -v * y], v)
    }
    guard let h = equations.solution()?.x else { return nil }
    // target⁻¹ · H · source
    let (s, t) = (source, target)
    let inner = [h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1]
    let right = (0..<3).flatMap { row in
      let (a, b, c) = (inner[3 * row], inner[3 * row + 1], inner[3 * row + 2])
      return [a / s.size, b / s.size, c - (a * s.x + b * s.y) / s.size]
    }
    let matrix = (0..<3).flatMap { column in [right[column], right[3 + column], right[6 + column]] }
    var result = [Double](repeating: 0, count: 9)
    for column in 0..<3 {
      let (a, b, c) = (matrix[3 * column], matrix[3 * column + 1], matrix[3 * column + 2])
      result[column] = t.size * a + t.x * c
      result[3 + column] = t.size * b + t.y * c
      result[6 + column] = c
    }
    guard result.allSatisfy(\.isFinite) else { return nil }
    return Homography(matrix: result)
  }

  /// Root mean square of the distances in the picture, in pixels.
  static func error(
    of map: Homography<BoardFrame, ColorFrame>,
    _ pairs: [(board: Point<BoardFrame>, picture: Point<ColorFrame>)]
  ) -> Double {
    let sum = pairs.reduce(0.0) { sum, pair in
      let seen = map(pair.board)
      let (x, y) = (seen.x - pair.picture.x, seen.y - pair.picture.y)
      return sum + x * x + y * y
    }
    return (sum / Double(max(1, pairs.count))).squareRoot()
  }

  /// Middle of points and their mean distance from it.
  private struct Spread {
    var x = 0.0
    var y = 0.0
    var size = 0.0

    init(_ points: [(Double, Double)]) {
      let count = Double(points.count)
      x = points.reduce(0) { $0 + $1.0 } / count
      y = points.reduce(0) { $0 + $1.1 } / count
      for point in points {
        let (dx, dy) = (point.0 - x, point.1 - y)
        size += (dx * dx + dy * dy).squareRoot() / count
      }
    }

    func scaled(_ px: Double, _ py: Double) -> (Double, Double) {
      ((px - x) / size, (py - y) / size)
    }
  }
}
