import Dispatch
import Foundation
import Synchronization

/// Values handed from one thread, the frame thread, to another, through a queue with a bound.
///
/// For work that must not hold up the frame thread: writing lines, firing valves, drawing. At the
/// bound a value is dropped and counted, or waited with, as the maker chose. Where it is dropped,
/// putting one in neither waits nor takes memory: two counts say whose a place is, so that the lock
/// of a place, which Swift asks for around what two threads share, is never held by the other side.
public final class HandOver<Value: Sendable>: Sendable {
  /// What happens to a value when the queue is full.
  public enum WhenFull: Sendable { case wait, drop }

  /// Room for one value; the putting thread's while it is free, the other's while it is filled.
  private final class Place: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private let whenFull: WhenFull
  private let places: [Place]
  /// Values put in and taken out so far.
  private let putCount = Atomic<Int>(0)
  private let takenCount = Atomic<Int>(0)
  private let droppedCount = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private let filled = DispatchSemaphore(value: 0)
  private let emptied = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)

  /// Starts a thread that calls `work` for each value, in order.
  public init(
    _ name: String, capacity: Int, whenFull: WhenFull,
    work: @escaping @Sendable (Value) -> Void
  ) {
    precondition(capacity > 0, "hand-over: capacity \(capacity)")
    self.whenFull = whenFull
    places = (0..<capacity).map { _ in Place() }
    let thread = Thread { [self] in
      while let value = take() { work(value) }
      finished.signal()
    }
    thread.name = name
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Values for which there was no room.
  public var dropped: Int { droppedCount.load(ordering: .relaxed) }

  /// Hands over a value, always from the same thread; at the bound waits or drops it.
  public func put(_ value: Value) {
    while !fits(value) {
      guard whenFull == .wait else {
        droppedCount.wrappingAdd(1, ordering: .relaxed)
        return
      }
      _ = emptied.wait(timeout: .now() + .milliseconds(100))
    }
    filled.signal()
  }

  /// Waits until everything put in so far is worked through; nothing can be put in afterwards.
  public func close() {
    isClosed.store(true, ordering: .releasing)
    filled.signal()
    finished.wait()
  }

  /// Puts a value into the next place, if that is free.
  private func fits(_ value: Value) -> Bool {
    let count = putCount.load(ordering: .relaxed)
    guard count - takenCount.load(ordering: .acquiring) < places.count,
      places[count % places.count].value.withLockIfAvailable({ $0 = value }) != nil
    else { return false }
    putCount.store(count + 1, ordering: .releasing)
    return true
  }

  /// The next value, waited for; nil at the end.
  private func take() -> Value? {
    while true {
      let isLast = isClosed.load(ordering: .acquiring)
      let count = takenCount.load(ordering: .relaxed)
      if count < putCount.load(ordering: .acquiring) {
        let value = places[count % places.count].value.withLock { place in
          defer { place = nil }
          return place
        }
        takenCount.store(count + 1, ordering: .releasing)
        if whenFull == .wait { emptied.signal() }
        if let value { return value }
      } else if isLast {
        return nil
      } else {
        filled.wait()
      }
    }
  }
}
