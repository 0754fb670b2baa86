import Foundation
import Imaging
import Units

/// Draws a frame with what was decided at it, and above it the way to the valve bar.
///
/// Pieces move up. Outlines have the color of their class, gray while undecided, red when late; a
/// label has number, class and confidence, the bar under it the slack. In the strip above, each
/// decided piece travels on to the valve bar, where a blast shows as a white flash.
struct FrameDrawing {
  /// Height of the strip from the camera's view to the valve bar.
  static let stripHeight = 120
  /// The slack that fills the bar.
  static let slackMilliseconds = 500.0
  private static let late = Color(220, 30, 30)
  private static let undecided = Color(170, 170, 170)

  let frame: PaintedFrame
  /// Decisions of all pieces that have not passed the valve bar.
  let decisions: [Int: PieceDecision]
  /// Blasts whose air may be on.
  let ejections: [PieceEjection]

  var picture: Picture {
    let camera = frame.frame.picture
    let canvas = Canvas(
      width: camera.width, height: camera.height + Self.stripHeight, color: Color(24, 24, 28))
    drawStrip(on: canvas)
    canvas.draw(drawnCamera(), at: Point(x: 0, y: Double(Self.stripHeight)))
    return canvas.picture
  }

  /// The camera's picture with outlines and labels.
  private func drawnCamera() -> Picture {
    let canvas = Canvas(frame.frame.picture)
    var pieceOfLabel: [UInt16: Int] = [:]
    for shown in frame.shown { pieceOfLabel[shown.blob.label] = shown.piece }
    canvas.outlines(of: frame.labels, width: 2) { label in
      pieceOfLabel[label].map { color(of: decisions[$0]) }
    }
    for shown in frame.shown { drawLabel(of: shown, on: canvas) }
    canvas.write(
      "frame \(frame.frame.sequence)  \(String(format: "%.2f", frame.frame.exposedAt.seconds)) s  "
        + "belt \(Int(frame.frame.beltMillimeters)) mm",
      at: Point(x: 6, y: Double(frame.frame.picture.height) - 7), size: 12, .white,
      background: Color.black.with(opacity: 0.6))
    return canvas.picture
  }

  private func drawLabel(of shown: ShownPiece, on canvas: borrowing Canvas) {
    guard let decision = decisions[shown.piece] else { return }
    let color = color(of: decision)
    let x = Double(shown.blob.columns.lowerBound + shown.blob.columns.upperBound) / 2
    let y = min(Double(shown.blob.rows.upperBound) + 13, Double(canvas.height) - 10)
    let action = decision.action == .eject ? "↑ " : ""
    canvas.write(
      "\(action)\(shown.piece) \(decision.class) \(Int((decision.confidence * 100).rounded())) %",
      at: Point(x: x, y: y), size: 11, color.readable, background: color.with(opacity: 0.85),
      anchor: .center)
    let slack = decision.slackMilliseconds.map { $0 / Self.slackMilliseconds } ?? 1
    canvas.bar(
      Rectangle(x: x - 24, y: y + 4, width: 48, height: 3), share: slack,
      slack < 0.1 ? Self.late : Color(90, 220, 120))
  }

  /// The belt between valve bar and camera, not to scale along the travel.
  private func drawStrip(on canvas: borrowing Canvas) {
    let width = Double(canvas.width)
    let bottom = Double(Self.stripHeight)
    let barY = 18.0
    for decision in decisions.values.sorted(by: { $0.piece < $1.piece }) {
      let bounds = decision.beltMillimeters
      let top = stripY(of: bounds.y, barY: barY, bottom: bottom)
      let end = stripY(of: bounds.y + bounds.height, barY: barY, bottom: bottom)
      guard end > 0, top < bottom else { continue }
      let box = Rectangle<ColorFrame>(
        x: column(bounds.x), y: top, width: bounds.width * frame.pixelsPerMillimeter,
        height: max(2, end - top))
      canvas.fill(box, color(of: decision).with(opacity: decision.action == .eject ? 1 : 0.35))
    }
    canvas.stroke(
      line: [Point(x: 0, y: barY), Point(x: width, y: barY)], Color(240, 240, 240), width: 2)
    canvas.write("valve bar", at: Point(x: 6, y: barY - 5), size: 11, Color(240, 240, 240))
    for ejection in ejections where ejection.opensAt <= flashEnd && ejection.closesAt >= flashStart
    {
      let left = column(ejection.fromMillimeters)
      let blast = Rectangle<ColorFrame>(
        x: left, y: 2, width: column(ejection.toMillimeters) - left, height: barY + 4)
      canvas.fill(blast, Color.white.with(opacity: 0.8))
    }
    drawLegend(on: canvas, below: bottom)
  }

  private func drawLegend(on canvas: borrowing Canvas, below bottom: Double) {
    var x = Double(canvas.width) - 6
    let names = frame.classes.enumerated().map { ($0.element, Color.ofClass($0.offset)) }
    for (name, color) in (names + [(PieceDecision.unknown, Self.undecided)]).reversed() {
      x -= canvas.textWidth(name, size: 10) + 8
      guard x > 60 else { return }
      canvas.write(name, at: Point(x: x, y: 11), size: 10, color)
    }
  }

  /// A blast is much shorter than the time between frames: it shows for half of one to each side.
  private var flashStart: LineInstant { frame.frame.exposedAt.advanced(by: .milliseconds(-25)) }
  private var flashEnd: LineInstant { frame.frame.exposedAt.advanced(by: .milliseconds(25)) }

  /// Where a belt coordinate lies in the strip: the bar at `barY`, the view's edge at `bottom`.
  private func stripY(of y: Double, barY: Double, bottom: Double) -> Double {
    let camera = y - frame.frame.beltMillimeters
    let edge = frame.along.lowerBound
    let share = (camera + frame.barMillimeters) / max(1, edge + frame.barMillimeters)
    return barY + share * (bottom - barY)
  }

  private func column(_ x: Double) -> Double { (x - frame.left) * frame.pixelsPerMillimeter }

  private func color(of decision: PieceDecision?) -> Color {
    guard let decision else { return Self.undecided }
    if decision.isLate { return Self.late }
    return frame.classes.firstIndex(of: decision.class).map { Color.ofClass($0) }
      ?? Self.undecided
  }
}
