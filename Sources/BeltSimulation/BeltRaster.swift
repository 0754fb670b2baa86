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

extension [Float] {
  /// Averages a field, `[height, width]`, over squares of 2 · radius + 1 samples; 0 lies beyond it.
  mutating func boxBlur(window: RasterWindow, radius: Int) {
    let (width, height) = (window.width, window.height)
    boxBlur(lines: height, length: width, step: 1, lineStep: width, radius: radius)
    boxBlur(lines: width, length: height, step: width, lineStep: 1, radius: radius)
  }

  private mutating func boxBlur(
    lines: Int, length: Int, step: Int, lineStep: Int, radius: Int
  ) {
    let scale = 1 / Float(2 * radius + 1)
    var line = [Float](repeating: 0, count: length + 2 * radius + 1)
    for number in 0..<lines {
      let origin = number * lineStep
      for place in 0..<length { line[place + radius + 1] = self[origin + place * step] }
      var sum: Float = 0
      for place in 0..<radius { sum += line[place + radius + 1] }
      for place in 0..<length {
        sum += line[place + 2 * radius + 1]
        sum -= line[place]
        self[origin + place * step] = sum * scale
      }
    }
  }
}
