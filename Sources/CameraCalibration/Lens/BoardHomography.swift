import Units

/// The projective map from a board to a picture that fits a view's corners best.
struct BoardHomography: Sendable {
  let matrix: [Double]
  /// Root of the mean squared distance of corners from where the map puts them, in pixels.
  let residual: Double

  /// Fits a view; nil where its corners fix no map: fewer than four, or all on a line.
  ///
  /// Source: Hartley, Zisserman, *Multiple View Geometry*, 2004, algorithm 4.2 (normalized direct
  /// linear transformation); then least squares of the distances in the picture.
  init?(_ corners: [BoardCorner]) {
    guard corners.count >= 4,
      let board = PointScale(corners.map { ($0.board.x, $0.board.y) }),
      let picture = PointScale(corners.map { ($0.picture.x, $0.picture.y) })
    else { return nil }
    let pairs = corners.map {
      Pair(
        from: board(($0.board.x, $0.board.y)), to: picture(($0.picture.x, $0.picture.y)))
    }
    guard let start = Self.directTransformation(pairs) else { return nil }
    let best = Self.refined(start, pairs)
    residual =
      (best.sumOfSquares / Double(corners.count)).squareRoot() / picture.scale
    let normalized = best.parameters + [1]
    matrix = product(product(picture.undoing, normalized), board.matrix)
    guard matrix.allSatisfy(\.isFinite), residual.isFinite else { return nil }
  }

  private struct Pair {
    let from: (x: Double, y: Double)
    let to: (x: Double, y: Double)
  }

  /// Eight numbers, the ninth being 1; nil where the corners do not fix them.
  private static func directTransformation(_ pairs: [Pair]) -> [Double]? {
    var rows: [Double] = []
    rows.reserveCapacity(pairs.count * 18)
    for pair in pairs {
      let ((x, y), (u, v)) = (pair.from, pair.to)
      rows += [x, y, 1, 0, 0, 0, -u * x, -u * y, -u]
      rows += [0, 0, 0, x, y, 1, -v * x, -v * y, -v]
    }
    if pairs.count == 4 { rows += [Double](repeating: 0, count: 9) }
    let (vector, values) = shortestDirection(rows, columns: 9)
    // A second direction as short as the first: corners on a line.
    guard values[7] > 1e-6 * values[0], abs(vector[8]) > 1e-9 else { return nil }
    return vector.dropLast().map { $0 / vector[8] }
  }

  private static func refined(_ start: [Double], _ pairs: [Pair]) -> LeastSquares.Minimum {
    let count = 2 * pairs.count
    let problem = LeastSquares(
      residualCount: count,
      residuals: { h, residuals in
        for (index, pair) in pairs.enumerated() {
          let (x, y) = pair.from
          let w = h[6] * x + h[7] * y + 1
          residuals[2 * index] = (h[0] * x + h[1] * y + h[2]) / w - pair.to.x
          residuals[2 * index + 1] = (h[3] * x + h[4] * y + h[5]) / w - pair.to.y
        }
      },
      derivatives: { h, slopes in
        for (index, pair) in pairs.enumerated() {
          let (x, y) = pair.from
          let w = 1 / (h[6] * x + h[7] * y + 1)
          let u = (h[0] * x + h[1] * y + h[2]) * w
          let v = (h[3] * x + h[4] * y + h[5]) * w
          let (first, second) = (2 * index, 2 * index + 1)
          for (column, own) in [x * w, y * w, w].enumerated() {
            slopes[column * count + first] = own
            slopes[column * count + second] = 0
            slopes[(column + 3) * count + first] = 0
            slopes[(column + 3) * count + second] = own
          }
          slopes[6 * count + first] = -u * x * w
          slopes[6 * count + second] = -v * x * w
          slopes[7 * count + first] = -u * y * w
          slopes[7 * count + second] = -v * y * w
        }
      })
    return problem.minimum(from: start, tolerance: 1e-10, evaluations: 50)
  }
}

/// Moves points to around 0 at a mean distance of √2, for the sake of rounding.
private struct PointScale {
  let center: (x: Double, y: Double)
  let scale: Double

  /// Nil where all points are one, or some are not finite.
  init?(_ points: [(Double, Double)]) {
    let count = Double(points.count)
    let center = (
      x: points.reduce(0) { $0 + $1.0 } / count, y: points.reduce(0) { $0 + $1.1 } / count
    )
    let spread =
      points.reduce(0) { sum, point in
        let (x, y) = (point.0 - center.x, point.1 - center.y)
        return sum + (x * x + y * y).squareRoot()
      } / count
    guard spread > 0, spread.isFinite else { return nil }
    self.center = center
    scale = 2.0.squareRoot() / spread
  }

  func callAsFunction(_ point: (Double, Double)) -> (x: Double, y: Double) {
    (scale * (point.0 - center.x), scale * (point.1 - center.y))
  }

  var matrix: [Double] { [scale, 0, -scale * center.x, 0, scale, -scale * center.y, 0, 0, 1] }
  var undoing: [Double] { [1 / scale, 0, center.x, 0, 1 / scale, center.y, 0, 0, 1] }
}
