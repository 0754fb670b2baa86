import Foundation
import Units

/// One side of a dark square on white, measured: a curve, and how well it is known.
///
/// All pixels near the side are explained at once: by a parabola (lenses bend straight sides; a
/// line where the side is short), one blur, and a dark and a light level that change evenly along
/// it. The scatter of the pixels around that says how well each of these is known, and what is not
/// known of blur and levels counts against the curve. No pixel has part in two sides: those near
/// corners are left out.
struct MeasuredEdge {
  /// What the side runs along.
  enum Axis { case columns, rows }

  let axis: Axis
  /// `position = c₀ + c₁ τ + c₂ τ²`, `τ = (t - middle) / half`; then dark and its change per τ,
  /// the step and its change, the blur along the axis.
  private var numbers: [Double]
  private var covariance: [Double] = []
  private let middle: Double
  private let half: Double
  private let slant: Double
  private let curveCount: Int
  private let light: Double
  private let shear: Double

  /// From so many rows on the side may be bent.
  private static let bentRows = 18
  /// Less contrast than this is no edge, in gray values.
  private static let leastContrast = 15.0

  /// Standard deviation of the blur across the edge, in pixels.
  var blur: Double { numbers[curveCount + 4] * slant }
  /// White minus black, in gray values.
  var contrast: Double { numbers[curveCount + 2] }

  /// Measures a side of a tag, from a first guess of the blur; nil where it cannot be measured.
  init?(_ side: TagSide, in gray: GrayPicture, blur: Double) {
    guard var strip = EdgeStrip(side, in: gray, blur: blur) else { return nil }
    (axis, light, middle, half, slant, shear) =
      (strip.axis, strip.light, strip.middle, strip.half, strip.slant, strip.shear)
    curveCount = strip.rows.count >= Self.bentRows ? 3 : 2
    numbers =
      [strip.start.place, strip.start.slope] + (curveCount == 3 ? [0] : [])
      + [0, 0, 0, 0, blur / slant]
    guard setLevels(strip), descend(strip, steps: 5) else { return nil }
    strip.weigh(by: squares(strip))
    guard descend(strip, steps: 8), contrast > Self.leastContrast else { return nil }
    let move = numbers[0] - strip.start.place
    guard abs(move) < 3, self.blur > 0.2 else { return nil }
  }

  /// Position and slope at `t`, and the variance of the position.
  func at(_ t: Double) -> (position: Double, slope: Double, variance: Double) {
    let tau = (t - middle) / half
    let powers = [1, tau, tau * tau]
    let size = numbers.count
    var (position, variance) = (0.0, 0.0)
    for i in 0..<curveCount {
      position += numbers[i] * powers[i]
      for j in 0..<curveCount { variance += powers[i] * powers[j] * covariance[i * size + j] }
    }
    let slope = numbers[1] + (curveCount > 2 ? 2 * numbers[2] * tau : 0)
    return (position, slope / half, variance)
  }

  /// Both levels for the first guess of edge and blur.
  private mutating func setLevels(_ strip: EdgeStrip) -> Bool {
    var equations = NormalEquations(size: 2)
    for row in strip.rows {
      for pixel in row.pixels { equations.add([1, shine(row, pixel).share], pixel.value) }
    }
    guard let solved = equations.solution()?.x, solved[1] > Self.leastContrast / 2 else {
      return false
    }
    (numbers[curveCount], numbers[curveCount + 2]) = (solved[0], solved[1])
    return true
  }

  /// The share of light at a place, and its derivatives by the edge's position and by the blur.
  ///
  /// Blur across the side and along it are independent where the tag looks square; else they
  /// correlate, which is followed to first order: P(a, b) = Φ(a) Φ(b) + ρ φ(a) φ(b).
  private func shine(
    _ row: EdgeStrip.Row, _ pixel: EdgeStrip.Pixel
  ) -> (share: Double, byEdge: Double, byBlur: Double) {
    let blur = numbers[curveCount + 4]
    var edge = numbers[0] + numbers[1] * row.tau
    if curveCount == 3 { edge += numbers[2] * row.tau * row.tau }
    let z = light * (pixel.place - edge) / blur
    let bend = shear * pixel.coverSlope
    let density = (pixel.cover + bend * z) * normalDensity(z)
    var share = 1 - pixel.cover * (1 - normalShare(z)) - bend * normalDensity(z)
    var (byEdge, byBlur) = (-light * density, -density * z)
    // The modules move with the edge.
    let inside = pixel.place - edge + row.edge
    for (index, ring) in row.rings.enumerated() {
      // Inward from the edge the white begins at `from` and ends at `to`.
      let (a, b) = (light * (ring.from - inside) / blur, light * (ring.to - inside) / blur)
      let (white, bend) = (pixel.whites[index], shear * pixel.whiteSlopes[index])
      let (first, last) = (normalDensity(a), normalDensity(b))
      share += white * (normalShare(a) - normalShare(b)) + bend * (first - last)
      byEdge += light * ((white - bend * a) * first - (white - bend * b) * last)
      byBlur -= (white - bend * a) * first * a - (white - bend * b) * last * b
    }
    return (share, byEdge / blur, byBlur / blur)
  }

