import Diagnostics
import Dispatch
import Foundation
import Synchronization
import Units

/// Drives valves on lines of this machine's own (GPIO), on a thread that sleeps until the next of
/// their instants.
///
/// Linux wakes a thread in time mostly, not always: what it wakes too late for stays closed and is
/// counted. At the end all lines are off. A killed process gives its lines back as they are, and
/// the chip's driver decides about their level: then systemd (`ExecStopPost`) or hardware must
/// close them.
final class LineDriver: ValveActuator {
  private struct State {
    var schedule: LineSchedule
    var lines: GPIOLines?
    var isEnding = false
  }

  private let address: LineAddress
  private let now: @Sendable () -> LineInstant
  private let state: Mutex<State>
  private let news = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// From one try to take the lines again to the next.
  private static let patience = Duration.milliseconds(500)
  /// The longest sleep.
  private static let nap = Duration.milliseconds(100)

  /// Takes the lines, all off.
  ///
  /// - Parameter now: the line's clock, on which blasts are timed.
  init(_ address: LineAddress, now: @escaping @Sendable () -> LineInstant) throws(Complaint) {
    self.address = address
    self.now = now
    let schedule = LineSchedule(lines: address.offsets.count, chip: address.chip)
    state = Mutex(State(schedule: schedule, lines: try GPIOLines(address)))
    let thread = Thread { [self] in work() }
    thread.name = "valves"
    thread.start()
  }

  var status: ValveStatus { state.withLock { $0.schedule.status } }

  func fire(_ blast: Blast?) {
    state.withLock { $0.schedule.take(blast, at: now()) }
    news.signal()
  }

  func close(within patience: Duration) -> ValveStatus {
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end, state.withLock({ $0.schedule.isBusy }) {
      Thread.sleep(forTimeInterval: 0.005)
    }
    state.withLock { $0.isEnding = true }
    news.signal()
    ended.wait()
    ended.signal()
    return status
  }

  // MARK: The driver's thread

  private func work() {
    // Before all that compute, where this process may ask for it; otherwise as all others.
    var priority = sched_param(sched_priority: 10)
    _ = sched_setscheduler(0, SCHED_FIFO, &priority)
    var levels = [Int32](repeating: 0, count: address.offsets.count)
    while let sleep = state.withLock({ turn(&$0, &levels) }) {
      _ = news.wait(timeout: .now() + sleep.seconds)
    }
    ended.signal()
  }

  /// Sets the lines as they must be now; how long nothing is to be done, nil at the end.
  private func turn(_ state: inout State, _ levels: inout [Int32]) -> Duration? {
    guard !state.isEnding else {
      state.schedule.end()
      set([Int32](repeating: 0, count: levels.count), &state)
      state.lines = nil
      return nil
    }
    let wanted = state.schedule.levels(at: now())
    guard state.lines != nil else { return reopen(&state, &levels) }
    if wanted != levels {
      levels = wanted
      set(wanted, &state)
    }
    guard state.lines != nil else { return Self.patience }
    guard let next = state.schedule.next else { return Self.nap }
    return max(.zero, min(Self.nap, now().duration(to: next)))
  }

  private func set(_ levels: [Int32], _ state: inout State) {
    do throws(Complaint) {
      try state.lines?.set(levels)
    } catch {
      state.schedule.noteFailure("\(error)")
      state.lines = nil
    }
  }

  /// Takes lines that were lost, all off; how long to wait before the next try.
  private func reopen(_ state: inout State, _ levels: inout [Int32]) -> Duration {
    do throws(Complaint) {
      state.lines = try GPIOLines(address)
      state.schedule.noteReturn()
      for line in levels.indices { levels[line] = 0 }
      return .zero
    } catch {
      // Why it could not be set says more than why it is not there, and is told already.
      return Self.patience
    }
  }
}
