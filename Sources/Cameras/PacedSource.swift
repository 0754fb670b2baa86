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
/// keep up by more than a frame, frames are passed over and counted as lost, as by a camera whose
/// link is too slow. Handing over takes one short lock a frame, and `next()` waits: the only two
/// exceptions to the frame thread's rule of neither.
public final class PacedSource<Clock: LineClock>: FrameSource {
  private struct State {
    var waiting: CameraFrame?
    var account = SourceAccount()
    var troubles = SourceTroubles()
    var hasEnded = false
    var isStopped = false
    var failure: (any Error)?
    var missingBefore = 0
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
          defer { state.missingBefore = 0 }
          state.waiting?.lostBefore = state.missingBefore
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

  /// The reading thread's life.
  private func play(_ source: some FrameSource, from origin: LineInstant) {
    var source = source
    let start = LineInstant(nanoseconds: 0)
    var interval = Duration.zero
    var last: LineInstant?
    var lostInSource = 0
    do {
      while !isStopped, var frame = try source.next() {
        frame.exposedAt = origin.advanced(by: start.duration(to: frame.exposedAt))
        if let last { interval = last.duration(to: frame.exposedAt) }
        last = frame.exposedAt
        let newlyLost = source.account.lost - lostInSource
        lostInSource = source.account.lost
        take(source.troubles, lost: newlyLost)
        // More than a whole period behind: a camera would have lost this one.
        if clock.now > frame.exposedAt.advanced(by: interval + interval), interval > .zero {
          take(source.troubles, lost: 1)
          continue
        }
        sleep(until: frame.exposedAt)
        hand(over: frame)
      }
      take(source.troubles, lost: source.account.lost - lostInSource)
      end(with: nil)
    } catch {
      end(with: error)
    }
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } || isAskedToStop() }

  private func take(_ troubles: SourceTroubles, lost: Int) {
    state.withLock { state in
      state.troubles = troubles
      state.account.lost += lost
      state.missingBefore += lost
    }
  }

  private func hand(over frame: CameraFrame) {
    state.withLock { state in
      if state.waiting != nil {
        state.account.dropped += 1
        state.missingBefore += 1
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
