import CalibrationTargets
import CameraCalibration
import CommandKit
import Commissioning
import Diagnostics
import Foundation
import Units

/// Finds the belt's plane, travel and speed from a board that rides on the belt.
struct Belt: StepCommand, BoardCommand {
  static let name = "belt"
  static let summary = "Finds the belt's plane, travel and speed from a board riding on the belt."
  static let examples = [
    "mirage-calibrate belt --rig line-1 --operator Eva --from Belt --board board.json",
    "mirage-calibrate belt --rig line-1 --operator Eva --from Belt --board board.json "
      + "--left-edge 112,540 --board-thickness 3 --camera-height 850",
  ]

  var options = RigOptions()
  var step = StepOptions()
  var board = BoardOptions()
  var leftEdge: String?
  var thickness = 0.0
  var height: Double?
  var lineDelay: Double?
  var ignoresLens = false
  var limits = BeltPlane.Limits()

  static let flags: [Flag<Self>] =
    stepFlags + [
      .optional("--board", \.board.file, "FILE", "The board, as 'mirage-calibrate board' wrote it")
    ] + boardFlags + [
      .optional(
        "--left-edge", \.leftEdge, "X,Y",
        "A pixel on the belt's left edge, seen along the travel (default: the view's edge)"),
      .value(
        "--board-thickness", \.thickness, "MM", "How far the print lies above the belt",
        in: .from(0, to: 200)),
      .optional(
        "--camera-height", \.height, "MM", "From belt to lens, to account for the thickness"),
      .optional(
        "--line-delay", \.lineDelay, "US",
        "From one row's exposure to the next, by data sheet, where it cannot be measured"),
      .toggle(
        "--ignore-lens", \.ignoresLens,
        "Take pictures as they come, though 'intrinsics' found a lens"),
      .value(
        "--limit-error", \.limits.errorMillimeters, "MM", "Largest error on the belt that passes",
        in: .from(0.001, to: 1000)),
      .value(
        "--limit-speed", \.limits.speedPercent, "PERCENT", "Largest error of the speed that passes",
        in: .from(0.001, to: 100)),
    ]

  func run() async throws {
    for (name, value) in [("--camera-height", height), ("--line-delay", lineDelay)] {
      if let value, value <= 0 { throw Complaint(name, "\(value) found, more than 0 wanted") }
    }
    if let height, height <= thickness {
      throw Complaint(
        "--camera-height", "\(height) mm found, more than the board's \(thickness) mm wanted")
    }
    var settings = BeltStep.Settings(try board.board())
    settings.leftEdge = try leftEdge.map(Self.point)
    settings.boardThicknessMillimeters = thickness
    settings.cameraHeightMillimeters = height
    settings.lineDelayMicroseconds = lineDelay
    if ignoresLens { settings.ignoresLens = true }
    settings.limits = limits
    try finish(BeltStep.self, settings)
  }

  private static func point(_ text: String) throws -> Point<ColorFrame> {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard numbers.count == 2, let x = numbers[0], let y = numbers[1], x.isFinite, y.isFinite else {
      throw Complaint("--left-edge", "'\(text)' found, a pixel as 112,540 wanted")
    }
    return Point(x: x, y: y)
  }
}
