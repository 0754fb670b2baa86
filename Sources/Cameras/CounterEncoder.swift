import Diagnostics
import Foundation
import Synchronization
import Units

/// Which counter the belt's encoder is wired to, and what its numbers mean.
public struct CounterSettings: Sendable, Equatable, Codable {
  /// The file that holds the count, the folder with a file `count`, or what sends counts.
  public var file: URL
  /// Belt travel for one count; negative where the encoder counts down while the belt runs.
  public var millimetersPerCount: Double
  /// Time from one reading of a file to the next.
  public var intervalMilliseconds = 1.0

  public init(file: URL, millimetersPerCount: Double) {
    self.file = file
    self.millimetersPerCount = millimetersPerCount
  }
}

/// An encoder on a counter of the machine: the kernel counts the pulses, a thread reads the count
/// a thousand times a second, and exposures are placed between two readings.
///
/// The count is a file whose first line is a whole number: that of Linux's generic counter
/// interface, `/sys/bus/counter/devices/counterX/countY/count`, with `ceiling` and `enable` beside
/// it where the driver has them, or any other that something keeps up to date. Or it is a stream of
/// such lines, from a microcontroller at a serial port or a program behind a named pipe, at least
/// twenty a second. Where counts stay away, places are unknown until they come again.
///
/// Source: *Linux driver API*, "Generic Counter Interface"; ABI `sysfs-bus-counter`.
public final class CounterEncoder: Encoder {
  private struct State {
    var track: BeltTrack
    var fault: EncoderFault?
    /// What was answered for the latest moment so far.
    var answer = (at: LineInstant(nanoseconds: .min), millimeters: -Double.infinity)
    var isStopped = false
  }

  /// What the reading thread shares with the encoder, and holds longer.
  private final class Shared: Sendable {
    let state: Mutex<State>
    init(_ state: State) { self.state = Mutex(state) }
  }

  private let shared: Shared

  /// Opens the counter and begins to read it.
  ///
  /// - Throws: an `EncoderFault` where there is no count.
  public init(_ settings: CounterSettings, clock: some LineClock) throws(EncoderFault) {
    precondition(
      settings.millimetersPerCount != 0 && settings.millimetersPerCount.isFinite,
      "encoder: \(settings.millimetersPerCount) mm a count, another number wanted")
    let counter = try CounterInput(settings)
    let shared = Shared(
      State(
        track: BeltTrack(
          place: counter.place, millimetersPerCount: settings.millimetersPerCount,
          modulus: counter.modulus)))
    // What is no count at all is told at the start.
    if let (count, instant) = try counter.next(clock) {
      try shared.state.withLock { state throws(EncoderFault) in
        try state.track.note(count, at: instant)
      }
    }
    self.shared = shared
    let thread = Thread { Self.run(counter, settings, clock, shared) }
    thread.name = "encoder"
    thread.qualityOfService = .userInteractive
    thread.start()
  }

  deinit { shared.state.withLock { $0.isStopped = true } }

  /// Travel at `instant`; where nobody knows it, the reason is thrown.
  public func millimeters(at instant: LineInstant) throws(EncoderFault) -> Double {
    try shared.state.withLock { state throws(EncoderFault) in
      // While the counter is away its own reason says more than that it was not read.
      if let fault = state.fault { throw fault }
      let place = try state.track.millimeters(at: instant)
      guard instant >= state.answer.at else { return place }
      // A reading may show that the belt was slower than was thought.
      state.answer = (instant, max(place, state.answer.millimeters))
      return state.answer.millimeters
    }
  }

  /// The reading thread's life.
  private static func run(
    _ first: CounterInput, _ settings: CounterSettings, _ clock: any LineClock, _ shared: Shared
  ) {
    var counter: CounterInput? = first
    while !shared.state.withLock({ $0.isStopped }) {
      do throws(EncoderFault) {
        let open = if let counter { counter } else { try CounterInput(settings) }
        counter = open
        guard let (count, instant) = try open.next(clock) else { continue }
        try shared.state.withLock { state throws(EncoderFault) in
          try state.track.note(count, at: instant)
          state.fault = nil
        }
      } catch {
        // After a jump the counter is as good as before, only travel was lost.
        if case .jump = error.reason {
          shared.state.withLock { $0.fault = error }
          continue
        }
        shared.state.withLock { state in
          state.fault = error
          state.track.forget()
        }
        counter = nil
        Thread.sleep(forTimeInterval: retrySeconds)
      }
    }
  }

  private static let retrySeconds = 0.1
}