  private func linearized(_ strip: EdgeStrip) -> (NormalEquations, squares: Double, count: Double) {
    var equations = NormalEquations(size: numbers.count)
    var (squares, count) = (0.0, 0.0)
    var row = [Double](repeating: 0, count: numbers.count)
    let c = curveCount
    for line in strip.rows where line.weight > 0 {
      let tau = line.tau
      let (dark, step) = (numbers[c] + numbers[c + 1] * tau, numbers[c + 2] + numbers[c + 3] * tau)
      for pixel in line.pixels {
        let light = shine(line, pixel)
        let slope = step * light.byEdge
        (row[0], row[1]) = (slope, slope * tau)
        if c == 3 { row[2] = slope * tau * tau }
        (row[c], row[c + 1]) = (1, tau)
        (row[c + 2], row[c + 3]) = (light.share, light.share * tau)
        row[c + 4] = step * light.byBlur
        let residual = pixel.value - dark - step * light.share
        equations.add(row, residual)
        squares += residual * residual
        count += 1
      }
    }
    return (equations, squares, count)
  }

  /// Levenberg and Marquardt; leaves the covariance of the numbers.
  private mutating func descend(_ strip: EdgeStrip, steps: Int) -> Bool {
    var damping = 1e-4
    var (equations, squares, count) = linearized(strip)
    for _ in 0..<steps {
      guard let step = equations.damped(by: damping).solution()?.x else { return false }
      let before = numbers
      for index in numbers.indices { numbers[index] += step[index] }
      numbers[curveCount + 4] = max(0.25, min(8, numbers[curveCount + 4]))
      let next = linearized(strip)
      if next.squares <= squares {
        let isDone = abs(step[0]) + abs(step[1]) < 1e-4
        (equations, squares, count) = next
        damping = max(1e-8, damping / 10)
        if isDone { break }
      } else {
        numbers = before
        damping *= 10
      }
    }
    guard count > Double(numbers.count) + 4, let inverse = equations.solution()?.inverse else {
      return false
    }
    let variance = squares / (count - Double(numbers.count))
    covariance = inverse.map { $0 * variance }
    return variance.squareRoot() < 0.3 * abs(contrast)
  }

  /// Mean square of what each row leaves unexplained.
  private func squares(_ strip: EdgeStrip) -> [Double] {
    let c = curveCount
    return strip.rows.map { row in
      let (dark, step) = (
        numbers[c] + numbers[c + 1] * row.tau, numbers[c + 2] + numbers[c + 3] * row.tau
      )
      let sum = row.pixels.reduce(0.0) { sum, pixel in
        let residual = pixel.value - dark - step * shine(row, pixel).share
        return sum + residual * residual
      }
      return sum / Double(row.pixels.count)
    }
  }
}

extension MeasuredEdge {
  /// Where two sides meet near `start`, and the covariance of that place: xx, xy, yy.
  static func meeting(
    of first: MeasuredEdge, and second: MeasuredEdge, near start: Point<ColorFrame>
  ) -> (point: Point<ColorFrame>, xx: Double, xy: Double, yy: Double)? {
    var point = start
    var inverse = (xx: 0.0, xy: 0.0, yx: 0.0, yy: 0.0)
    var variances = (0.0, 0.0)
    for _ in 0..<6 {
      let (a, b) = (first.row(at: point), second.row(at: point))
      let determinant = a.x * b.y - a.y * b.x
      guard abs(determinant) > 0.1 else { return nil }
      inverse = (b.y / determinant, -a.y / determinant, -b.x / determinant, a.x / determinant)
      variances = (a.variance, b.variance)
      point.x -= inverse.xx * a.residual + inverse.xy * b.residual
      point.y -= inverse.yx * a.residual + inverse.yy * b.residual
      guard abs(point.x - start.x) < 20, abs(point.y - start.y) < 20 else { return nil }
    }
    let (v, w) = variances
    return (
      point, inverse.xx * inverse.xx * v + inverse.xy * inverse.xy * w,
      inverse.xx * inverse.yx * v + inverse.xy * inverse.yy * w,
      inverse.yx * inverse.yx * v + inverse.yy * inverse.yy * w
    )
  }

  /// `F(point)` that is 0 on the side, its gradient and the variance of F.
  private func row(at point: Point<ColorFrame>) -> (
    residual: Double, x: Double, y: Double, variance: Double
  ) {
    switch axis {
    case .columns:
      let here = at(point.x)
      return (point.y - here.position, -here.slope, 1, here.variance)
    case .rows:
      let here = at(point.y)
      return (point.x - here.position, 1, -here.slope, here.variance)
    }
  }
}
