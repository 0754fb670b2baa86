import Diagnostics

/// Why a board cannot be made.
public struct BoardError: Explained, Equatable {
  public enum Reason: Equatable, Sendable {
    case count(String, found: Int, wanted: ClosedRange<Int>)
    case size(String, found: Double, wanted: ClosedRange<Double>)
    case tags(family: String, last: Int, known: Int)
    case narrowGap(found: Double, wanted: Double)
    case symmetric(columns: Int, rows: Int)
    /// The board with all that stands around it, and the page.
    case doesNotFit(width: Double, height: Double, pageWidth: Double, pageHeight: Double)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .count(let name, let found, let wanted):
      "\(found) \(name), \(wanted.lowerBound) to \(wanted.upperBound) wanted"
    case .size(let name, let found, let wanted):
      "\(name) of \(short(found)) mm, \(short(wanted.lowerBound)) to \(short(wanted.upperBound)) "
        + "mm wanted"
    case .tags(let family, let last, let known):
      "the last tag is number \(last), \(family) has 0 to \(known - 1)"
    case .narrowGap(let found, let wanted):
      "a gap of \(short(found)) mm, \(short(wanted)) mm or more wanted: a tag needs white around it"
    case .symmetric(let columns, let rows):
      "\(columns) × \(rows) squares look the same upside down, one even and one odd count wanted"
    case .doesNotFit(let width, let height, let pageWidth, let pageHeight):
      "board, margins, title and rulers take \(short(width)) × \(short(height)) mm, the page has "
        + "\(short(pageWidth)) × \(short(pageHeight)) mm"
    }
  }

  public var remedy: String? {
    switch reason {
    case .count, .size: nil
    case .tags: "begin with a smaller number or take fewer tags"
    case .narrowGap: "widen the gap or make the tags smaller"
    case .symmetric: "take one row more or less"
    case .doesNotFit: "take fewer or smaller squares, a larger page, or turn it with --landscape"
    }
  }
}

extension CalibrationBoard {
  /// Refuses what cannot be printed or found; `place` is the file or flag it came from.
  public func check(place: String) throws(BoardError) {
    func refuse(_ reason: BoardError.Reason) throws(BoardError) {
      throw BoardError(place, reason)
    }
    let sizes = 1.0...2000.0
    switch self {
    case .tags(let grid):
      for (name, found) in [("columns", grid.columns), ("rows", grid.rows)]
      where !(1...100).contains(found) {
        try refuse(.count(name, found: found, wanted: 1...100))
      }
      guard sizes.contains(grid.tagMillimeters) else {
        return try refuse(.size("tags", found: grid.tagMillimeters, wanted: sizes))
      }
      guard grid.gapMillimeters >= quietMillimeters else {
        return try refuse(.narrowGap(found: grid.gapMillimeters, wanted: quietMillimeters))
      }
      guard grid.gapMillimeters <= sizes.upperBound else {
        return try refuse(.size("gaps", found: grid.gapMillimeters, wanted: sizes))
      }
      guard grid.firstTag >= 0, grid.firstTag <= grid.family.count - grid.count else {
        return try refuse(
          .tags(
            family: grid.family.rawValue,
            last: grid.firstTag.addingReportingOverflow(grid.count - 1).partialValue,
            known: grid.family.count))
      }
    case .chessboard(let board):
      for (name, found) in [("columns", board.columns), ("rows", board.rows)]
      where !(3...100).contains(found) {
        try refuse(.count(name, found: found, wanted: 3...100))
      }
      guard sizes.contains(board.squareMillimeters) else {
        return try refuse(.size("squares", found: board.squareMillimeters, wanted: sizes))
      }
      guard (board.columns + board.rows) % 2 == 1 else {
        return try refuse(.symmetric(columns: board.columns, rows: board.rows))
      }
    }
  }
}
