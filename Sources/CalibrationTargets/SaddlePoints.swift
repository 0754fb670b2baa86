import Foundation
import Units

/// A place that looks like a corner of a chessboard.
struct SaddlePoint {
  var x: Double
  var y: Double
  var strength: Double
  /// Direction in which it is light, modulo 180°, in radians.
  var light: Double
  /// Directions of both edges, modulo 180°, in radians.
  var edges: (Double, Double)
}

/// Finds corners of chessboards: where the picture curves up one way and down the other.
///
/// Source: the determinant of the Hessian as a measure, Chen, Zhang, *A new sub-pixel detector for
/// X-corners in camera calibration targets*, 2005, equation 3. Differs: the test on a ring.
enum SaddlePoints {
  private static let smoothing = 1.5
  private static let most = 1500
  private static let margin = 6

  static func find(in gray: GrayPicture) -> [SaddlePoint] {
    let (width, height) = (gray.width, gray.height)
    guard width > 4 * margin, height > 4 * margin else { return [] }
    var smooth = gray
    blur(&smooth.values, width: width, height: height, deviation: smoothing)
    var strengths = [Float](repeating: 0, count: width * height)
    let v = smooth.values
    for y in 1..<height - 1 {
      for x in 1..<width - 1 {
        let p = y * width + x
        let xx = v[p + 1] + v[p - 1] - 2 * v[p]
        let yy = v[p + width] + v[p - width] - 2 * v[p]
        let xy = (v[p + width + 1] + v[p - width - 1] - v[p + width - 1] - v[p - width + 1]) / 4
        strengths[p] = xy * xy - xx * yy
      }
    }
    let strongest = strengths.max() ?? 0
    let least = max(1, 0.03 * strongest)
    var points: [SaddlePoint] = []
    for y in margin..<height - margin {
      for x in margin..<width - margin where strengths[y * width + x] > least {
        guard isPeak(strengths, x, y, width) else { continue }
        if let point = point(in: smooth, x, y, strength: Double(strengths[y * width + x])) {
          points.append(point)
        }
      }
    }
    return Array(points.sorted { $0.strength > $1.strength }.prefix(most))
  }

  private static func isPeak(_ values: [Float], _ x: Int, _ y: Int, _ width: Int) -> Bool {
    let own = values[y * width + x]
    for dy in -2...2 {
      for dx in -2...2 where dx != 0 || dy != 0 {
        let other = values[(y + dy) * width + x + dx]
        if other > own || (other == own && (dy < 0 || (dy == 0 && dx < 0))) { return false }
      }
    }
    return true
  }

  /// Sub-pixel place, edges and the ring test; nil where it is no corner.
  private static func point(
    in smooth: GrayPicture, _ x: Int, _ y: Int, strength: Double
  ) -> SaddlePoint? {
    func v(_ dx: Int, _ dy: Int) -> Double { smooth[x + dx, y + dy] }
    let (gx, gy) = ((v(1, 0) - v(-1, 0)) / 2, (v(0, 1) - v(0, -1)) / 2)
    let (xx, yy) = (v(1, 0) + v(-1, 0) - 2 * v(0, 0), v(0, 1) + v(0, -1) - 2 * v(0, 0))
    let xy = (v(1, 1) + v(-1, -1) - v(1, -1) - v(-1, 1)) / 4
    let determinant = xx * yy - xy * xy
    guard determinant < 0 else { return nil }
    let (sx, sy) = ((xy * gy - yy * gx) / determinant, (xy * gx - xx * gy) / determinant)
    guard abs(sx) < 1.5, abs(sy) < 1.5 else { return nil }
    // Principal directions: light along the first, dark along the second.
    let mean = (xx + yy) / 2
    let root = ((xx - yy) * (xx - yy) / 4 + xy * xy).squareRoot()
    let (up, down) = (mean + root, mean - root)
    guard up > 0, down < 0 else { return nil }
    let light = 0.5 * atan2(2 * xy, xx - yy)
    let half = atan((up / -down).squareRoot())
    let center = (x: Double(x) + sx, y: Double(y) + sy)
    guard hasFourSectors(smooth, center, light, half) else { return nil }
    return SaddlePoint(
      x: center.x, y: center.y, strength: strength, light: light,
      edges: (light - half, light + half))
  }

  /// Light, dark, light, dark on a ring, both lights and both darks alike.
  private static func hasFourSectors(
    _ smooth: GrayPicture, _ center: (x: Double, y: Double), _ light: Double, _ half: Double
  ) -> Bool {
    func value(_ angle: Double) -> Double {
      let radius = 4.0
      let x = Int((center.x + radius * cos(angle)).rounded())
      let y = Int((center.y + radius * sin(angle)).rounded())
      return smooth.contains(x: x, y: y) ? smooth[x, y] : 0
    }
    let lights = (value(light), value(light + .pi))
    let darks = (value(light + .pi / 2), value(light - .pi / 2))
    let contrast = (lights.0 + lights.1 - darks.0 - darks.1) / 2
    return contrast > 8 && min(lights.0, lights.1) > max(darks.0, darks.1)
      && abs(lights.0 - lights.1) < 0.6 * contrast && abs(darks.0 - darks.1) < 0.6 * contrast
      && half > 0.12 && half < .pi / 2 - 0.12
  }
}

/// The angle between two directions that have no sense, from 0 to π/2.
func undirectedAngle(_ first: Double, _ second: Double) -> Double {
  let difference = abs(first - second)
  let rest = difference - .pi * (difference / .pi).rounded(.down)
  return min(rest, .pi - rest)
}
