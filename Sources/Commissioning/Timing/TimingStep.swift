import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Pages
import Units

/// Delay, distance, jitter and nozzles of the valves, from shots at a disc.
///
/// Recordings: `timing.json`, and the folders of pictures that it names.
public enum TimingStep: CalibrationStep {
  /// What the step was told.
  public struct Settings: Codable, Equatable, Sendable {
    public var setup = TimingSetup()
    public var limits = EjectionTiming.Limits()

    public init() {}
  }

  public static let name = StepName.timing

  /// Follows the disc of each shot to the bar and fits delay, distance and jitter.
  public static func perform(
    _ settings: Settings, on work: StepWork
  ) throws -> StepOutcome<TimingStep> {
    let recorded = try JSONFile.read(
      RecordedCoinTest.self, at: work.recordings.appending(path: "timing.json"))
    var inputs = [try work.input("timing.json")]
    var shots: [CoinShot] = []
    for shot in recorded.shots {
      do {
        shots.append(try read(shot, recorded, work, &inputs))
      } catch let error as TimingError {
        // One shot that went wrong is no reason to throw away the others.
        work.tell("\(shot.name): left out: \(error.problem)")
        for folder in [shot.frames, shot.barFrames].compactMap({ $0 }) {
          for index in inputs.indices where inputs[index].name.hasPrefix(folder + "/") {
            inputs[index].rejection = error.problem
          }
        }
      }
    }
    let nozzles = try recorded.nozzleShots.map {
      try NozzleRow.estimate($0, count: recorded.nozzles)
    }
    let result = try EjectionTiming.estimate(shots, setup: settings.setup, nozzles: nozzles)
    return StepOutcome(
      settings, result, result.judgement(settings.limits), inputs: inputs)
  }

  /// A shot with all numbers, some of them read from pictures.
  private static func read(
    _ shot: RecordedShot, _ test: RecordedCoinTest, _ work: StepWork, _ inputs: inout [StepInput]
  ) throws -> CoinShot {
    var (speed, seconds, disc) = (
      shot.beltMillimetersPerSecond, shot.seconds, shot.discMillimeters
    )
    if let folder = shot.frames {
      let plane = try work.require(BeltStep.self).result
      let track = try DiscTrack(
        try pictures(folder, work, &inputs), plane: plane.color, lens: plane.lens)
      let approach = try track.approach(named: shot.name)
      (speed, seconds, disc) = (approach.millimetersPerSecond, approach.seconds, approach.y)
    }
    guard let speed, let seconds, let disc else {
      throw Complaint(
        "timing.json", "shot '\(shot.name)' has neither 'frames' nor speed, time and place",
        remedy: "give 'frames', or 'beltMillimetersPerSecond', 'seconds' and 'discMillimeters'")
    }
    var strike = shot.strikeMillimeters
    if let folder = shot.barFrames {
      guard let camera = test.barCamera else {
        throw Complaint(
          "timing.json", "shot '\(shot.name)' has 'barFrames', but there is no 'barCamera'",
          remedy: "give the map from the bar camera's pictures to the belt, the bar at y = 0")
      }
      let track = try DiscTrack(try pictures(folder, work, &inputs), plane: camera)
      // The air comes down at the bar: behind a disc that is past it by as much.
      strike = -(try track.strike(named: shot.name).y)
    }
    return CoinShot(
      name: shot.name, beltMillimetersPerSecond: speed, seconds: seconds, discMillimeters: disc,
      commandSeconds: shot.commandSeconds, strikeMillimeters: strike, isHit: shot.isHit)
  }

  private static func pictures(
    _ folder: String, _ work: StepWork, _ inputs: inout [StepInput]
  ) throws -> [BeltShot] {
    guard !folder.contains(".."), !folder.hasPrefix("/") else {
      throw Complaint(
        "timing.json", "'\(folder)' leads out of the recordings", remedy: "name folders within it")
    }
    return try RecordedFrames(folder, of: work.recordings).frames.map { frame in
      guard let seconds = frame.seconds else { throw BeltError(frame.name, .noTimes) }
      inputs.append(try work.input(frame.name))
      return BeltShot(frame.name, try PictureFile.read(frame.file), seconds: seconds)
    }
  }

  /// How far delay, distance and jitter moved.
  public static func moves(from stored: EjectionTiming, to fresh: EjectionTiming) -> [Figure] {
    [
      Figure(
        "the valves' delay moved",
        abs(fresh.delayMilliseconds.value - stored.delayMilliseconds.value), "ms", .atMost(1),
        uncertainty: hypot(
          stored.delayMilliseconds.uncertainty, fresh.delayMilliseconds.uncertainty)),
      Figure(
        "the valve bar moved", abs(fresh.barMillimeters.value - stored.barMillimeters.value), "mm",
        .atMost(3),
        uncertainty: hypot(stored.barMillimeters.uncertainty, fresh.barMillimeters.uncertainty)),
    ]
  }
}
