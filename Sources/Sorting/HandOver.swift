import Dispatch
import Foundation
import Synchronization

/// Values handed from the frame thread to a thread of their own, through a queue with a bound.
///
/// For work that must not hold up the frame thread: writing lines, drawing pictures. At the bound
/// a value is dropped and counted, or waited with, as the maker chose.
public final class HandOver<Value: Sendable>: Sendable {
  /// What happens to a value when the queue is full.
  public enum WhenFull: Sendable { case wait, drop }

  private struct State {
    var values: [Value] = []
    var dropped = 0
    var isClosed = false
  }

  private let capacity: Int
  private let whenFull: WhenFull
  private let state = Mutex(State())
  private let filled = DispatchSemaphore(value: 0)
  private let emptied = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)

  /// Starts a thread that calls `work` for each value, in order.
  public init(
    _ name: String, capacity: Int, whenFull: WhenFull,
    work: @escaping @Sendable (Value) -> Void
  ) {
    precondition(capacity > 0, "hand-over: capacity \(capacity)")
    self.capacity = capacity
    self.whenFull = whenFull
    let thread = Thread { [self] in
      while let values = take() {
        for value in values { work(value) }
      }
      finished.signal()
    }
    thread.name = name
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Values for which there was no room.
  public var dropped: Int { state.withLock { $0.dropped } }

  /// Hands over a value; at the bound waits or drops it.
  public func put(_ value: Value) {
    while true {
      let isDone = state.withLock { state in
        if state.values.count < capacity {
          state.values.append(value)
          return true
        }
        guard whenFull == .drop else { return false }
        state.dropped += 1
        return true
      }
      filled.signal()
      if isDone { return }
      _ = emptied.wait(timeout: .now() + .milliseconds(100))
    }
  }

  /// Waits until everything put in so far is worked through; nothing can be put in afterwards.
  public func close() {
    state.withLock { $0.isClosed = true }
    filled.signal()
    finished.wait()
  }

  /// All waiting values, or nil at the end.
  private func take() -> [Value]? {
    while true {
      let (values, isClosed) = state.withLock { state in
        defer { state.values.removeAll(keepingCapacity: true) }
        return (state.values, state.isClosed)
      }
      if !values.isEmpty {
        emptied.signal()
        return values
      }
      if isClosed { return nil }
      filled.wait()
    }
  }
}
