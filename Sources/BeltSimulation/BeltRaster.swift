import Units

/// The raster of the belt plane on which everything is drawn before a camera looks at it.
///
/// Its samples are fixed to the belt, so that a piece keeps its look however far it has traveled.
enum BeltRaster {
  static let samplesPerMillimeter: Float = 4
  static let millimeters: Float = 1 / samplesPerMillimeter

  /// The number of the sample at or before a belt coordinate.
  static func sample(before millimeters: Double) -> Int {
    Int((millimeters * Double(samplesPerMillimeter)).rounded(.down))
  }
}

/// A window of the belt raster: sample (0, 0) of it is sample (`left`, `top`) of the belt.
struct RasterWindow: Sendable, Equatable {
  let left: Int
  let top: Int
  let width: Int
  let height: Int

  var count: Int { width * height }

  /// The window around a rectangle of belt, with `margin` millimeters more on all sides.
  init(minX: Double, minY: Double, maxX: Double, maxY: Double, margin: Double) {
    left = BeltRaster.sample(before: minX - margin)
    top = BeltRaster.sample(before: minY - margin)
    width = BeltRaster.sample(before: maxX + margin) - left + 2
    height = BeltRaster.sample(before: maxY + margin) - top + 2
  }

  /// Center of a sample's column on the belt, relative to `origin`, in millimeters.
  func x(_ column: Int, from origin: Double) -> Float {
    Float((Double(left + column) + 0.5) * Double(BeltRaster.millimeters) - origin)
  }

  func y(_ row: Int, from origin: Double) -> Float {
    Float((Double(top + row) + 0.5) * Double(BeltRaster.millimeters) - origin)
  }

  /// The part of this window that overlaps another, as ranges of its own columns and rows.
  func overlap(with other: RasterWindow) -> (columns: Range<Int>, rows: Range<Int>)? {
    let first = (max(left, other.left), max(top, other.top))
    let end = (
      min(left + width, other.left + other.width), min(top + height, other.top + other.height)
    )
    guard first.0 < end.0, first.1 < end.1 else { return nil }
    return ((first.0 - left)..<(end.0 - left), (first.1 - top)..<(end.1 - top))
  }
}
