import Synchronization
import Units

/// The line's time: what frames, decisions and deadlines are measured on.
public protocol LineClock: Sendable {
  var now: LineInstant { get }
  /// Tells that a frame exposed at `instant` is about to be worked on.
  func follow(_ instant: LineInstant)
}

/// Real time, counted from the clock's making; jumps of the wall clock do not touch it.
public struct RunningClock: LineClock {
  private let start: ContinuousClock.Instant

  public init() { start = .now }

  public var now: LineInstant {
    LineInstant(nanoseconds: 0).advanced(by: start.duration(to: .now))
  }

  /// Does nothing: real time runs by itself.
  public func follow(_ instant: LineInstant) {}
}

/// Time that stands still until it is told to move: frames set it, and a run takes as long as
/// the computer needs while each decision's slack is what an instant decision would have.
public final class SimulatedClock: LineClock {
  private let nanoseconds = Atomic<Int64>(0)

  public init() {}

  public var now: LineInstant { LineInstant(nanoseconds: nanoseconds.load(ordering: .acquiring)) }

  /// Moves to `instant`; an earlier one than now is ignored, time never runs backwards.
  public func follow(_ instant: LineInstant) {
    if instant > now { nanoseconds.store(instant.nanoseconds, ordering: .releasing) }
  }
}
