import CameraCalibration
import Foundation
import Imaging
import TestSupport
import Testing
import Units

@testable import CalibrationTargets

@Suite("Board sheets")
struct BoardSheetTests {
  static let boards = [CalibrationBoard.tags(TagGrid()), .chessboard(Chessboard())]

  @Test("a PDF says the paper's size in points, to a hundredth", arguments: boards)
  func pageSize(board: CalibrationBoard) throws {
    for paper in [BoardPaper.a4, .a3, try #require(BoardPaper("333x444.5"))] {
      let bytes = try BoardSheet(board, on: paper, place: "board").file(.pdf)
      let text = String(decoding: bytes, as: Unicode.ASCII.self)
      let match = try #require(text.firstMatch(of: /\/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]/))
      expectClose(try #require(Double(match.1)), paper.widthMillimeters / 25.4 * 72, absolute: 0.01)
      expectClose(
        try #require(Double(match.2)), paper.heightMillimeters / 25.4 * 72, absolute: 0.01)
    }
  }

  @Test("an SVG says its size in millimeters and draws in them", arguments: boards)
  func drawing(board: CalibrationBoard) throws {
    let sheet = try BoardSheet(board, on: .a4, place: "board")
    let text = String(decoding: sheet.file(.svg), as: UTF8.self)
    let size = try #require(
      text.firstMatch(of: /width="([\d.]+)mm" height="([\d.]+)mm" viewBox="0 0 ([\d.]+) ([\d.]+)"/))
    expectClose(
      [size.1, size.2, size.3, size.4].map { Double($0) ?? 0 }, [210, 297, 210, 297], absolute: 1e-6
    )
    // The widest path is the board (others are letters and marks of rulers): its extremes are
    // those of the black.
    let paths = text.matches(of: /d="(M [^"]+)"/).map { match in
      let numbers = match.1.split(separator: " ").compactMap { Double($0) }
      return stride(from: 0, to: numbers.count - 1, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
    }
    func width(_ points: [(Double, Double)]) -> Double {
      (points.map(\.0).max() ?? 0) - (points.map(\.0).min() ?? 0)
    }
    let points = try #require(paths.max { width($0) < width($1) })
    let (black, origin) = (board.black, sheet.origin)
    expectClose(
      [
        points.map(\.0).min() ?? 0, points.map(\.0).max() ?? 0, points.map(\.1).min() ?? 0,
        points.map(\.1).max() ?? 0,
      ],
      [
        origin.x + black.x, origin.x + black.x + black.width, origin.y + black.y,
        origin.y + black.y + black.height,
      ], absolute: 0.002)
  }

  @Test("all that stands on the page lies within its margins", arguments: boards)
  func margins(board: CalibrationBoard) throws {
    for paper in [BoardPaper.a4, .a3, .a3.landscape] {
      let sheet = try BoardSheet(board, on: paper, place: "board")
      let (black, quiet) = (board.black, board.quietMillimeters)
      let left = sheet.origin.x + black.x - quiet - BoardSheet.rulerWidth
      let top = sheet.origin.y + black.y - quiet - BoardSheet.titleHeight
      let bottom = sheet.origin.y + black.y + black.height + quiet + BoardSheet.rulerHeight
      #expect(left >= 7.99 && top >= 7.99 && bottom <= paper.heightMillimeters - 7.99)
      #expect(sheet.rulerMillimeters.across <= black.width)
      #expect(sheet.rulerMillimeters.along <= black.height)
    }
  }

  @Test("what cannot be is refused with its numbers and the remedy")
  func refusals() throws {
    func problem(_ board: CalibrationBoard, _ paper: BoardPaper = .a4) -> String {
      do {
        _ = try BoardSheet(board, on: paper, place: "board")
        return "accepted"
      } catch { return "\(error)" }
    }
    var grid = TagGrid()
    grid.columns = 9
    #expect(
      problem(.tags(grid)) == """
        board: board, margins, title and rulers take 297 × 256 mm, the page has 210 × 297 mm
          help: take fewer or smaller squares, a larger page, or turn it with --landscape
        """)
    grid = TagGrid()
    grid.gapMillimeters = 1
    #expect(
      problem(.tags(grid)) == """
        board: a gap of 1 mm, 3 mm or more wanted: a tag needs white around it
          help: widen the gap or make the tags smaller
        """)
    grid = TagGrid()
    grid.firstTag = 580
    #expect(
      problem(.tags(grid)) == """
        board: the last tag is number 614, tag36h11 has 0 to 586
          help: begin with a smaller number or take fewer tags
        """)
    var chessboard = Chessboard()
    chessboard.rows = 9
    #expect(
      problem(.chessboard(chessboard)) == """
        board: 7 × 9 squares look the same upside down, one even and one odd count wanted
          help: take one row more or less
        """)
    chessboard.rows = 0
    #expect(problem(.chessboard(chessboard)) == "board: 0 rows, 3 to 100 wanted")
    chessboard = Chessboard()
    chessboard.squareMillimeters = .nan
    #expect(problem(.chessboard(chessboard)) == "board: squares of nan mm, 1 to 2000 mm wanted")
  }

  @Test(
    "paper is named or given in millimeters",
    arguments: [
      ("a4", "A4"), ("A3", "A3"), ("420x297", "A3 landscape"), ("600x400.5", "600 × 400.5 mm"),
      ("A5", nil), ("0x10", nil), ("x", nil), ("1e9x4", nil), ("", nil),
    ])
  func paper(text: String, wanted: String?) {
    #expect(BoardPaper(text)?.text == wanted)
  }

  @Test("a tag is black around and has its own pattern inside", arguments: TagFamily.allCases)
  func modules(family: TagFamily) {
    let side = family.side
    var seen: Set<[Bool]> = []
    for tag in [0, 1, family.count - 1] {
      let modules = family.modules(of: tag)
      #expect(modules.count == side * side)
      for place in 0..<side {
        for border in [place, side * (side - 1) + place, side * place, side * place + side - 1] {
          #expect(modules[border])
        }
      }
      seen.insert(modules)
    }
    #expect(seen.count == 3)
  }
}
