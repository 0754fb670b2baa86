import CalibrationTargets
import CameraCalibration
import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Estimates the RGB camera's lens from pictures of a board, taken live or before.
struct Intrinsics: StepCommand, BoardCommand {
  static let name = "intrinsics"
  static let summary = "Estimates the RGB camera's lens from pictures of a board."
  static let examples = [
    "mirage-calibrate intrinsics --rig line-1 --operator Eva --from Pictures --board board.json",
    "mirage-calibrate intrinsics --rig line-1 --operator Eva --from Pictures --camera any",
    "mirage-calibrate intrinsics --rig line-1 --operator Eva --from Pictures --distance 600 "
      + "--focal-length 8 --pixel-size 3.45",
  ]

  var options = RigOptions()
  var step = StepOptions()
  var board = BoardOptions()
  var camera = LiveOptions()
  var lens = LensSettings()
  var limits = LensLimits()
  var sighting = SightingLimits()

  static let flags: [Flag<Self>] =
    stepFlags + [
      .optional(
        "--camera", \.camera.name, "NAME",
        "Take pictures into --from first: 'any', serial, 046d:0825, link, node or name"),
      .value(
        "--views", \.camera.goals.views, "N", "How many pictures to take", in: .from(3, to: 500)),
      .optional("--width", \.camera.width, "N", "Width of the camera's pictures"),
      .optional("--height", \.camera.height, "N", "Height of the camera's pictures"),
      .optional("--exposure", \.camera.exposure, "MS", "Exposure time, fixed"),
      .optional("--board", \.board.file, "FILE", "The board, as 'mirage-calibrate board' wrote it"),
    ] + boardFlags + [
      .optional(
        "--distance", \.lens.distanceMillimeters, "MM",
        "From lens to board by tape measure, to notice a wrong board"),
      .optional(
        "--focal-length", \.lens.focalMillimeters, "MM", "Of the lens, as engraved on it"),
      .optional("--pixel-size", \.lens.pixelMicrometers, "UM", "Of the sensor, by data sheet"),
      .value(
        "--limit-residual", \.limits.residualPixels, "PX", "Largest residual that passes",
        in: .from(0.01, to: 100)),
      .value(
        "--limit-belt", \.limits.beltMillimeters, "MM",
        "Largest effect of the lens's uncertainty on the belt that passes",
        in: .from(0.001, to: 1000)),
      .value(
        "--limit-blur", \.sighting.blur, "PX", "Pictures blurred more than this are left out",
        in: .from(0.5, to: 50)),
    ]

  func run() async throws {
    for (name, value) in [
      ("--distance", lens.distanceMillimeters), ("--focal-length", lens.focalMillimeters),
      ("--pixel-size", lens.pixelMicrometers),
    ] {
      if let value, value <= 0 { throw Complaint(name, "\(value) found, more than 0 wanted") }
    }
    Interruption.install()
    var settings = IntrinsicsStep.Settings(board: try board.board())
    (settings.lens, settings.limits, settings.sighting) = (lens, limits, sighting)
    if camera.name != nil {
      try await camera.take(settings.board, into: step.recordings)
      try Interruption.check(
        saved: "the pictures taken so far are in \(step.recordings.relativePath); run it again to "
          + "go on")
    }
    try finish(IntrinsicsStep.self, settings)
  }
}
