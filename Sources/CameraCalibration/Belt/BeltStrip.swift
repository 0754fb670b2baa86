import Foundation
import Imaging
import Units

/// A stretch of belt as a camera sees it, resampled to square cells of the belt: brightness,
/// `[rows, columns]`, rows along the travel.
struct BeltStrip: Sendable {
  let columns: Int
  let rows: Int
  var values: [Float]

  init(columns: Int, rows: Int, values: [Float]) {
    precondition(values.count == columns * rows, "strip \(columns) × \(rows): \(values.count)")
    (self.columns, self.rows, self.values) = (columns, rows, values)
  }

  /// Where strips are cut out of every frame of a camera.
  struct Cut: Sendable {
    let columns: Int
    let rows: Int
    let millimeters: Double
    /// Place in the picture of each cell.
    private let places: [Point<ColorFrame>]

    /// Cells about as large as pixels over the belt that a picture shows whole; nil where that is
    /// too little to be followed.
    init?(
      _ map: Homography<ColorFrame, BeltFrame>, width: Int, height: Int,
      lens: LensModel? = nil
    ) {
      let view = StraightView(lens)
      guard let back = map.inverse,
        let area = view.seenBelt(map, width: width, height: height)
      else { return nil }
      let middle = PixelSize(map, at: Point(x: Double(width - 1) / 2, y: Double(height - 1) / 2))
      let size = max(max(middle.x, middle.y), (area.width * area.height / 1.2e5).squareRoot())
      guard size > 0, size.isFinite else { return nil }
      millimeters = size
      columns = Int(area.width / size) - 2
      rows = Int(area.height / size) - 2
      guard columns >= 24, rows >= 48 else { return nil }
      var places: [Point<ColorFrame>] = []
      for row in 0..<rows {
        for column in 0..<columns {
          places.append(
            back(
              Point(
                x: area.x + (Double(column) + 1.5) * size, y: area.y + (Double(row) + 1.5) * size)))
        }
      }
      // The area was chosen so that the lens sees all of it.
      self.places = places.map { view.bent($0) ?? $0 }
    }

    func strip(of picture: Picture) -> BeltStrip {
      var values = [Float](repeating: 0, count: places.count)
      for (index, place) in places.enumerated() {
        values[index] = picture.brightness(x: place.x, y: place.y)
      }
      return BeltStrip(columns: columns, rows: rows, values: values)
    }
  }

  /// A quarter as long and wide, each cell the mean of sixteen.
  var reduced: BeltStrip {
    let (width, height) = (columns / 4, rows / 4)
    var sums = [Float](repeating: 0, count: width * height)
    for row in 0..<(height * 4) {
      for column in 0..<(width * 4) {
        sums[row / 4 * width + column / 4] += values[row * columns + column] / 16
      }
    }
    return BeltStrip(columns: width, rows: height, values: sums)
  }

  /// How much the strip resembles `other` moved by whole cells: −1…1.
  ///
  /// What `self` shows at row r, `other` shows at row r − down.
  func correlation(with other: BeltStrip, down: Int, right: Int) -> Double {
    let rowRange = max(0, down)..<min(rows, rows + down)
    let columnRange = max(0, right)..<min(columns, columns + right)
    guard rowRange.count > 2, columnRange.count > 2 else { return -1 }
    var (a, b, aa, bb, ab) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for row in rowRange {
      for column in columnRange {
        let x = Double(values[row * columns + column])
        let y = Double(other.values[(row - down) * columns + column - right])
        a += x
        b += y
        aa += x * x
        bb += y * y
        ab += x * y
      }
    }
    let count = Double(rowRange.count * columnRange.count)
    let spread = ((aa - a * a / count) * (bb - b * b / count)).squareRoot()
    return spread > 0 ? (ab - a * b / count) / spread : 0
  }
}

extension Picture {
  /// Mean of the channels between the four nearest pixels, the border's beyond it.
  @inline(__always)
  func brightness(x: Double, y: Double) -> Float {
    let (cx, cy) = (min(max(x, 0), Double(width - 1)), min(max(y, 0), Double(height - 1)))
    let (left, top) = (min(Int(cx), max(0, width - 2)), min(Int(cy), max(0, height - 2)))
    let (u, v) = (Float(cx - Double(left)), Float(cy - Double(top)))
    let (right, bottom) = (min(left + 1, width - 1), min(top + 1, height - 1))
    func mean(_ x: Int, _ y: Int) -> Float {
      let place = (y * width + x) * channels
      return channels == 1
        ? Float(pixels[place])
        : (Float(pixels[place]) + Float(pixels[place + 1]) + Float(pixels[place + 2])) / 3
    }
    let upper = mean(left, top) * (1 - u) + mean(right, top) * u
    let lower = mean(left, bottom) * (1 - u) + mean(right, bottom) * u
    return upper * (1 - v) + lower * v
  }
}
