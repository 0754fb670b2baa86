import CameraCalibration
import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Which camera's light is measured.
enum RadiometryOf: String, CaseIterable, ArgumentValue {
  case spectral
  case color
}

/// Measures dark, white and colors, from recordings or live.
struct Radiometry: StepCommand {
  static let name = "radiometry"
  static let summary =
    "Measures dark, white, noise and linearity of the hyperspectral camera, or flat field and"
    + " colors of the RGB camera."
  static let examples = [
    "mirage-calibrate radiometry --rig line-1 --operator Eva --from Monday/radiometry",
    "mirage-calibrate radiometry --rig line-1 --operator Eva --from Monday/radiometry"
      + " --tile tile.json5",
    "mirage-calibrate radiometry --rig line-1 --operator Eva --from New"
      + " --camera tcp://192.168.1.20:5577 --integration-ms 8",
    "mirage-calibrate radiometry --of color --rig line-1 --operator Eva"
      + " --from Monday/color-radiometry",
    "mirage-calibrate radiometry --of color --rig line-1 --operator Eva --from New --camera any",
  ]

  var options = RigOptions()
  var step = StepOptions()
  var of = RadiometryOf.spectral
  var tile: URL?
  var integrationMilliseconds: Double?
  var fullScale: Double?
  var corners: String?
  var camera: String?
  var ageDays: Double?

  static let flags: [Flag<Self>] =
    stepFlags + [
      .value("--of", \.of, "CAMERA", "Whose light: dark*.hdr and white*.hdr, or pictures"),
      .optional(
        "--tile", \.tile, "FILE",
        "The white tile's certificate as JSON (default: tile.json5 among the recordings)"),
      .optional(
        "--integration-ms", \.integrationMilliseconds, "MS",
        "Integration time of dark and white, where their headers do not tell"),
      .optional(
        "--full-scale", \.fullScale, "COUNTS", "The detector's end, where headers do not tell"),
      .optional(
        "--corners", \.corners, "X,Y,...",
        "The chart's four corners, clockwise from dark skin (default: found)"),
      .optional(
        "--camera", \.camera, "NAME",
        "Record into the empty folder --from first: a source of lines, or a V4L2 camera"),
      .optional(
        "--age-limit", \.ageDays, "DAYS", "References older than this fail (default: 7 and 364)"),
    ]

  func run() async throws {
    switch of {
    case .spectral:
      if let camera {
        try LiveLines(camera: camera).record(
          [
            (.dark, "close the shutter or cover the lens"),
            (.white, "lay the white tile below the camera, lamps on"),
          ], into: step.recordings)
      }
      var settings = RadiometryStep.Settings()
      settings.integrationMilliseconds = integrationMilliseconds
      settings.fullScale = fullScale
      settings.tile = try tile.map(RadiometryStep.readTile)
      if let ageDays { settings.limits.ageDays = ageDays }
      try finish(RadiometryStep.self, settings)
    case .color:
      if let camera {
        try await LivePictures(camera: camera).take(
          [
            ("black", "cover the lens"), ("flat", "fill the view with an even gray sheet"),
            ("chart", "lay the 24-patch chart where the belt is"),
          ], into: step.recordings)
      }
      var settings = ColorRadiometryStep.Settings()
      settings.chartCorners = try corners.map(Self.numbers)
      if let ageDays { settings.limits.ageDays = ageDays / 52 }
      try finish(ColorRadiometryStep.self, settings)
    }
  }

  private static func numbers(_ text: String) throws -> [Double] {
    let numbers = text.split(separator: ",").compactMap {
      Double($0.trimmingCharacters(in: .whitespaces))
    }
    guard numbers.count == 8 else {
      throw Complaint(
        "--corners", "'\(text)' has \(numbers.count) numbers, 8 were wanted",
        remedy: "write x and y of four corners with commas between, clockwise from dark skin")
    }
    return numbers
  }
}
