import Foundation

/// How a flat thing lies against another: turned and shifted, not scaled.
struct FlatPose {
  let degrees: Double
  let x: Double
  let y: Double

  /// The turn and shift that bring the middle of `from` onto the middle of `to` (least squares).
  init(from: [(x: Double, y: Double)], to: [(x: Double, y: Double)]) {
    let count = Double(max(1, from.count))
    let (fx, fy) = (from.reduce(0) { $0 + $1.x } / count, from.reduce(0) { $0 + $1.y } / count)
    let (tx, ty) = (to.reduce(0) { $0 + $1.x } / count, to.reduce(0) { $0 + $1.y } / count)
    var (straight, across) = (0.0, 0.0)
    for (a, b) in zip(from, to) {
      straight += (a.x - fx) * (b.x - tx) + (a.y - fy) * (b.y - ty)
      across += (a.x - fx) * (b.y - ty) - (a.y - fy) * (b.x - tx)
    }
    degrees = atan2(across, straight) * 180 / .pi
    (x, y) = (tx - fx, ty - fy)
  }
}
