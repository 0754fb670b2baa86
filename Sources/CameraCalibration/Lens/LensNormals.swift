import Units

/// The corners of one view as rows of numbers, for the loops of the fit.
struct ViewCorners: Sendable {
  /// Corners of the board, x and y by turns, in millimeters.
  var board: [Double]
  /// Corners of the picture, column and row by turns, in pixels.
  let picture: [Double]

  var count: Int { board.count / 2 }

  init(_ corners: [BoardCorner]) {
    board = corners.flatMap { [$0.board.x, $0.board.y] }
    picture = corners.flatMap { [$0.picture.x, $0.picture.y] }
  }
}

/// What one view says of the nine numbers of the lens and the six of its own pose: the normal
/// equations of its residuals, linear about where they were made.
struct ViewNormals: Sendable {
  /// Numbers of the lens, of the pose, and of both.
  static let (lensCount, poseCount, count) = (9, 6, 15)

  /// Jᵀ J, `[15, 15]`, lens first; only the upper triangle is filled.
  var matrix = [Double](repeating: 0, count: count * count)
  /// Jᵀ times the residuals, `[15]`.
  var gradient = [Double](repeating: 0, count: count)
  /// Sum of squared residuals in square pixels.
  var squares = 0.0

  /// Fills all three anew.
  mutating func fill(_ corners: ViewCorners, lens: LensModel, pose: BoardPose) {
    for index in matrix.indices { matrix[index] = 0 }
    for index in gradient.indices { gradient[index] = 0 }
    squares = Self.add(corners, CornerRow(lens, pose), to: &matrix, &gradient)
  }

  /// Adds all corners and returns the sum of their squares.
  private static func add(
    _ corners: ViewCorners, _ start: CornerRow, to matrix: inout [Double],
    _ gradient: inout [Double]
  ) -> Double {
    var row = start
    var squares = 0.0
    var sum = matrix.mutableSpan
    var slope = gradient.mutableSpan
    for corner in 0..<corners.count {
      row.linearize(
        corners.board[2 * corner], corners.board[2 * corner + 1],
        corners.picture[2 * corner], corners.picture[2 * corner + 1])
      let (u, v) = (row.offset.u, row.offset.v)
      squares += u * u + v * v
      for i in 0..<count {
        let (a, b) = (row.u[i], row.v[i])
        slope[unchecked: i] += a * u + b * v
        for j in i..<count {
          sum[unchecked: i * count + j] += a * row.u[j] + b * row.v[j]
        }
      }
    }
    return squares
  }

  /// The sum of squares alone.
  static func squares(_ corners: ViewCorners, lens: LensModel, pose: BoardPose) -> Double {
    var sum = 0.0
    for corner in 0..<corners.count {
      let (x, y) = (corners.board[2 * corner], corners.board[2 * corner + 1])
      let place = pose.camera(x: x, y: y)
      guard place.z > 0 else { return .infinity }
      let pixel = lens(Point(x: place.x / place.z, y: place.y / place.z))
      let u = pixel.x - corners.picture[2 * corner]
      let v = pixel.y - corners.picture[2 * corner + 1]
      sum += u * u + v * v
    }
    return sum
  }
}

/// The residual of one corner and its derivatives by lens and pose.
struct CornerRow: Sendable {
  private let lens: LensModel
  private let r: [9 of Double]
  private let t: [3 of Double]
  var offset = (u: 0.0, v: 0.0)
  var u = [15 of Double](repeating: 0)
  var v = [15 of Double](repeating: 0)

  init(_ lens: LensModel, _ pose: BoardPose) {
    self.lens = lens
    r = [9 of Double] { pose.rotation[$0] }
    t = [3 of Double] { pose.translation[$0] }
    (u[2], v[3]) = (1, 1)
  }

  mutating func linearize(_ boardX: Double, _ boardY: Double, _ column: Double, _ row: Double) {
    // Turned, then moved; the pose's turn is about the camera's own axes.
    let qx = r[0] * boardX + r[1] * boardY
    let qy = r[3] * boardX + r[4] * boardY
    let qz = r[6] * boardX + r[7] * boardY
    let w = 1 / (qz + t[2])
    let (x, y) = ((qx + t[0]) * w, (qy + t[1]) * w)
    let r2 = x * x + y * y
    let (r4, r6) = (r2 * r2, r2 * r2 * r2)
    let ray = Point<RayFrame>(x: x, y: y)
    let bent = lens.bent(ray)
    offset = (
      lens.focalX * bent.x + lens.centerX - column, lens.focalY * bent.y + lens.centerY - row
    )
    let (fx, fy) = (lens.focalX, lens.focalY)
    u[0] = bent.x
    v[1] = bent.y
    (u[4], v[4]) = (fx * x * r2, fy * y * r2)
    (u[5], v[5]) = (fx * x * r4, fy * y * r4)
    (u[6], v[6]) = (fx * 2 * x * y, fy * (r2 + 2 * y * y))
    (u[7], v[7]) = (fx * (r2 + 2 * x * x), fy * 2 * x * y)
    (u[8], v[8]) = (fx * x * r6, fy * y * r6)
    let slope = lens.bending(ray)
    pose(&u, fx * slope.xx * w, fx * slope.xy * w, x, y, qx, qy, qz)
    pose(&v, fy * slope.xy * w, fy * slope.yy * w, x, y, qx, qy, qz)
  }

  /// Derivatives by the pose of what changes by (a, b) with the direction times distance.
  @inline(__always)
  private func pose(
    _ row: inout [15 of Double], _ a: Double, _ b: Double, _ x: Double, _ y: Double, _ qx: Double,
    _ qy: Double, _ qz: Double
  ) {
    let c = -(a * x + b * y)
    row[9] = c * qy - b * qz
    row[10] = a * qz - c * qx
    row[11] = b * qx - a * qy
    (row[12], row[13], row[14]) = (a, b, c)
  }
}
