import Foundation
import Synchronization

/// Tells the service manager of the line's progress, on a thread of its own.
///
/// The watchdog is fed because frames were worked through, or because the camera is known to be
/// away and is sought, which no new start would mend; never merely because time has passed.
public final class LifeKeeper: Sendable {
  private let notice: LifeNotice
  private let watch: LineWatch
  private let watchdog: Duration?
  private let isEnding = Atomic<Bool>(false)

  /// - Parameter watchdog: after so long without a sign of life the daemon is started anew; nil
  ///   where nobody watches.
  public init(_ notice: LifeNotice, watch: LineWatch, watchdog: Duration?) {
    self.notice = notice
    self.watch = watch
    self.watchdog = watchdog
    let thread = Thread { [self] in work() }
    thread.name = "life"
    thread.start()
  }

  /// Tells that the daemon ends.
  public func end() {
    isEnding.store(true, ordering: .relaxed)
    notice.send("STOPPING=1\nSTATUS=STOPPING")
  }

  private func work() {
    // Four looks in the time that is allowed, and one a second for the status.
    let pause = min(watchdog.map { $0 / 4 } ?? .seconds(1), .seconds(1))
    var wasReady = false
    while !isEnding.load(ordering: .relaxed) {
      let state = watch.state()
      if !wasReady, state.facts != nil || state.state == .error {
        wasReady = true
        notice.send("READY=1")
      }
      notice.send("STATUS=\(state.statusLine)")
      if let watchdog, state.isAlive(within: watchdog / 2) { notice.send("WATCHDOG=1") }
      Thread.sleep(forTimeInterval: pause / .seconds(1))
    }
  }
}

extension LineState {
  /// Whether the line works, or does not for a reason that a new start would not mend.
  func isAlive(within patience: Duration) -> Bool {
    if facts == nil || state == .halted { return true }
    if let camera, !camera.isStreaming { return true }
    return .seconds(ageSeconds ?? seconds) < patience
  }

  /// What `systemctl status` shows.
  var statusLine: String {
    let fitness = isFit ? "" : alarms.first.map { "; \($0.problem)" } ?? ""
    guard state == .continuousExecution else { return word + fitness }
    let rate = String(format: "%.1f", minute.framesPerSecond)
    return
      "\(word): \(rate) pictures a second, \(minute.pieces) pieces in the last minute\(fitness)"
  }
}
