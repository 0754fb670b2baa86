import Dispatch
import Foundation
import Synchronization

/// A thread beside the frame thread that does half of its work, where two are allowed.
///
/// It sleeps until it is asked, and the frame thread waits for it: what both come to is what one
/// alone would have come to. A share of work takes one small allocation.
public final class Companion: Sendable {
  private typealias Work = @Sendable () -> Void

  /// What the thread holds on to, so that it does not hold its owner.
  private final class Desk: Sendable {
    let work = Mutex<Work?>(nil)
    let asked = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)
  }

  private let desk = Desk()

  public init() {
    let thread = Thread { [desk] in Self.live(at: desk) }
    thread.name = "companion"
    thread.start()
  }

  deinit { desk.asked.signal() }

  /// Does `other` on the companion's thread and `own` on this one; returns when both are done.
  ///
  /// One thread at a time has a companion.
  public func share<Result: Sendable>(
    _ other: @escaping @Sendable () -> Result, with own: () -> Void
  ) -> Result {
    let result = Delivery<Result>()
    desk.work.withLock { work in
      precondition(work == nil, "a companion that works for somebody else")
      work = { result.value.withLock { $0 = other() } }
    }
    desk.asked.signal()
    own()
    desk.done.wait()
    guard let value = result.value.withLock({ $0 }) else {
      preconditionFailure("a companion that left its work")
    }
    return value
  }

  private final class Delivery<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  /// Works until asked for nothing.
  private static func live(at desk: Desk) {
    while true {
      desk.asked.wait()
      // What the work holds is let go of before it counts as done: its owner changes it in place.
      guard work(once: desk) else { return }
      desk.done.signal()
    }
  }

  private static func work(once desk: Desk) -> Bool {
    guard let work = desk.work.withLock({ $0.take() }) else { return false }
    work()
    return true
  }
}
