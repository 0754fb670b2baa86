import Diagnostics

/// Why valves could not be timed.
public struct TimingError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case fewHits(found: Int, wanted: Int)
    case oneSpeed(millimetersPerSecond: Double)
    case notFinite
    case beltStandsStill
    case commandBeforePicture(seconds: Double)
    case noMisses
    case noHits
    case timesGoBack(seconds: Double, after: Double)
    case fewSightings(found: Int)
    case noDisc
    case notADisc(shots: Int)
    case noStrike
    case fewNozzles(found: Int)
    case nozzleNumber(found: Int, count: Int)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .fewHits(let found, let wanted):
      "\(found) shots tell where the air struck, \(wanted) at least were wanted"
    case .oneSpeed(let speed):
      "all shots were made at about \(rounded(speed, 0)) mm/s: distance and delay cannot be told "
        + "apart"
    case .notFinite: "a time or place is not a finite number"
    case .beltStandsStill: "the belt stood still"
    case .commandBeforePicture(let seconds):
      "the valve's command came \(rounded(seconds * 1000, 1)) ms before the picture it follows from"
    case .noMisses: "every shot hit, misses on both sides were wanted"
    case .noHits: "no shot hit"
    case .timesGoBack(let seconds, let after):
      "seen at \(rounded(seconds, 6)) s, after it was seen at \(rounded(after, 6)) s"
    case .fewSightings(let found): "the disc was seen in \(found) pictures, 3 at least were wanted"
    case .noDisc: "no disc was found in any picture"
    case .notADisc(let shots): "what was found in \(shots) pictures is not round"
    case .noStrike: "the disc goes straight on: no air struck it while it was seen"
    case .fewNozzles(let found): "\(found) nozzles struck something, 3 at least were wanted"
    case .nozzleNumber(let found, let count):
      "nozzle \(found) was fired, the bar's nozzles are 0 to \(count - 1)"
    }
  }

  public var remedy: String? {
    switch reason {
    case .fewHits: "fire at the disc at least six times, at two belt speeds"
    case .oneSpeed:
      "repeat some shots at another belt speed (30 % apart at least), or give the bar's distance "
        + "with --bar"
    case .beltStandsStill: "let the belt run during the test"
    case .commandBeforePicture: "check that camera and valves are timed by one clock"
    case .noMisses, .noHits:
      "spread the ladder of delays wider, until the first and the last shots miss"
    case .timesGoBack: "list sightings in the order of exposure; check the camera's clock"
    case .fewSightings, .noDisc: "use a dark, matt disc on an empty belt, and a higher frame rate"
    case .notADisc: "lay one round disc on the belt, away from other pieces"
    case .noStrike: "check the air pressure and the nozzle, and that the camera sees the bar"
    case .fewNozzles: "fire the nozzles one by one over a strip of paper across the belt"
    case .nozzleNumber: "give the bar's number of nozzles with --nozzles"
    case .notFinite: nil
    }
  }
}
