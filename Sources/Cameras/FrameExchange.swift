import Diagnostics
import Dispatch
import Imaging
import Synchronization
import Units

/// Where an acquisition thread leaves frames and a frame thread takes them: a place for one, the
/// freshest, with the books of both.
final class FrameExchange: Sendable {
  /// Pictures that take turns: one is written, one waits, one is with the consumer.
  static let slots = 3

  private struct State {
    var waiting: CameraFrame?
    var waitingSlot: Int?
    var lentSlot: Int?
    /// The number of the next frame.
    var position = 0
    var lastTaken = -1
    var lastExposure = LineInstant(nanoseconds: .min)
    var lastMillimeters = -Double.infinity
    var troubles = SourceTroubles()
    var events = CameraEvents()
    var observers: [AsyncStream<CameraEvent>.Continuation] = []
    var status = CameraStatus()
    var failure: (any Error)?
    var isStopped = false
    var hasEnded = false
  }

  private let books = Mutex(State())
  private let arrival = DispatchSemaphore(value: 0)
  private let end = DispatchSemaphore(value: 0)

  var state: CameraState { books.withLock { $0.status.state } }
  var status: CameraStatus { books.withLock { $0.status } }
  var troubles: SourceTroubles { books.withLock { $0.troubles } }
  var events: CameraEvents { books.withLock { $0.events } }
  var isStopped: Bool { books.withLock { $0.isStopped } }

  // MARK: The acquisition thread

  /// The slot to write the next picture into.
  var freeSlot: Int {
    books.withLock { state in
      (0..<Self.slots).first { $0 != state.waitingSlot && $0 != state.lentSlot } ?? 0
    }
  }

  /// Leaves a frame; one that still waits is dropped.
  func put(
    _ picture: Picture, slot: Int, exposedAt: LineInstant, millimeters: Double,
    stamp: StampMeaning
  ) {
    let wasEmpty = books.withLock { state in
      let wasEmpty = state.waiting == nil
      if !wasEmpty { state.status.account.dropped += 1 }
      // Stamps and arrivals may alternate; for those behind, time does not run backwards.
      state.lastExposure = max(state.lastExposure, exposedAt)
      state.lastMillimeters = max(state.lastMillimeters, millimeters)
      state.waiting = CameraFrame(
        picture: picture, sequence: state.position, exposedAt: state.lastExposure,
        beltMillimeters: state.lastMillimeters, stamp: stamp)
      state.waitingSlot = slot
      state.position += 1
      state.status.stamp = stamp
      return wasEmpty
    }
    if wasEmpty { arrival.signal() }
  }

  /// Counts frames that were overtaken before they were decoded.
  func drop(_ count: Int) {
    books.withLock { state in
      state.position += count
      state.status.account.dropped += count
    }
  }

  /// Counts frames that never came, or came but could not be used.
  func lose(_ count: Int, areBad: Bool) {
    books.withLock { state in
      state.position += count
      state.status.account.lost += count
      if areBad { state.status.bad += count }
    }
  }

  func note(_ trouble: any Explained) {
    books.withLock { $0.troubles.note(trouble) }
    arrival.signal()
  }

  /// Changes what is told about the camera.
  func update(_ change: (inout CameraStatus) -> Void) {
    books.withLock { change(&$0.status) }
  }

  /// Enters a state, if it or its reason is new.
  func enter(_ new: CameraState, _ reason: String, seconds: Double) {
    let isNew = books.withLock { state in
      guard state.status.state != new || state.status.reason != reason else { return false }
      state.status.state = new
      state.status.reason = reason
      let event = CameraEvent(seconds: seconds, state: new, reason: reason)
      state.events.note(event)
      // Those who have stopped listening are forgotten.
      state.observers.removeAll { observer in
        if case .terminated = observer.yield(event) { true } else { false }
      }
      return true
    }
    if isNew { arrival.signal() }
  }

  /// Tells that no more frames come, and why if that is a failure.
  func finish(_ failure: (any Error)?) {
    let observers = books.withLock { state in
      state.failure = failure
      state.hasEnded = true
      if state.waiting != nil {
        state.status.account.dropped += 1
        state.waiting = nil
      }
      defer { state.observers = [] }
      return state.observers
    }
    for observer in observers { observer.finish() }
    arrival.signal()
    end.signal()
  }

  // MARK: Those who watch

  /// Every change of state from the first that is still known, as it happens; ends with the source.
  ///
  /// Who listens too slowly misses the oldest.
  var changes: AsyncStream<CameraEvent> {
    let (stream, observer) = AsyncStream<CameraEvent>.makeStream(
      bufferingPolicy: .bufferingNewest(CameraEvents.capacity))
    let hasEnded = books.withLock { state in
      for event in state.events.recent { observer.yield(event) }
      if !state.hasEnded { state.observers.append(observer) }
      return state.hasEnded
    }
    if hasEnded { observer.finish() }
    return stream
  }

  // MARK: The frame thread

  /// What `take` found.
  enum Taken {
    case frame(CameraFrame)
    case nothing
    case ended
  }

  /// Takes the freshest frame; the picture taken before may be overwritten from now on.
  func take(at now: LineInstant) throws -> Taken {
    let taken = try takeWaiting(at: now)
    // A frame that was there without waiting leaves its signal behind.
    if case .frame = taken { _ = arrival.wait(timeout: .now()) }
    return taken
  }

  private func takeWaiting(at now: LineInstant) throws -> Taken {
    try books.withLock { state in
      if var frame = state.waiting {
        state.waiting = nil
        state.lentSlot = state.waitingSlot
        state.waitingSlot = nil
        frame.lostBefore = frame.sequence - state.lastTaken - 1
        state.lastTaken = frame.sequence
        state.status.account.delivered += 1
        state.status.ageMilliseconds = frame.exposedAt.duration(to: now).seconds * 1e3
        return .frame(frame)
      }
      if let failure = state.failure { throw failure }
      return state.hasEnded ? .ended : .nothing
    }
  }

  /// Waits until something happens, at most so long.
  func wait(milliseconds: Int) {
    _ = arrival.wait(timeout: .now() + .milliseconds(milliseconds))
  }

  /// Asks the acquisition thread to end.
  func stop() { books.withLock { $0.isStopped = true } }

  /// Waits until the acquisition thread has given everything back; false where it did not.
  func waitForEnd(milliseconds: Int) -> Bool {
    guard end.wait(timeout: .now() + .milliseconds(milliseconds)) == .success else { return false }
    // For others who wait too.
    end.signal()
    return true
  }
}
