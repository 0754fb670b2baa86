import CameraCalibration
import Cameras
import Diagnostics

extension LineInput {
  /// What a camera sees, from the moment when the line's clock runs.
  init(camera: String, _ options: Run) throws {
    let belt = try Self.belt(options)
    guard let file = options.calibration else {
      throw WrongOptions("--calibration", "nothing found, the rig of the camera wanted")
    }
    guard options.pace != .fast else {
      throw WrongOptions("--pace", "'fast' found, a camera's pace is real")
    }
    name = camera
    calibration = try RigCalibration.read(file)
    truth = nil
    var wish = options.wish
    wish.rate = options.rate
    let settings = wish.settings(locking: .lock(wish.lock)).starting(waits: options.waits)
    let end = options.seconds ?? .infinity
    feed = .camera { clock in
      V4L2Source(
        .text(camera), settings: settings, encoder: try belt(clock), clock: clock,
        until: { Interruption.isRequested || clock.now.seconds >= end })
    }
  }

  /// What tells where the belt is: an encoder on a counter, or a speed that never changes.
  private static func belt(
    _ options: Run
  ) throws -> @Sendable (RunningClock) throws -> any Encoder {
    switch (options.encoder, options.speed) {
    case (let file?, nil):
      guard let length = options.millimetersPerCount, length != 0, length.isFinite else {
        throw WrongOptions(
          "--mm-per-count",
          (options.millimetersPerCount.map { "\($0) found" } ?? "nothing found")
            + ", the belt's travel for one count of the encoder wanted",
          remedy: "circumference of the wheel in mm / counts a turn; negative where it counts down")
      }
      let counter = CounterSettings(file: file, millimetersPerCount: length)
      return { clock in try CounterEncoder(counter, clock: clock) }
    case (nil, let speed?):
      guard options.millimetersPerCount == nil else {
        throw WrongOptions("--mm-per-count", "found without --encoder")
      }
      return { _ in SteadyBelt(speedMillimetersPerSecond: speed) }
    case (nil, nil):
      throw WrongOptions(
        "belt", "neither --encoder nor --speed found, one wanted",
        remedy: "name the counter of the belt's encoder, or the speed of a belt without one")
    case (_?, _?):
      throw WrongOptions("belt", "both --encoder and --speed found, one wanted")
    }
  }
}
