import CameraCalibration
import Cameras
import Diagnostics

extension LineInput {
  /// What a camera sees, from the moment when the line's clock runs.
  init(camera: String, _ options: Run) throws {
    guard let speed = options.speed else {
      throw WrongOptions("--speed", "nothing found, the speed of the camera's belt wanted")
    }
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
        .text(camera), settings: settings, encoder: SteadyBelt(speedMillimetersPerSecond: speed),
        clock: clock, until: { Interruption.isRequested || clock.now.seconds >= end })
    }
  }
}
