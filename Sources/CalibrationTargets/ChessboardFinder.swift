import CameraCalibration
import Foundation
import Units

/// Finds a whole chessboard: corners, put into a grid, numbered by the black square in the upper
/// left, then measured in the full picture.
struct ChessboardFinder {
  let board: Chessboard

  private static let seeds = 40

  init(_ board: Chessboard) { self.board = board }

  /// All corners of the board in a picture; `name` is the picture's, for messages.
  func corners(in gray: GrayPicture, named name: String) throws(ViewRefusal) -> FoundCorners {
    var level = gray
    var scale = 1.0
    var best: (columns: Int, rows: Int) = (0, 0)
    while min(level.width, level.height) >= 60 {
      let points = SaddlePoints.find(in: level)
      switch block(among: points) {
      case .found(let block):
        let full = block.map { point in
          var point = point
          point.x = (point.x + 0.5) * scale - 0.5
          point.y = (point.y + 0.5) * scale - 0.5
          return point
        }
        if let found = measured(full, in: gray) { return found }
      case .extent(let columns, let rows):
        if columns * rows > best.columns * best.rows { best = (columns, rows) }
      }
      (level, scale) = (level.halved, scale * 2)
    }
    guard best.columns >= 3, best.rows >= 3 else { throw ViewRefusal(name, .noBoard) }
    throw ViewRefusal(
      name,
      .cut(
        columns: max(best.columns, best.rows), rows: min(best.columns, best.rows),
        wantedColumns: max(board.cornerColumns, board.cornerRows),
        wantedRows: min(board.cornerColumns, board.cornerRows)))
  }

  private enum Growth {
    case found([SaddlePoint])
    case extent(columns: Int, rows: Int)
  }

  /// Grows grids until one holds the board; else the extent of the largest.
  private func block(among points: [SaddlePoint]) -> Growth {
    var tried: Set<Int> = []
    var best: (columns: Int, rows: Int, count: Int) = (0, 0, 0)
    for seed in points.indices where !tried.contains(seed) {
      guard tried.count < Self.seeds * 10, let grid = SaddleGrid(from: seed, among: points) else {
        tried.insert(seed)
        continue
      }
      tried.insert(seed)
      tried.formUnion(grid.corners.values)
      if let block = numbered(grid) { return .found(block) }
      if grid.corners.count > best.count {
        best = (grid.extent.columns, grid.extent.rows, grid.corners.count)
      }
    }
    return .extent(columns: best.columns, rows: best.rows)
  }

  /// The corners in the board's own order, whichever way the grid grew.
  private func numbered(_ grid: SaddleGrid) -> [SaddlePoint]? {
    let (columns, rows) = (board.cornerColumns, board.cornerRows)
    var ways: [[SaddlePoint]] = []
    if let block = grid.block(columns: columns, rows: rows) {
      ways += [block, Array(block.reversed()), mirrored(block, columns)]
      ways.append(Array(mirrored(block, columns).reversed()))
    }
    if let block = grid.block(columns: rows, rows: columns) {
      // Turned: rows of the block are columns of the board.
      let turned = (0..<columns * rows).map { block[$0 % columns * rows + $0 / columns] }
      ways += [turned, Array(turned.reversed()), mirrored(turned, columns)]
      ways.append(Array(mirrored(turned, columns).reversed()))
    }
    return ways.first { isUpright($0) }
  }

  private func mirrored(_ block: [SaddlePoint], _ columns: Int) -> [SaddlePoint] {
    block.indices.map { block[$0 / columns * columns + columns - 1 - $0 % columns] }
  }

  /// Columns to the right and rows down make no mirror image, and the first square is black.
  private func isUpright(_ corners: [SaddlePoint]) -> Bool {
    let (first, right, down) = (corners[0], corners[1], corners[board.cornerColumns])
    let (ux, uy) = (right.x - first.x, right.y - first.y)
    let (vx, vy) = (down.x - first.x, down.y - first.y)
    guard ux * vy - uy * vx > 0 else { return false }
    // The black square lies before the corner both ways; light lies across.
    return undirectedAngle(first.light, atan2(uy + vy, ux + vx))
      > undirectedAngle(first.light, atan2(vy - uy, vx - ux))
  }

  private func measured(_ block: [SaddlePoint], in gray: GrayPicture) -> FoundCorners? {
    var found = FoundCorners()
    let columns = board.cornerColumns
    for (number, corner) in block.enumerated() {
      let neighbors = [
        number % columns > 0 ? number - 1 : number + 1,
        number >= columns ? number - columns : number + columns,
      ].map { block[$0] }
      let spacing = neighbors.map { hypot($0.x - corner.x, $0.y - corner.y) }.min() ?? 0
      let radius = max(3, min(8, Int(0.42 * spacing)))
      guard
        let fit = SaddleFit(
          in: gray, near: Point(x: corner.x, y: corner.y), angles: corner.edges, radius: radius)
      else { return nil }
      found.corners.append(
        BoardCorner(
          number: number, board: CalibrationBoard.chessboard(board).corner(number),
          picture: fit.point, deviation: fit.deviation))
      found.blurs.append(fit.blur)
      found.contrasts.append(fit.contrast)
    }
    return found
  }
}
