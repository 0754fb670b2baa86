import Diagnostics
import Dispatch
import Foundation
import Synchronization
import Units

/// Frames of another source in real time: each can be had when its moment has come, and only the
/// freshest waits.
///
/// A thread of its own reads ahead by one frame and lays it into a place for one. A frame that
/// still lies there when the next one comes is dropped and counted. When reading itself cannot
/// keep up, frames are passed over and counted as lost, as by a camera whose link is too
/// slow. Handing over takes one short lock a frame, and `next()` waits: the only two exceptions to
/// the frame thread's rule of neither.
public final class PacedSource<Clock: LineClock>: FrameSource {
  private struct State {
    var waiting: CameraFrame?
    var account = SourceAccount()
    var troubles = SourceTroubles()
    /// Troubles of the source that were taken over.
    var told = 0
    var hasEnded = false
    var isStopped = false
    var failure: (any Error)?
  }

  private let clock: Clock
  private let state = Mutex(State())
  private let arrival = DispatchSemaphore(value: 0)
  private let isAskedToStop: @Sendable () -> Bool

  /// Starts to play `source`: an instant of its frames is one of `clock`, as it stands now,
  /// later by the time the clock has run.
  public init(
    _ source: some FrameSource, clock: Clock,
    until isAskedToStop: @escaping @Sendable () -> Bool = { Interruption.isRequested }
  ) {
    self.clock = clock
    self.isAskedToStop = isAskedToStop
    let origin = clock.now
    let thread = Thread { [self] in play(source, from: origin) }
    thread.name = "frames"
    thread.start()
  }

  public var account: SourceAccount { state.withLock { $0.account } }
  public var troubles: SourceTroubles { state.withLock { $0.troubles } }

  /// Waits for the freshest frame; nil after the last one, or when asked to stop.
  public func next() throws -> CameraFrame? {
    while true {
      let (frame, failure, hasEnded) = state.withLock { state in
        defer { state.waiting = nil }
        guard state.waiting == nil else {
          state.account.delivered += 1
          return (state.waiting, (any Error)?.none, false)
        }
        return (nil, state.failure, state.hasEnded)
      }
      if let frame { return frame }
      if let failure { throw failure }
      if hasEnded { return nil }
      if isAskedToStop() {
        state.withLock { $0.isStopped = true }
        return nil
      }
      _ = arrival.wait(timeout: .now() + .milliseconds(50))
    }
  }

  /// Unknown: the frames are made elsewhere, and come when they are due.
  public var nextExposure: LineInstant? { nil }

  /// Does nothing: frames that nobody asks for give way by themselves.
  public func skip() {}

  /// The reading thread's life.
  private func play(_ source: some FrameSource, from origin: LineInstant) {
    var source = source
    var interval = Duration.zero
    var last: LineInstant?
    do {
      while !isStopped {
        skipStale(&source, interval: interval, from: origin)
        guard var frame = try source.next() else { break }
        frame.exposedAt = Self.shifted(frame.exposedAt, by: origin)
        if let last { interval = last.duration(to: frame.exposedAt) / (frame.lostBefore + 1) }
        last = frame.exposedAt
        take(from: source)
        sleep(until: frame.exposedAt)
        hand(over: frame)
      }
      take(from: source)
      end(with: nil)
    } catch {
      end(with: error)
    }
  }

  /// Passes over frames whose successor is due already: only the freshest is worth making.
  private func skipStale(
    _ source: inout some FrameSource, interval: Duration, from origin: LineInstant
  ) {
    guard interval > .zero else { return }
    while !isStopped, let next = source.nextExposure,
      Self.shifted(next, by: origin).advanced(by: interval) <= clock.now
    {
      source.skip()
    }
  }

  private static func shifted(_ instant: LineInstant, by origin: LineInstant) -> LineInstant {
    origin.advanced(by: LineInstant(nanoseconds: 0).duration(to: instant))
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } || isAskedToStop() }

  /// Takes over what the source lost since the last time, and why.
  private func take(from source: some FrameSource) {
    let (troubles, lost) = (source.troubles, source.account.lost)
    state.withLock { state in
      for trouble in troubles.since(state.told) { state.troubles.note(trouble) }
      state.told = troubles.count
      state.account.lost = lost
    }
  }

  private func hand(over frame: CameraFrame) {
    state.withLock { state in
      var frame = frame
      if let overtaken = state.waiting {
        state.account.dropped += 1
        frame.lostBefore += overtaken.lostBefore + 1
      }
      state.waiting = frame
    }
    arrival.signal()
  }

  private func end(with failure: (any Error)?) {
    state.withLock { state in
      state.failure = failure
      state.hasEnded = true
    }
    arrival.signal()
  }

  private func sleep(until instant: LineInstant) {
    while !isStopped {
      let left = clock.now.duration(to: instant)
      guard left > .zero else { return }
      Thread.sleep(forTimeInterval: min(left.seconds, 0.05))
    }
  }
}
