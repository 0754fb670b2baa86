import CalibrationTargets
import CameraCalibration
import CommandKit
import Commissioning
import Foundation

/// Finds where the hyperspectral camera looks, relative to the RGB camera.
struct RegistrationCommand: StepCommand, BoardCommand {
  static let name = "registration"
  static let summary = "Registers the hyperspectral camera to the RGB camera, with an error in mm."
  static let examples = [
    "mirage-calibrate registration --rig line-1 --operator Eva --from Pairs --board board.json",
    "mirage-calibrate registration --rig line-1 --operator Eva --from Pairs --board board.json "
      + "--targets-only --limit-error 1",
  ]

  var options = RigOptions()
  var step = StepOptions()
  var board = BoardOptions()
  var usesTargetsOnly = false
  var limits = CubeRegistration.Limits()

  static let flags: [Flag<Self>] =
    stepFlags + [
      .optional("--board", \.board.file, "FILE", "The board, as 'mirage-calibrate board' wrote it")
    ] + boardFlags + [
      .toggle("--targets-only", \.usesTargetsOnly, "Do not refine on scenes"),
      .value(
        "--limit-error", \.limits.errorMillimeters, "MM",
        "Largest error of laying a cube on a picture that passes", in: .from(0.001, to: 1000)),
      .value(
        "--limit-keystone", \.limits.keystonePixels, "SAMPLES",
        "Largest shift of a band that is not warned of", in: .from(0.001, to: 100)),
    ]

  func run() async throws {
    var settings = RegistrationStep.Settings(try board.board())
    settings.refines = !usesTargetsOnly
    settings.limits = limits
    try finish(RegistrationStep.self, settings)
  }
}
