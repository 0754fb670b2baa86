import Foundation
import Units

/// A moment of the computer's own clock, which people set: microseconds of UTC since 1970.
public struct WallTime: Sendable, Hashable, Comparable, Codable {
  public var microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  public init(_ date: Date) {
    microseconds = Int64(exactly: (date.timeIntervalSince1970 * 1e6).rounded()) ?? 0
  }

  /// The present one.
  public static var now: WallTime { WallTime(Date()) }

  public var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1e6) }

  /// So much later, or earlier where `duration` is below zero.
  public func advanced(by duration: Duration) -> WallTime {
    let (sum, overflow) = microseconds.addingReportingOverflow(Int64(duration.seconds * 1e6))
    return WallTime(microseconds: overflow ? microseconds : sum)
  }

  public static func < (first: WallTime, second: WallTime) -> Bool {
    first.microseconds < second.microseconds
  }
}

/// What waits to be stored.
enum StoreRecord: Sendable {
  case piece(PieceReport, at: WallTime)
  case blast(BlastReport, at: WallTime)
  case loss(LossReport, at: WallTime)
  /// From here on this is in force.
  case setup(LineSetup, at: WallTime, line: LineInstant)
  case minute(MinuteCounts, at: WallTime)
}

/// The counts since the run began, as they stood.
public struct MinuteCounts: Sendable, Equatable {
  public var state: VisionState
  public var isFit: Bool
  public var frames: FrameCounts
  public var piecesLost: Int
  public var blastsFired: Int
  public var blastsLate: Int
  public var blastsDropped: Int
}

/// Something that was not as it should be, with its begin and end.
public struct StoredAlarm: Sendable, Equatable {
  /// One more than the run's alarm before.
  public var number: Int
  public var reason: LineReason
  public var beganAt: WallTime
  /// Nil while it is so.
  public var endedAt: WallTime?
}

/// The alarms of a run: which began, which ended, and which of them were not stored since.
struct AlarmLog: Sendable {
  /// Changes that wait to be stored, at most; an alarm that flickers for hours must not fill
  /// memory.
  static let capacity = 1000

  private var open: [String: StoredAlarm] = [:]
  private(set) var changed: [StoredAlarm] = []
  private var last = 0

  /// Takes in which alarms there are now.
  mutating func look(at alarms: [LineReason], _ now: WallTime) {
    let ids = Set(alarms.map(\.id))
    for (id, alarm) in open where !ids.contains(id) {
      var ended = alarm
      ended.endedAt = now
      note(ended)
      open[id] = nil
    }
    for reason in alarms {
      if open[reason.id] == nil {
        last += 1
        let alarm = StoredAlarm(number: last, reason: reason, beganAt: now)
        open[reason.id] = alarm
        note(alarm)
      } else {
        // Its words change ("no picture for 5 s"); the last ones are kept with its end.
        open[reason.id]?.reason = reason
      }
    }
  }

  /// All that is open has to be stored again, in a new file.
  mutating func tellAgain() { for alarm in open.values { note(alarm) } }

  /// What was to be stored is.
  mutating func forget(_ count: Int) { changed.removeFirst(min(count, changed.count)) }

  private mutating func note(_ alarm: StoredAlarm) {
    if changed.count == Self.capacity { changed.removeFirst() }
    changed.append(alarm)
  }
}
