import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Units

/// A board laid out on paper: title, board, two rulers and how to check the print.
///
/// There are two rulers because printers stretch one way more than the other.
public struct BoardSheet: Sendable {
  public let board: CalibrationBoard
  public let paper: BoardPaper
  /// Where the board's first corner is on the page.
  public let origin: Point<PageFrame>
  /// Lengths of the rulers below and to the left of the board.
  public let rulerMillimeters: (across: Double, along: Double)

  /// White at the edges of the paper, where printers do not print.
  static let margin = 8.0
  static let titleHeight = 14.0
  static let rulerHeight = 16.0
  static let rulerWidth = 11.0

  /// Lays out `board`; `place` is the file or flag it came from.
  ///
  /// - Throws: a `BoardError` where the board cannot be, or does not fit on the paper.
  public init(_ board: CalibrationBoard, on paper: BoardPaper, place: String) throws(BoardError) {
    try board.check(place: place)
    self.board = board
    self.paper = paper
    let (black, quiet) = (board.black, board.quietMillimeters)
    let width = black.width + 2 * quiet + Self.rulerWidth + 2 * Self.margin
    let height = black.height + 2 * quiet + Self.titleHeight + Self.rulerHeight + 2 * Self.margin
    guard width <= paper.widthMillimeters + 1e-9, height <= paper.heightMillimeters + 1e-9 else {
      throw BoardError(
        place,
        .doesNotFit(
          width: width, height: height, pageWidth: paper.widthMillimeters,
          pageHeight: paper.heightMillimeters))
    }
    // The room that is left is shared between both sides; the ruler counts as part of the board.
    let left = (paper.widthMillimeters - width) / 2 + Self.margin + Self.rulerWidth + quiet
    let top = (paper.heightMillimeters - height) / 2 + Self.margin + Self.titleHeight + quiet
    origin = Point(x: left - black.x, y: top - black.y)
    rulerMillimeters = (
      across: Self.rulerLength(upTo: black.width), along: Self.rulerLength(upTo: black.height)
    )
  }

  /// Where a point of the board is on the page.
  public func place(of point: Point<BoardFrame>) -> Point<PageFrame> {
    Point(x: origin.x + point.x, y: origin.y + point.y)
  }

  /// The file's bytes.
  public func file(_ format: PrintedPage.Format) -> Data {
    let page = PrintedPage(
      widthMillimeters: paper.widthMillimeters, heightMillimeters: paper.heightMillimeters,
      format: format, title: "Mirage calibration board: \(board.text)")
    page.fill(
      board.blackRectangles.map {
        Rectangle(x: origin.x + $0.x, y: origin.y + $0.y, width: $0.width, height: $0.height)
      })
    writeTitle(on: page)
    drawRulers(on: page)
    return page.finish()
  }

  /// Whole centimeters, 200 mm at most: longer rulers hang over the edge of a person's own.
  private static func rulerLength(upTo length: Double) -> Double {
    max(10, min(200, (length / 10).rounded(.down) * 10))
  }

  private func writeTitle(on page: PrintedPage) {
    let black = board.black
    let left = origin.x + black.x
    let base = origin.y + black.y - board.quietMillimeters
    Self.write(
      "\(board.text)  ·  \(paper.text)  ·  this side up ↑", on: page,
      at: Point(x: left, y: base - 8.5), size: 4, room: black.width)
    Self.write(
      "Print at 100 % (\"actual size\"), glue it flat on something stiff, matt side up. Then "
        + "measure both rulers.", on: page, at: Point(x: left, y: base - 3.5), size: 3,
      room: black.width)
  }

  /// Text that is made smaller where there is not enough room.
  private static func write(
    _ text: String, on page: PrintedPage, at point: Point<PageFrame>, size: Double,
    room: Double
  ) {
    let width = page.textWidth(text, sizeMillimeters: size)
    page.write(text, at: point, sizeMillimeters: size * min(1, room / width))
  }

  private func drawRulers(on page: PrintedPage) {
    let (black, quiet) = (board.black, board.quietMillimeters)
    let left = origin.x + black.x
    let bottom = origin.y + black.y + black.height
    let below = bottom + quiet + 2
    let beside = left - quiet - 2
    for millimeter in 0...Int(rulerMillimeters.across) {
      let x = left + Double(millimeter)
      let length = Self.tick(millimeter)
      page.stroke(
        from: Point(x: x, y: below), to: Point(x: x, y: below + length), widthMillimeters: 0.12)
      if millimeter % 10 == 0 {
        let text = "\(millimeter)"
        let width = page.textWidth(text, sizeMillimeters: 2.6)
        page.write(text, at: Point(x: x - width / 2, y: below + 7.2), sizeMillimeters: 2.6)
      }
    }
    for millimeter in 0...Int(rulerMillimeters.along) {
      let y = bottom - Double(millimeter)
      let length = Self.tick(millimeter)
      page.stroke(
        from: Point(x: beside, y: y), to: Point(x: beside - length, y: y), widthMillimeters: 0.12)
      if millimeter % 10 == 0 {
        let text = "\(millimeter)"
        let width = page.textWidth(text, sizeMillimeters: 2.6)
        page.write(
          text, at: Point(x: beside - 5.2, y: y + width / 2), sizeMillimeters: 2.6,
          direction: .upward)
      }
    }
    let (across, along) = (short(rulerMillimeters.across), short(rulerMillimeters.along))
    Self.write(
      "Check: 0 to \(across) below and 0 to \(along) at the left are exactly \(across) and "
        + "\(along) mm. If both are off by the same factor, multiply the sizes above by it; if "
        + "they differ, print again.", on: page, at: Point(x: left, y: below + 12), size: 3,
      room: black.width)
  }

  private static func tick(_ millimeter: Int) -> Double {
    millimeter % 10 == 0 ? 4.5 : millimeter % 5 == 0 ? 3.2 : 2
  }
}
