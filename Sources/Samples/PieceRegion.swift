import Imaging
import Units

/// One piece in a label map: its number and the pixels it covers.
public struct PieceRegion: Sendable, Hashable {
  /// The number that the piece's pixels have in the label map; never 0.
  public let number: UInt16
  /// First and last column and row of its pixels.
  public let columns: ClosedRange<Int>
  public let rows: ClosedRange<Int>
  public let pixelCount: Int

  public init(
    number: UInt16, columns: ClosedRange<Int>, rows: ClosedRange<Int>, pixelCount: Int
  ) {
    self.number = number
    self.columns = columns
    self.rows = rows
    self.pixelCount = pixelCount
  }

  /// The piece's bounding box; pixel centers are whole numbers, so it reaches half a pixel out.
  public var box: Rectangle<ColorFrame> {
    Rectangle(
      x: Double(columns.lowerBound) - 0.5, y: Double(rows.lowerBound) - 0.5,
      width: Double(columns.count), height: Double(rows.count))
  }

  /// Whether one of the four pixels around a point can be the piece's.
  @inline(__always)
  func isNear(_ x: Double, _ y: Double) -> Bool {
    x > Double(columns.lowerBound - 1) && x < Double(columns.upperBound + 1)
      && y > Double(rows.lowerBound - 1) && y < Double(rows.upperBound + 1)
  }

  /// Every piece of a label map, by rising number.
  public static func all(in map: LabelMap) -> [PieceRegion] {
    var found: [UInt16: (left: Int, right: Int, top: Int, bottom: Int, count: Int)] = [:]
    for y in 0..<map.height {
      for x in 0..<map.width {
        let number = map[x, y]
        guard number != 0 else { continue }
        var extent = found[number] ?? (x, x, y, y, 0)
        extent.left = min(extent.left, x)
        extent.right = max(extent.right, x)
        extent.bottom = y
        extent.count += 1
        found[number] = extent
      }
    }
    return found.keys.sorted().compactMap { number in
      found[number].map {
        PieceRegion(
          number: number, columns: $0.left...$0.right, rows: $0.top...$0.bottom,
          pixelCount: $0.count)
      }
    }
  }
}
