import CameraCalibration
import CommandKit
import Conveyor

extension ValveSettings {
  /// What the rig's timing test found, and what a person says otherwise.
  init(_ calibration: RigCalibration, latencyMilliseconds wanted: Double?) throws {
    self.init(barMillimeters: calibration.valveBarMillimeters)
    if let valves = calibration.valves {
      latencyMilliseconds = valves.delayMilliseconds
      leastBlastMilliseconds = valves.leastBlastMilliseconds
      nozzles = valves.nozzles.map { known in
        NozzleLine(
          count: known.count, firstMillimeters: known.firstMillimeters,
          pitchMillimeters: known.pitchMillimeters, unusable: known.unusable)
      }
    }
    guard let wanted else { return }
    guard (0...1000).contains(wanted) else {
      throw WrongOptions("--valve-latency", "\(wanted) found, 0 to 1000 milliseconds wanted")
    }
    latencyMilliseconds = wanted
  }
}
