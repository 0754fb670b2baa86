import CameraCalibration
import Units

/// A grid of AprilTags with white between them.
///
/// Any part of it is enough: each tag says which one it is.
public struct TagGrid: Codable, Equatable, Sendable {
  public var family = TagFamily.tag36h11
  /// Number of the tag in the upper left; the others follow row by row.
  public var firstTag = 0
  public var columns = 5
  public var rows = 7
  /// Side of a tag's black square.
  public var tagMillimeters = 24.0
  /// White between two black squares.
  public var gapMillimeters = 6.0

  public init() {}

  /// From one tag to the next.
  public var pitchMillimeters: Double { tagMillimeters + gapMillimeters }
  public var count: Int { columns * rows }
  public var tags: Range<Int> { firstTag..<firstTag + count }

  /// The black square of the tag at `index`, 0 in the upper left.
  public func square(_ index: Int) -> Rectangle<BoardFrame> {
    Rectangle(
      x: Double(index % columns) * pitchMillimeters, y: Double(index / columns) * pitchMillimeters,
      width: tagMillimeters, height: tagMillimeters)
  }
}

/// A chessboard, counted in squares; its corners are where four squares meet.
///
/// One of its counts is even and the other odd, so that it looks different upside down.
public struct Chessboard: Codable, Equatable, Sendable {
  public var columns = 7
  public var rows = 10
  public var squareMillimeters = 22.0

  public init() {}

  public var cornerColumns: Int { columns - 1 }
  public var cornerRows: Int { rows - 1 }
}

/// What is printed for a camera to look at; sizes are those of the print.
public enum CalibrationBoard: Codable, Equatable, Sendable {
  case tags(TagGrid)
  case chessboard(Chessboard)

  /// How many corners a view of the whole board has.
  public var cornerCount: Int {
    switch self {
    case .tags(let grid): 4 * grid.count
    case .chessboard(let board): board.cornerColumns * board.cornerRows
    }
  }

  /// Where a corner is on the board: 0 in the upper left, then row by row; of a tag its upper left
  /// corner, then clockwise.
  public func corner(_ number: Int) -> Point<BoardFrame> {
    precondition(
      (0..<cornerCount).contains(number), "corner \(number), 0 to \(cornerCount - 1) wanted")
    switch self {
    case .tags(let grid):
      let square = grid.square(number / 4)
      let place = number % 4
      return Point(
        x: square.x + (place == 1 || place == 2 ? square.width : 0),
        y: square.y + (place >= 2 ? square.height : 0))
    case .chessboard(let board):
      return Point(
        x: Double(number % board.cornerColumns) * board.squareMillimeters,
        y: Double(number / board.cornerColumns) * board.squareMillimeters)
    }
  }

  /// Extent of all corners.
  public var corners: Rectangle<BoardFrame> {
    let last = corner(cornerCount - 1)
    switch self {
    case .tags(let grid):
      return Rectangle(
        x: 0, y: 0, width: Double(grid.columns) * grid.pitchMillimeters - grid.gapMillimeters,
        height: Double(grid.rows) * grid.pitchMillimeters - grid.gapMillimeters)
    case .chessboard: return Rectangle(x: 0, y: 0, width: last.x, height: last.y)
    }
  }

  /// Extent of all that is black.
  public var black: Rectangle<BoardFrame> {
    var extent = corners
    if case .chessboard(let board) = self {
      let side = board.squareMillimeters
      extent.x -= side
      extent.y -= side
      extent.width += 2 * side
      extent.height += 2 * side
    }
    return extent
  }

  /// White that a detector needs around the black.
  public var quietMillimeters: Double {
    switch self {
    case .tags(let grid): grid.tagMillimeters / Double(grid.family.side)
    case .chessboard(let board): board.squareMillimeters / 4
    }
  }

  /// The black squares and modules; side by side in a row they are one rectangle.
  public var blackRectangles: [Rectangle<BoardFrame>] {
    switch self {
    case .tags(let grid): grid.blackRectangles
    case .chessboard(let board): board.blackRectangles
    }
  }

  /// One line that says all of it: `5 × 7 tags of tag36h11 from 0, 24 mm, gap 6 mm`.
  public var text: String {
    switch self {
    case .tags(let grid):
      "\(grid.columns) × \(grid.rows) tags of \(grid.family.rawValue) from \(grid.firstTag), "
        + "\(short(grid.tagMillimeters)) mm, gap \(short(grid.gapMillimeters)) mm"
    case .chessboard(let board):
      "chessboard of \(board.columns) × \(board.rows) squares, \(short(board.squareMillimeters)) mm"
    }
  }
}

extension TagGrid {
  var blackRectangles: [Rectangle<BoardFrame>] {
    let side = family.side
    let module = tagMillimeters / Double(side)
    let library = TagLibrary(family)
    return (0..<count).flatMap { index in
      let square = square(index)
      let modules = library.modules(of: firstTag + index)
      return (0..<side).flatMap { row in
        runs(in: modules[row * side..<(row + 1) * side]).map { run in
          Rectangle<BoardFrame>(
            x: square.x + Double(run.lowerBound) * module, y: square.y + Double(row) * module,
            width: Double(run.count) * module, height: module)
        }
      }
    }
  }

  /// Where black modules lie side by side.
  private func runs(in row: ArraySlice<Bool>) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for (place, isBlack) in row.enumerated() where isBlack {
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    return runs
  }
}

extension Chessboard {
  /// The square in the upper left is black.
  var blackRectangles: [Rectangle<BoardFrame>] {
    (0..<rows * columns).filter { ($0 / columns + $0 % columns) % 2 == 0 }.map { index in
      Rectangle(
        x: Double(index % columns - 1) * squareMillimeters,
        y: Double(index / columns - 1) * squareMillimeters, width: squareMillimeters,
        height: squareMillimeters)
    }
  }
}

/// A number without needless zeros.
func short(_ number: Double) -> String {
  let rounded = (number * 1000).rounded() / 1000
  return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
}
