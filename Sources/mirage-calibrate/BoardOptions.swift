import CalibrationTargets
import CommandKit
import Diagnostics
import Foundation

/// The kinds of boards.
enum BoardKind: String, CaseIterable, ArgumentValue {
  case tags, chessboard
}

extension TagFamily: ArgumentValue {}

extension BoardPaper: ArgumentValue {
  public static var expectation: String { "A4, A3, or millimeters as 600x400" }
  public var argumentText: String { text }
  public init?(argument: String) { self.init(argument) }
}

/// Which board a command is about: a file of `mirage-calibrate board`, or its parameters.
struct BoardOptions: Sendable {
  var file: URL?
  var kind: BoardKind?
  var columns: Int?
  var rows: Int?
  var size: Double?
  var gap: Double?
  var family: TagFamily?
  var firstTag: Int?

  /// The board, checked.
  ///
  /// - Throws: a `Complaint` where parameters do not go with the kind of board, a `BoardError`
  ///   where there is no such board.
  func board() throws -> CalibrationBoard {
    var board = CalibrationBoard.tags(TagGrid())
    var place = "board"
    if let file {
      board = try JSONFile.read(CalibrationBoard.self, at: file)
      place = file.relativePath
    }
    switch (kind, board) {
    case (.chessboard, .tags) where file == nil: board = .chessboard(Chessboard())
    case (.chessboard, .tags), (.tags, .chessboard):
      throw Complaint(
        "--kind", "the board of \(place) is of another kind", remedy: "leave --kind out")
    default: break
    }
    board = try changed(board)
    try board.check(place: place)
    return board
  }

  private func changed(_ board: CalibrationBoard) throws -> CalibrationBoard {
    switch board {
    case .tags(var grid):
      grid.columns = columns ?? grid.columns
      grid.rows = rows ?? grid.rows
      grid.tagMillimeters = size ?? grid.tagMillimeters
      // A quarter, as in the default board, unless it was said.
      grid.gapMillimeters = gap ?? (size == nil ? grid.gapMillimeters : grid.tagMillimeters / 4)
      grid.family = family ?? grid.family
      grid.firstTag = firstTag ?? grid.firstTag
      return .tags(grid)
    case .chessboard(var chessboard):
      guard gap == nil, family == nil, firstTag == nil else {
        throw Complaint(
          "--gap, --family and --first-tag", "found for a chessboard, which has none",
          remedy: "leave them out, or take --kind tags")
      }
      chessboard.columns = columns ?? chessboard.columns
      chessboard.rows = rows ?? chessboard.rows
      chessboard.squareMillimeters = size ?? chessboard.squareMillimeters
      return .chessboard(chessboard)
    }
  }
}

/// A command about one board.
protocol BoardCommand: Command {
  var board: BoardOptions { get set }
}

extension BoardCommand {
  static var boardFlags: [Flag<Self>] {
    [
      .optional("--kind", \.board.kind, "KIND", "AprilTags or a chessboard (default: tags)"),
      .optional("--columns", \.board.columns, "N", "Tags, or squares, across (default: 5, 7)"),
      .optional("--rows", \.board.rows, "N", "Tags, or squares, down (default: 7, 10)"),
      .optional(
        "--size", \.board.size, "MM",
        "Side of a tag's black square, or of a chessboard's square (default: 24, 22)"),
      .optional("--gap", \.board.gap, "MM", "White between tags (default: a quarter of --size)"),
      .optional("--family", \.board.family, "FAMILY", "Family of the tags (default: tag36h11)"),
      .optional("--first-tag", \.board.firstTag, "N", "Number of the first tag (default: 0)"),
    ]
  }
}
