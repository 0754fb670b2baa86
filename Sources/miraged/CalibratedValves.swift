import CameraCalibration
import CommandKit
import Conveyor

extension ValveSettings {
  /// What the rig's timing test found, and what a person says otherwise.
  init(_ calibration: RigCalibration, _ options: Run) throws {
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
    if let count = options.nozzles {
      if let known = nozzles {
        throw WrongOptions(
          "--nozzles", "found, but the calibration knows where the bar's \(known.count) are")
      }
      let pitch = calibration.beltWidthMillimeters / Double(count)
      nozzles = NozzleLine(count: count, firstMillimeters: pitch / 2, pitchMillimeters: pitch)
    }
    if options.valves != nil, nozzles == nil {
      throw WrongOptions(
        "--valves", "found, but nobody knows where the bar's nozzles are",
        remedy: "find them with 'mirage-calibrate timing', or give --nozzles for a bar that "
          + "spans the belt evenly")
    }
    if let limit = try options.valveAddress?.nozzleLimit, let count = nozzles?.count, count > limit
    {
      throw WrongOptions(
        "--valves", "\(limit) lines found, the bar has \(count) nozzles",
        remedy: "name a line for each nozzle, in their order across the belt")
    }
    guard let wanted = options.valveLatency else { return }
    guard (0...1000).contains(wanted) else {
      throw WrongOptions("--valve-latency", "\(wanted) found, 0 to 1000 milliseconds wanted")
    }
    latencyMilliseconds = wanted
  }
}
