import Foundation
import Units

/// The corner where four squares meet, fitted to the pixels around it.
///
/// Two edges through one point, with light where both sides agree: `m + a E(d₁/s) E(d₂/s)`, `d`
/// the distances to the edges, `s` the blur, `E(z) = erf(z/√2)`, and a plane for uneven light. The
/// picture of such a corner is its own negative when turned by 180°, so neither blur nor how much
/// light ink and paper give can move it.
///
/// Nine unknowns by Levenberg and Marquardt; the scatter of the pixels around the fit says how well
/// the corner is known.
struct SaddleFit {
  private(set) var point: Point<ColorFrame>
  private(set) var deviation = 0.0
  private(set) var blur = 1.0
  private(set) var contrast = 0.0

  private var angles: (Double, Double)
  private var level = 0.0
  private var amplitude = 0.0
  private var slope = (x: 0.0, y: 0.0)
  private let radius: Int
  private let start: Point<ColorFrame>

  /// What a perfect fit may still be off, in pixels: lenses bend the edges within the window.
  static let leastDeviation = 0.008

  /// - Parameters:
  ///   - angles: directions of both edges, in radians.
  ///   - radius: of the pixels that are looked at; all four squares must be larger.
  /// - Returns: nil where no such corner is there.
  init?(
    in gray: GrayPicture, near start: Point<ColorFrame>, angles: (Double, Double), radius: Int
  ) {
    (self.start, point, self.angles, self.radius) = (start, start, angles, radius)
    let pixels = Self.pixels(of: gray, around: start, radius: radius)
    guard pixels.count > 20 else { return nil }
    begin(pixels)
    guard abs(amplitude) > 5, converge(pixels) else { return nil }
    guard abs(point.x - start.x) < 2.5, abs(point.y - start.y) < 2.5, blur > 0.2,
      blur < Double(radius)
    else { return nil }
  }

  private static func pixels(
    of gray: GrayPicture, around center: Point<ColorFrame>, radius: Int
  ) -> [(x: Double, y: Double, value: Double)] {
    let (cx, cy) = (Int(center.x.rounded()), Int(center.y.rounded()))
    guard gray.contains(x: cx - radius, y: cy - radius),
      gray.contains(x: cx + radius, y: cy + radius)
    else { return [] }
    var pixels: [(x: Double, y: Double, value: Double)] = []
    for y in (cy - radius)...(cy + radius) {
      for x in (cx - radius)...(cx + radius)
      where (x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius {
        pixels.append((Double(x), Double(y), gray[x, y]))
      }
    }
    return pixels
  }

  /// Level and amplitude that fit the first guess of the edges.
  private mutating func begin(_ pixels: [(x: Double, y: Double, value: Double)]) {
    var equations = NormalEquations(size: 2)
    for pixel in pixels {
      let (first, second) = distances(pixel.x, pixel.y)
      equations.add([1, bent(first / blur) * bent(second / blur)], pixel.value)
    }
    guard let solved = equations.solution() else { return }
    (level, amplitude) = (solved.x[0], solved.x[1])
  }

  private func distances(_ x: Double, _ y: Double) -> (Double, Double) {
    let (dx, dy) = (x - point.x, y - point.y)
    return (
      dy * cos(angles.0) - dx * sin(angles.0), dy * cos(angles.1) - dx * sin(angles.1)
    )
  }

  private func bent(_ z: Double) -> Double { erf(z / 2.0.squareRoot()) }

  private mutating func converge(_ pixels: [(x: Double, y: Double, value: Double)]) -> Bool {
    var damping = 1e-3
    var (equations, squares) = linearized(pixels)
    for _ in 0..<25 {
      guard let step = equations.damped(by: damping).solution()?.x else { return false }
      let before = self
      move(by: step)
      let (next, nextSquares) = linearized(pixels)
      if nextSquares <= squares, blur > 0.2 {
        let isDone = abs(step[0]) + abs(step[1]) < 1e-4
        (equations, squares, damping) = (next, nextSquares, max(1e-7, damping / 5))
        if isDone { break }
      } else {
        self = before
        damping *= 8
        if damping > 1e6 { break }
      }
    }
    guard let inverse = equations.solution()?.inverse, pixels.count > 9 else { return false }
    let variance = squares / Double(pixels.count - 9)
    let spread = variance * (inverse[0] + inverse[10]) / 2
    deviation = (spread + Self.leastDeviation * Self.leastDeviation).squareRoot()
    contrast = 2 * abs(amplitude)
    return deviation.isFinite
  }

  private mutating func move(by step: [Double]) {
    point.x += step[0]
    point.y += step[1]
    angles.0 += step[2]
    angles.1 += step[3]
    level += step[4]
    amplitude += step[5]
    blur += step[6]
    slope.x += step[7]
    slope.y += step[8]
  }

  /// The equations of the next step, and the sum of squares of what is not explained yet.
  private func linearized(
    _ pixels: [(x: Double, y: Double, value: Double)]
  ) -> (NormalEquations, Double) {
    var equations = NormalEquations(size: 9)
    var squares = 0.0
    let (c0, s0, c1, s1) = (cos(angles.0), sin(angles.0), cos(angles.1), sin(angles.1))
    let peak = 2 * 0.398_942_280_401_432_7
    for pixel in pixels {
      let (dx, dy) = (pixel.x - point.x, pixel.y - point.y)
      let (z0, z1) = ((dy * c0 - dx * s0) / blur, (dy * c1 - dx * s1) / blur)
      let (e0, e1) = (bent(z0), bent(z1))
      let (g0, g1) = (peak * exp(-z0 * z0 / 2) * e1, peak * exp(-z1 * z1 / 2) * e0)
      let scale = amplitude / blur
      let along = (dx * c0 + dy * s0, dx * c1 + dy * s1)
      let residual =
        pixel.value - level - amplitude * e0 * e1 - slope.x * (pixel.x - start.x) - slope.y
        * (pixel.y - start.y)
      squares += residual * residual
      equations.add(
        [
          scale * (g0 * s0 + g1 * s1), -scale * (g0 * c0 + g1 * c1), -scale * g0 * along.0,
          -scale * g1 * along.1, 1, e0 * e1, -scale * (g0 * z0 + g1 * z1), pixel.x - start.x,
          pixel.y - start.y,
        ], residual)
    }
    return (equations, squares)
  }
}
