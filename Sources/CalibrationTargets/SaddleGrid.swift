import Foundation

/// Corners put into rows and columns, grown from one of them.
struct SaddleGrid {
  /// A place in the grid; the first corner is (0, 0).
  struct Cell: Hashable {
    var column: Int
    var row: Int

    func next(_ direction: (Int, Int)) -> Cell {
      Cell(column: column + direction.0, row: row + direction.1)
    }
  }

  private(set) var corners: [Cell: Int] = [:]
  private let points: [SaddlePoint]
  private var used: Set<Int> = []
  private var steps: (x: (Double, Double), y: (Double, Double))

  private static let directions = [(1, 0), (-1, 0), (0, 1), (0, -1)]

  /// Grows from the corner `seed`; nil where it has no neighbors.
  init?(from seed: Int, among points: [SaddlePoint]) {
    self.points = points
    let first = points[seed]
    guard let right = Self.neighbor(of: seed, along: first.edges.0, points),
      let down = Self.neighbor(of: seed, along: first.edges.1, points)
    else { return nil }
    steps = (
      (points[right].x - first.x, points[right].y - first.y),
      (points[down].x - first.x, points[down].y - first.y)
    )
    add(seed, at: Cell(column: 0, row: 0))
    grow()
  }

  private mutating func add(_ corner: Int, at cell: Cell) {
    corners[cell] = corner
    used.insert(corner)
  }

  /// The nearest corner along an edge, either way, whose light and dark are exchanged.
  private static func neighbor(
    of seed: Int, along edge: Double, _ points: [SaddlePoint]
  ) -> Int? {
    let own = points[seed]
    var best: (index: Int, distance: Double)?
    for (index, point) in points.enumerated() where index != seed {
      let (dx, dy) = (point.x - own.x, point.y - own.y)
      let distance = (dx * dx + dy * dy).squareRoot()
      guard distance > 3, distance < best?.distance ?? .infinity,
        undirectedAngle(atan2(dy, dx), edge) < 0.17,
        undirectedAngle(point.light, own.light) > .pi / 4
      else { continue }
      best = (index, distance)
    }
    return best?.index
  }

  private mutating func grow() {
    var queue = [Cell(column: 0, row: 0)]
    var place = 0
    while place < queue.count, queue.count < 10_000 {
      let cell = queue[place]
      place += 1
      for direction in Self.directions where corners[cell.next(direction)] == nil {
        guard let found = neighbor(of: cell, towards: direction) else { continue }
        add(found, at: cell.next(direction))
        queue.append(cell.next(direction))
      }
    }
  }

  /// The free corner nearest to where the next one should be.
  private func neighbor(of cell: Cell, towards direction: (Int, Int)) -> Int? {
    guard let index = corners[cell] else { return nil }
    let own = points[index]
    let step = step(from: cell, towards: direction)
    let reach = 0.35 * (step.0 * step.0 + step.1 * step.1).squareRoot()
    var best: (index: Int, distance: Double)?
    for (other, point) in points.enumerated() where !used.contains(other) {
      let (dx, dy) = (point.x - own.x - step.0, point.y - own.y - step.1)
      let distance = (dx * dx + dy * dy).squareRoot()
      guard distance < reach, distance < best?.distance ?? .infinity,
        undirectedAngle(point.light, own.light) > .pi / 4
      else { continue }
      best = (other, distance)
    }
    return best?.index
  }

  /// The step to the next corner, as corners beside this one show it.
  private func step(from cell: Cell, towards direction: (Int, Int)) -> (Double, Double) {
    func between(_ from: Cell, _ to: Cell) -> (Double, Double)? {
      guard let a = corners[from], let b = corners[to] else { return nil }
      return (points[b].x - points[a].x, points[b].y - points[a].y)
    }
    let back = (-direction.0, -direction.1)
    let sideways = (direction.1, direction.0)
    let before = between(cell.next(back), cell)
    for side in [sideways, (-sideways.0, -sideways.1)] {
      let neighbor = cell.next(side)
      if let step = between(neighbor, neighbor.next(direction)) { return step }
    }
    if let before { return before }
    let (axis, sign) =
      direction.0 != 0 ? (steps.x, Double(direction.0)) : (steps.y, Double(direction.1))
    return (sign * axis.0, sign * axis.1)
  }

  /// Extent in columns and rows.
  var extent: (columns: Int, rows: Int) {
    let (columns, rows) = (corners.keys.map(\.column), corners.keys.map(\.row))
    return (
      (columns.max() ?? 0) - (columns.min() ?? 0) + 1, (rows.max() ?? 0) - (rows.min() ?? 0) + 1
    )
  }

  /// A full block of the wanted extent, row by row; nil where there is none.
  func block(columns: Int, rows: Int) -> [SaddlePoint]? {
    let (all, size) = (corners.keys, extent)
    guard size.columns >= columns, size.rows >= rows, let left = all.map(\.column).min(),
      let top = all.map(\.row).min()
    else { return nil }
    for row in top...(top + size.rows - rows) {
      for column in left...(left + size.columns - columns) {
        let indices = (0..<rows * columns).compactMap {
          corners[Cell(column: column + $0 % columns, row: row + $0 / columns)]
        }
        if indices.count == rows * columns { return indices.map { points[$0] } }
      }
    }
    return nil
  }
}
