import Units

/// A homography with its nine numbers in place, for loops over pixels.
struct PixelMap {
  private let a, b, c, d, e, f, g, h, i: Double

  init<From: Frame, To: Frame>(_ map: Homography<From, To>) {
    let m = map.matrix
    (a, b, c) = (m[0], m[1], m[2])
    (d, e, f) = (m[3], m[4], m[5])
    (g, h, i) = (m[6], m[7], m[8])
  }

  @inline(__always)
  func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    let w = g * x + h * y + i
    return ((a * x + b * y + c) / w, (d * x + e * y + f) / w)
  }
}

/// The cells of a square crop on the belt, and where a sensor sees them.
///
/// A cell that is wider than a sensor pixel is covered by `taps` × `taps` points, so that the crop
/// averages over an area; a narrower one by its center alone. Each point is read bilinearly.
struct CropGrid {
  let cells: Int
  let taps: Int
  private let square: Rectangle<BeltFrame>
  private let map: PixelMap

  init<To: Frame>(square: Rectangle<BeltFrame>, cells: Int, map: Homography<BeltFrame, To>) {
    self.square = square
    self.cells = cells
    self.map = PixelMap(map)
    let step = square.width / Double(cells)
    let center = self.map(square.center.x, square.center.y)
    let right = self.map(square.center.x + step, square.center.y)
    let below = self.map(square.center.x, square.center.y + step)
    let pitch = max(
      ((right.x - center.x) * (right.x - center.x) + (right.y - center.y) * (right.y - center.y))
        .squareRoot(),
      ((below.x - center.x) * (below.x - center.x) + (below.y - center.y) * (below.y - center.y))
        .squareRoot())
    // Sixteen taps a side are enough for any sensible crop and bound the work for a wrong one.
    taps = pitch.isFinite ? Int(min(max(pitch.rounded(), 1), 16)) : 1
  }

  /// Where the sensor sees a point of a cell, in its pixels; the numbers may be any at all.
  @inline(__always)
  func point(row: Int, column: Int, tapRow: Int, tapColumn: Int) -> (x: Double, y: Double) {
    let fine = square.width / Double(cells * taps)
    return map(
      square.x + (Double(column * taps + tapColumn) + 0.5) * fine,
      square.y + (Double(row * taps + tapRow) + 0.5) * fine)
  }
}

/// The four pixels around a point and their bilinear weights.
struct Corners {
  let left: Int
  let top: Int
  let right: Int
  let bottom: Int
  let weightX: Float
  let weightY: Float

  /// Nil for a point more than half a pixel outside, and for one that is no number.
  @inline(__always)
  init?(x: Double, y: Double, width: Int, height: Int) {
    guard x >= -0.5, y >= -0.5, x <= Double(width) - 0.5, y <= Double(height) - 0.5 else {
      return nil
    }
    let clampedX = min(max(x, 0), Double(width - 1))
    let clampedY = min(max(y, 0), Double(height - 1))
    left = Int(clampedX)
    top = Int(clampedY)
    right = min(left + 1, width - 1)
    bottom = min(top + 1, height - 1)
    weightX = Float(clampedX - Double(left))
    weightY = Float(clampedY - Double(top))
  }

  /// The nearest point inside for one that lies outside; the middle for one that is no number.
  @inline(__always)
  init(clampingX x: Double, y: Double, width: Int, height: Int) {
    let insideX = x.isFinite ? min(max(x, 0), Double(width - 1)) : Double(width - 1) / 2
    let insideY = y.isFinite ? min(max(y, 0), Double(height - 1)) : Double(height - 1) / 2
    left = Int(insideX)
    top = Int(insideY)
    right = min(left + 1, width - 1)
    bottom = min(top + 1, height - 1)
    weightX = Float(insideX - Double(left))
    weightY = Float(insideY - Double(top))
  }
}
