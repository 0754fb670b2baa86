import Foundation
import Units

/// How well places on the belt are known: the 95 % radius of the error over a grid, and the bound
/// that the largest error anywhere on the grid keeps with 95 % confidence.
public struct UncertaintyMap: Codable, Equatable, Sendable {
  /// Corner of the grid, and the distance between its points, in millimeters.
  public var x: Double
  public var y: Double
  public var stepX: Double
  public var stepY: Double
  public var columns: Int
  public var rows: Int
  /// 95 % radius at each point in millimeters, row by row.
  public var radii: [Double]
  /// With 95 % confidence the error is below this at all points together, in millimeters.
  public var bound: Double

  /// The rectangle that the grid covers.
  public var area: Rectangle<BeltFrame> {
    Rectangle(
      x: x, y: y, width: stepX * Double(max(0, columns - 1)),
      height: stepY * Double(max(0, rows - 1)))
  }

  /// Points of a grid over a rectangle, row by row.
  static func grid(
    over area: Rectangle<BeltFrame>, columns: Int, rows: Int
  ) -> [Point<BeltFrame>] {
    (0..<rows).flatMap { row in
      (0..<columns).map { column in
        Point(
          x: area.x + area.width * Double(column) / Double(columns - 1),
          y: area.y + area.height * Double(row) / Double(rows - 1))
      }
    }
  }

  /// - Parameter errors: for each draw, the error in millimeters at each point of the grid.
  init(
    over area: Rectangle<BeltFrame>, columns: Int, rows: Int, errors: [[Double]]
  ) {
    precondition(columns > 1 && rows > 1, "uncertainty map: \(columns) × \(rows) points")
    (x, y) = (area.x, area.y)
    stepX = area.width / Double(columns - 1)
    stepY = area.height / Double(rows - 1)
    (self.columns, self.rows) = (columns, rows)
    radii = (0..<(columns * rows)).map { place in Ranks.bound(0.95, of: errors.map { $0[place] })
    }
    bound = Ranks.bound(0.95, of: errors.map { $0.max() ?? .infinity })
  }

  /// The same map where each error may be larger by `millimeters`.
  public func widened(by millimeters: Double) -> Self {
    var map = self
    map.radii = radii.map { $0 + millimeters }
    map.bound += millimeters
    return map
  }

  /// The 95 % radius at a place, between the points of the grid; the border's beyond it.
  public func radius(at point: Point<BeltFrame>) -> Double {
    func place(_ value: Double, _ start: Double, _ step: Double, _ count: Int) -> (Int, Double) {
      let position = step > 0 ? min(max((value - start) / step, 0), Double(count - 1)) : 0
      let first = min(Int(position), count - 2)
      return (first, position - Double(first))
    }
    let (column, u) = place(point.x, x, stepX, columns)
    let (row, v) = place(point.y, y, stepY, rows)
    let first = row * columns + column
    let upper = radii[first] * (1 - u) + radii[first + 1] * u
    let lower = radii[first + columns] * (1 - u) + radii[first + columns + 1] * u
    return upper * (1 - v) + lower * v
  }
}
