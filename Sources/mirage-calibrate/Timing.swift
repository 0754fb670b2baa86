import CameraCalibration
import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Finds when and where the valves blow, from shots at a disc.
struct Timing: StepCommand {
  static let name = "timing"
  static let summary = "Fits the valves' delay, distance and jitter from shots at a disc."
  static let examples = [
    "mirage-calibrate timing --rig line-1 --operator Eva --from Coins",
    "mirage-calibrate timing --rig line-1 --operator Eva --from Coins --bar 862 "
      + "--camera-latency 8",
  ]

  var options = RigOptions()
  var step = StepOptions()
  var setup = TimingSetup()
  var limits = EjectionTiming.Limits()

  static let flags: [Flag<Self>] =
    stepFlags + [
      .optional(
        "--bar", \.setup.barMillimeters, "MM",
        "From the picture's zero to the bar by tape measure, where all shots are at one speed"),
      .value(
        "--bar-uncertainty", \.setup.barUncertaintyMillimeters, "MM", "95 % bound of --bar",
        in: .from(0, to: 1000)),
      .value(
        "--reading", \.setup.readingMillimeters, "MM",
        "Deviation of reading where the air struck", in: .from(0.001, to: 100)),
      .optional(
        "--camera-latency", \.setup.cameraLatencyMilliseconds, "MS",
        "Of the camera's time stamps, to tell the valve's share of the delay"),
      .value(
        "--disc-radius", \.setup.discRadiusMillimeters, "MM", "Of the disc, for hits and misses",
        in: .from(0.5, to: 500)),
      .value(
        "--limit-window", \.limits.windowMilliseconds, "MS",
        "999 of 1000 blasts must come within this of their time", in: .from(0.01, to: 1000)),
      .value(
        "--limit-delay", \.limits.delayMilliseconds, "MS", "Largest 95 % bound of the delay",
        in: .from(0.01, to: 1000)),
    ]

  func run() async throws {
    for (name, value) in [
      ("--bar", setup.barMillimeters), ("--camera-latency", setup.cameraLatencyMilliseconds),
    ] {
      if let value, value < 0 { throw Complaint(name, "\(value) found, 0 or more wanted") }
    }
    var settings = TimingStep.Settings()
    settings.setup = setup
    settings.limits = limits
    try finish(TimingStep.self, settings)
  }
}
