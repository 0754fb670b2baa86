import Units

/// A first guess of lens and poses from homographies alone, without distortion.
enum LensStart {
  /// Focal lengths and center in closed form, where they come out as a camera could have them;
  /// else focal lengths about the picture's middle; else a lens of some 45 degrees.
  ///
  /// Source: Zhang, *A Flexible New Technique for Camera Calibration*, 2000, section 3.1 and
  /// appendix B, with skew 0.
  static func lens(_ maps: [BoardHomography], width: Int, height: Int) -> LensModel {
    let middle = (x: Double(width - 1) / 2, y: Double(height - 1) / 2)
    let scale = Double(max(width, height))
    // Centered and scaled: what is found is of order 1.
    let centering = [
      1 / scale, 0, -middle.x / scale, 0, 1 / scale, -middle.y / scale, 0, 0, 1,
    ]
    let centered = maps.map { product(centering, $0.matrix) }
    let found = closedForm(centered) ?? aboutMiddle(centered) ?? (1.2, 1.2, 0, 0)
    return LensModel(
      width: width, height: height, focal: (found.0 * scale, found.1 * scale),
      center: (middle.x + found.2 * scale, middle.y + found.3 * scale))
  }

  /// Where a board lies, by its homography and a lens without distortion.
  static func pose(_ map: BoardHomography, _ lens: LensModel) -> BoardPose? {
    let inverse = [
      1 / lens.focalX, 0, -lens.centerX / lens.focalX, 0, 1 / lens.focalY,
      -lens.centerY / lens.focalY, 0, 0, 1,
    ]
    var m = product(inverse, map.matrix)
    let first = (m[0] * m[0] + m[3] * m[3] + m[6] * m[6]).squareRoot()
    let second = (m[1] * m[1] + m[4] * m[4] + m[7] * m[7]).squareRoot()
    // The board is in front of the camera, not behind.
    let scale = (m[8] < 0 ? -2 : 2) / (first + second)
    guard scale.isFinite else { return nil }
    for index in m.indices { m[index] *= scale }
    let cross = [
      m[3] * m[7] - m[6] * m[4], m[6] * m[1] - m[0] * m[7], m[0] * m[4] - m[3] * m[1],
    ]
    let rotation = nearestRotation([
      m[0], m[1], cross[0], m[3], m[4], cross[1], m[6], m[7], cross[2],
    ])
    return BoardPose(rotation: rotation, translation: [m[2], m[5], m[8]])
  }

  typealias Guess = (focalX: Double, focalY: Double, centerX: Double, centerY: Double)

  /// Equation 9 with B = [B11, B22, B13, B23, B33].
  private static func closedForm(_ maps: [[Double]]) -> Guess? {
    guard maps.count >= 3 else { return nil }
    var rows: [Double] = []
    for map in maps {
      let h = unitColumns(map)
      let (a, b) = (column(h, 0), column(h, 1))
      let (one, two, mixed) = (constraint(a, a), constraint(b, b), constraint(a, b))
      rows += mixed
      rows += zip(one, two).map { $0 - $1 }
    }
    let (b, values) = shortestDirection(rows, columns: 5)
    guard values[3] > 1e-7 * values[0] else { return nil }
    let (b11, b22, b13, b23, b33) = (b[0], b[1], b[2], b[3], b[4])
    guard b11 * b22 > 0 else { return nil }
    let (centerX, centerY) = (-b13 / b11, -b23 / b22)
    let scale = b33 - b13 * b13 / b11 - b23 * b23 / b22
    guard scale / b11 > 0, scale / b22 > 0 else { return nil }
    let (focalX, focalY) = ((scale / b11).squareRoot(), (scale / b22).squareRoot())
    guard (0.2...20).contains(focalX), (0.2...20).contains(focalY), abs(centerX) < 0.25,
      abs(centerY) < 0.25, (0.6...1.6).contains(focalX / focalY)
    else { return nil }
    return (focalX, focalY, centerX, centerY)
  }

  /// With the center known the conic is [1/fx², 1/fy², 1]: linear least squares in the first two.
  private static func aboutMiddle(_ maps: [[Double]]) -> Guess? {
    var (aa, ab, bb, ra, rb) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for map in maps {
      let h = unitColumns(map)
      let (p, q) = (column(h, 0), column(h, 1))
      let rows = [
        (p[0] * q[0], p[1] * q[1], p[2] * q[2]),
        (p[0] * p[0] - q[0] * q[0], p[1] * p[1] - q[1] * q[1], p[2] * p[2] - q[2] * q[2]),
      ]
      for (x, y, z) in rows {
        aa += x * x
        ab += x * y
        bb += y * y
        ra -= x * z
        rb -= y * z
      }
    }
    let determinant = aa * bb - ab * ab
    guard determinant > 0 else { return nil }
    let (x, y) = ((bb * ra - ab * rb) / determinant, (aa * rb - ab * ra) / determinant)
    guard x > 0, y > 0 else { return nil }
    let (focalX, focalY) = ((1 / x).squareRoot(), (1 / y).squareRoot())
    guard (0.2...20).contains(focalX), (0.2...20).contains(focalY) else { return nil }
    return (focalX, focalY, 0, 0)
  }

  /// The map scaled so that boards of any size weigh alike.
  private static func unitColumns(_ map: [Double]) -> [Double] {
    var sum = 0.0
    for row in 0..<3 { for at in 0..<2 { sum += map[3 * row + at] * map[3 * row + at] } }
    let scale = 1 / (sum / 2).squareRoot()
    return map.map { $0 * scale }
  }

  private static func column(_ map: [Double], _ at: Int) -> [Double] {
    [map[at], map[3 + at], map[6 + at]]
  }

  /// v_ij of equation 8 without skew.
  private static func constraint(_ a: [Double], _ b: [Double]) -> [Double] {
    [
      a[0] * b[0], a[1] * b[1], a[0] * b[2] + a[2] * b[0], a[1] * b[2] + a[2] * b[1],
      a[2] * b[2],
    ]
  }
}
