import Diagnostics
import Dispatch
import Foundation
import Synchronization
import Units

/// Drives the box with the valves: beats, blasts, answers, on a thread of its own.
///
/// Never called on the frame thread: `fire` takes a lock and writes to a socket. A box that is away
/// or a port that was unplugged is sought again and again; until then blasts grow late, and are
/// counted so.
public final class ValveDriver: ValveActuator {
  private struct State {
    var session: ValveSession
    var link: (any ValveLink)?
    var isEnding = false
    var hasEnded = false
  }

  public let address: ValveAddress
  private let now: @Sendable () -> LineInstant
  private let state: Mutex<State>
  private let ended = DispatchSemaphore(value: 0)

  /// From one try to open the port or socket to the next, in seconds.
  private static let patience = 0.5

  /// Opens the way to the box and starts to speak; the box need not be there yet.
  ///
  /// - Parameters:
  ///   - session: names this start of the daemon to the box; another number than the last time.
  ///   - now: the line's clock, on which blasts are timed.
  /// - Throws: where the address cannot be used at all: no such host or port.
  public init(
    _ address: ValveAddress, session: UInt32, terms: ValveTerms = ValveTerms(),
    now: @escaping @Sendable () -> LineInstant
  ) throws {
    self.address = address
    self.now = now
    let link = try address.open()
    state = Mutex(State(session: ValveSession(number: session, terms: terms), link: link))
    let thread = Thread { [self] in work() }
    thread.name = "valves"
    thread.start()
  }

  /// How things stand.
  public var status: ValveStatus { state.withLock { $0.session.status } }

  /// Sends a blast, or holds it until its time is near; nil stands for one that no box could do.
  public func fire(_ blast: Blast?) {
    state.withLock { state in
      let now = now()
      state.session.take(blast, at: now)
      Self.send(from: &state, at: now)
    }
  }

  /// Waits for blasts under way, at most `patience`, then closes all valves and gives the books.
  public func close(within patience: Duration) -> ValveStatus {
    let end = ContinuousClock.now + patience
    while ContinuousClock.now < end, state.withLock({ $0.session.isBusy(at: now()) }) {
      Thread.sleep(forTimeInterval: 0.005)
    }
    state.withLock { $0.isEnding = true }
    ended.wait()
    ended.signal()
    return status
  }

  // MARK: The driver's thread

  private func work() {
    while !state.withLock({ $0.isEnding }) {
      guard let link = state.withLock({ $0.link }) ?? reopened() else { continue }
      do {
        let messages = try link.receive(within: .milliseconds(5))
        state.withLock { state in
          let now = now()
          for message in messages { state.session.receive(message, at: now) }
          Self.send(from: &state, at: now)
        }
      } catch {
        state.withLock { Self.note(error, in: &$0) }
        // An unplugged port fails at once, and would again.
        Thread.sleep(forTimeInterval: 0.02)
      }
    }
    state.withLock { state in
      let goodbye = state.session.goodbye(at: now())
      // Said twice, as no answer is waited for; the box closes by itself after a silence.
      for _ in 0..<2 {
        do { try state.link?.send(goodbye) } catch { Self.note(error, in: &state) }
      }
      state.link = nil
    }
    ended.signal()
  }

  /// A new way to the box; nil after a pause where there is none.
  private func reopened() -> (any ValveLink)? {
    do {
      let link = try address.open()
      state.withLock { $0.link = link }
      return link
    } catch {
      state.withLock { state in
        Self.note(error, in: &state)
        // Blasts grow late meanwhile, and are counted so.
        state.session.due(at: now(), send: { _ in false })
      }
      Thread.sleep(forTimeInterval: Self.patience)
      return nil
    }
  }

  private static func send(from state: inout State, at now: LineInstant) {
    let link = state.link
    var failure: Complaint?
    state.session.due(at: now) { message in
      guard failure == nil, let link else { return false }
      do throws(Complaint) {
        try link.send(message)
        return true
      } catch {
        failure = error
        return false
      }
    }
    if let failure { note(failure, in: &state) }
  }

  /// Counts a failure; a port that failed is opened anew, a socket stays as it is.
  private static func note(_ error: any Error, in state: inout State) {
    state.session.noteFailure("\(error)")
    if state.link is SerialLink { state.link = nil }
  }
}
