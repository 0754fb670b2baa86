import Units

/// Many pictures on one, in rows, each with a caption.
public struct ContactSheet: Sendable {
  /// Pictures in a row.
  public var columns = 4
  /// The room for each picture in pixels; larger pictures are shrunk to fit, none is enlarged.
  public var cellWidth = 200
  public var cellHeight = 150
  public var background = Color(24, 24, 24)
  public var textColor = Color.white

  public init() {}

  private static let gap = 8
  private static let captionSize = 12.0
  private static let captionHeight = 18

  /// At least one picture; an empty caption leaves its line empty.
  public func picture(of entries: [(picture: Picture, caption: String)]) -> Picture {
    precondition(!entries.isEmpty && columns > 0, "contact sheet: no pictures, 1 or more wanted")
    let (gap, captionHeight) = (Self.gap, Self.captionHeight)
    let across = min(columns, entries.count)
    let rows = (entries.count + across - 1) / across
    let (stepX, stepY) = (cellWidth + gap, cellHeight + captionHeight + gap)
    let canvas = Canvas(
      width: across * stepX + gap, height: rows * stepY + gap, color: background)
    for (index, entry) in entries.enumerated() {
      let left = gap + index % across * stepX
      let top = gap + index / across * stepY
      let small = entry.picture.fitted(width: cellWidth, height: cellHeight)
      canvas.draw(
        small,
        at: Point(
          x: Double(left + (cellWidth - small.width) / 2),
          y: Double(top + (cellHeight - small.height) / 2)))
      canvas.write(
        fitting(entry.caption, canvas),
        at: Point(
          x: Double(left) + Double(cellWidth) / 2,
          y: Double(top + cellHeight + captionHeight - 4)),
        size: Self.captionSize, textColor, anchor: .center)
    }
    return canvas.picture
  }

  /// The caption, cut where it is wider than its cell.
  private func fitting(_ caption: String, _ canvas: borrowing Canvas) -> String {
    var text = caption
    while !text.isEmpty,
      canvas.textWidth(text, size: Self.captionSize) > Double(cellWidth)
    {
      text = String(text.dropLast(text.hasSuffix("…") ? 2 : 1)) + "…"
      if text == "…" { return "" }
    }
    return text
  }
}
