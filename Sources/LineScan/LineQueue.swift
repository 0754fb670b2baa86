import Diagnostics
import Dispatch
import Synchronization
import Units

/// The bounded way from the thread that receives lines to the one that asks for them.
///
/// A line that finds the queue full is dropped, counted, and told by the line that follows it.
final class LineQueue: Sendable {
  private struct State {
    var events: [LineEvent] = []
    var head = 0
    var account = LineAccount()
    /// Lines dropped or lost that no line in the queue tells yet.
    var untold = 0
    var isUntoldEstimated = false
    var failure: (any Error)?
    var ended: String?
    var isStopped = false
  }

  private let capacity: Int
  private let state = Mutex(State())
  private let arrival = DispatchSemaphore(value: 0)

  /// Holds at most `capacity` lines.
  init(capacity: Int) {
    precondition(capacity > 0, "line queue: a capacity of \(capacity)")
    self.capacity = capacity
  }

  var account: LineAccount { state.withLock { $0.account } }
  /// Whether the receiving thread is asked to end.
  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Takes a line before which `line.lostBefore` are lost, `damaged` of them since the last one.
  func push(_ line: ScanLine, damaged: Int) {
    state.withLock { state in
      guard !state.isStopped else { return }
      let lost = line.lostBefore
      let ofDamage = min(damaged, lost)
      state.account.damaged += ofDamage
      if line.isLossEstimated {
        state.account.estimated += lost - ofDamage
      } else {
        state.account.missing += lost - ofDamage
      }
      state.untold += lost
      state.isUntoldEstimated = state.isUntoldEstimated || line.isLossEstimated
      guard state.account.queued < capacity else {
        state.account.overflowed += 1
        state.untold += 1
        return
      }
      var line = line
      line.lostBefore = state.untold
      line.isLossEstimated = state.isUntoldEstimated
      state.untold = 0
      state.isUntoldEstimated = false
      state.account.queued += 1
      state.events.append(.line(line))
    }
    arrival.signal()
  }

  /// Tells a change of state; of several without a line between, only the last is kept.
  func push(_ change: LineSourceState) {
    state.withLock { state in
      guard !state.isStopped else { return }
      if state.events.count > state.head, case .state = state.events[state.events.count - 1] {
        state.events[state.events.count - 1] = .state(change)
      } else {
        state.events.append(.state(change))
      }
    }
    arrival.signal()
  }

  /// Counts lines of which it is known only that they came damaged or not at all, at the end.
  func close(missing: Int = 0, damaged: Int = 0, reason: String) {
    state.withLock { state in
      state.account.missing += missing
      state.account.damaged += damaged
      state.ended = state.ended ?? reason
    }
    arrival.signal()
  }

  /// Ends with an error, thrown once all lines are handed out.
  func fail(_ error: any Error) {
    state.withLock { $0.failure = $0.failure ?? error }
    arrival.signal()
  }

  /// Asks the receiving thread to end; what is queued can still be had.
  func stop() {
    state.withLock { $0.isStopped = true }
    arrival.signal()
  }

  /// The next event; nil where none came within `patience`.
  func next(within patience: Duration) throws -> LineEvent? {
    let end = DispatchTime.now() + .nanoseconds(Int(min(patience.seconds, 1e6) * 1e9))
    while true {
      let (event, failure) = state.withLock { Self.take(from: &$0) }
      if let event { return event }
      if let failure { throw failure }
      guard arrival.wait(timeout: end) == .success else { return nil }
    }
  }

  private static func take(from state: inout State) -> (LineEvent?, (any Error)?) {
    if state.head < state.events.count {
      let event = state.events[state.head]
      // The place is emptied, so that the line's counts are not held twice.
      state.events[state.head] = .state(.running)
      state.head += 1
      if state.head == state.events.count {
        state.events.removeAll(keepingCapacity: true)
        state.head = 0
      } else if state.head > 256 {
        state.events.removeFirst(state.head)
        state.head = 0
      }
      if case .line = event {
        state.account.queued -= 1
        state.account.delivered += 1
      }
      return (event, nil)
    }
    if let failure = state.failure { return (nil, failure) }
    if let reason = state.ended { return (.state(.ended(reason: reason)), nil) }
    return state.isStopped ? (.state(.ended(reason: "stopped")), nil) : (nil, nil)
  }
}

/// Stops a queue once nobody holds the source any more, so that its thread ends.
final class QueueOwner: Sendable {
  let queue: LineQueue

  init(_ queue: LineQueue) { self.queue = queue }

  deinit { queue.stop() }
}
