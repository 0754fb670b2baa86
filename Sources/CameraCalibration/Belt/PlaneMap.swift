import Foundation
import Units

/// A homography from the board's plane to the picture as eight numbers of similar size.
///
/// Both sides are shifted and scaled to about −1…1 first, so that no number drowns another.
///
/// Source: Hartley, Zisserman, *Multiple View Geometry*, 2004, sections 4.1 and 4.4.4.
struct PlaneMap: Sendable {
  /// Where the middle lies, and what counts as 1.
  struct Scaling: Sendable {
    var x: Double
    var y: Double
    var size: Double

    init(_ points: [(x: Double, y: Double)]) {
      let count = Double(max(1, points.count))
      let (meanX, meanY) = (
        points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count
      )
      let spread = points.reduce(0) {
        $0 + ($1.x - meanX) * ($1.x - meanX) + ($1.y - meanY) * ($1.y - meanY)
      }
      (x, y) = (meanX, meanY)
      size = max(1e-9, (spread / count).squareRoot())
    }
  }

  let board: Scaling
  let picture: Scaling
  /// The rows of the map between the scaled planes, without its last number, which is 1.
  var numbers: [Double]

  /// Where the picture shows a point of the board's plane.
  func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    let (u, v) = ((x - board.x) / board.size, (y - board.y) / board.size)
    let w = numbers[6] * u + numbers[7] * v + 1
    return (
      picture.x + picture.size * (numbers[0] * u + numbers[1] * v + numbers[2]) / w,
      picture.y + picture.size * (numbers[3] * u + numbers[4] * v + numbers[5]) / w
    )
  }

  /// The map as one matrix.
  var homography: Homography<BoardFrame, ColorFrame> {
    let n = numbers
    let (s, p) = (1 / board.size, picture.size)
    // Scaled board from board: (x − bx) · s; picture from scaled picture: px + p · u.
    let rows = [
      p * n[0] + picture.x * n[6], p * n[1] + picture.x * n[7], p * n[2] + picture.x,
      p * n[3] + picture.y * n[6], p * n[4] + picture.y * n[7], p * n[5] + picture.y,
      n[6], n[7], 1,
    ]
    return Homography(
      matrix: (0..<3).flatMap { row -> [Double] in
        let (a, b, c) = (rows[row * 3], rows[row * 3 + 1], rows[row * 3 + 2])
        return [a * s, b * s, c - s * (a * board.x + b * board.y)]
      })
  }

  /// The map through pairs of points, by the direct linear transformation; nil where fewer than
  /// four of them are in general position.
  init?(board points: [(x: Double, y: Double)], picture seen: [(x: Double, y: Double)]) {
    guard points.count >= 4, points.count == seen.count else { return nil }
    board = Scaling(points)
    picture = Scaling(seen)
    var normal = [Double](repeating: 0, count: 64)
    var right = [Double](repeating: 0, count: 8)
    for (point, place) in zip(points, seen) {
      let (u, v) = ((point.x - board.x) / board.size, (point.y - board.y) / board.size)
      let (s, t) = ((place.x - picture.x) / picture.size, (place.y - picture.y) / picture.size)
      for (row, value) in [
        ([u, v, 1, 0, 0, 0, -s * u, -s * v], s), ([0, 0, 0, u, v, 1, -t * u, -t * v], t),
      ] {
        for i in 0..<8 {
          right[i] += row[i] * value
          for j in 0..<8 { normal[i * 8 + j] += row[i] * row[j] }
        }
      }
    }
    guard let solution = LeastSquaresFit.solved(normal, right),
      Self.isWellPosed(normal)
    else { return nil }
    numbers = solution
  }

  /// Points on one line leave a direction in which the map may be anything.
  private static func isWellPosed(_ normal: [Double]) -> Bool {
    guard let inverse = LeastSquaresFit.inverse(of: normal, size: 8) else { return false }
    return (0..<8).allSatisfy { inverse[$0 * 9] < 1e7 }
  }
}

extension Homography where From == BoardFrame, To == ColorFrame {
  /// The map through pairs of points, by the direct linear transformation; nil where fewer than
  /// four of them are in general position.
  public init?(through pairs: [(board: Point<BoardFrame>, picture: Point<ColorFrame>)]) {
    let map = PlaneMap(
      board: pairs.map { ($0.board.x, $0.board.y) },
      picture: pairs.map { ($0.picture.x, $0.picture.y) })
    guard let found = map?.homography, found.matrix.allSatisfy(\.isFinite) else { return nil }
    self = found
  }

  /// Root mean square of the distances in the picture from where pairs of points say, in pixels.
  public func error(
    of pairs: [(board: Point<BoardFrame>, picture: Point<ColorFrame>)]
  ) -> Double {
    let sum = pairs.reduce(0.0) { sum, pair in
      let seen = self(pair.board)
      let (x, y) = (seen.x - pair.picture.x, seen.y - pair.picture.y)
      return sum + x * x + y * y
    }
    return (sum / Double(max(1, pairs.count))).squareRoot()
  }
}
