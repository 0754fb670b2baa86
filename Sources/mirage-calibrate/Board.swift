import CalibrationTargets
import CommandKit
import Diagnostics
import Foundation
import Imaging

/// Writes a board to print, and the file that says what it is.
struct Board: BoardCommand {
  static let name = "board"
  static let summary = "Writes a calibration board of exact size to print: PDF or SVG."
  static let examples = [
    "mirage-calibrate board --out board.pdf",
    "mirage-calibrate board --out large.pdf --page A3 --columns 7 --rows 10 --size 27",
    "mirage-calibrate board --out plate.svg --page 600x400 --columns 14 --rows 9 --size 30",
    "mirage-calibrate board --out chess.pdf --kind chessboard",
  ]

  var board = BoardOptions()
  var out = URL(filePath: "board.pdf")
  var page = BoardPaper.a4
  var isLandscape = false

  static let flags: [Flag<Self>] =
    [
      .value("--out", \.out, "FILE", "Where the page goes; its ending, .pdf or .svg, is the kind"),
      .value("--page", \.page, "PAGE", "The paper: A4, A3, or millimeters as 600x400"),
      .toggle("--landscape", \.isLandscape, "Turn the paper so that it is wider than high"),
    ] + boardFlags

  func run() async throws {
    guard let format = PrintedPage.Format(rawValue: out.pathExtension.lowercased()) else {
      throw Complaint(
        "--out", "'\(out.relativePath)' found, a name that ends in .pdf or .svg wanted")
    }
    let board = try board.board()
    let sheet = try BoardSheet(
      board, on: isLandscape ? page.landscape : page, place: out.relativePath)
    let description = out.deletingPathExtension().appendingPathExtension("json")
    try AtomicFile.write(sheet.file(format), to: out)
    try AtomicFile.write(JSONFile.encode(board), to: description)
    let rulers = sheet.rulerMillimeters
    print(
      """
      \(out.relativePath): \(board.text), \(board.cornerCount) corners, on \(sheet.paper.text)
      \(description.relativePath): says which board it is, for 'intrinsics --board'
      next: print at 100 % ("actual size"), then measure the rulers: \(Int(rulers.across)) mm \
      below and \(Int(rulers.along)) mm at the left. If both are off by the same factor, give the \
      true --size and --gap to 'intrinsics'.
      """)
  }
}
