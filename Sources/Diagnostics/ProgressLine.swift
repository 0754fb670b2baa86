import Foundation
import Synchronization

/// A progress line on standard error: what is done, of how much, and the time left.
///
/// On a terminal the line is redrawn in place; otherwise a line is printed every ten seconds.
public final class ProgressLine: Sendable {
  private struct State {
    var done = 0
    var note = ""
    var drawnAt: ContinuousClock.Instant?
    var drawnWidth = 0
  }

  private let title: String
  private let total: Int
  private let start: ContinuousClock.Instant
  private let isTerminal: Bool
  private let state = Mutex(State())

  public init(_ title: String, total: Int) {
    self.title = title
    self.total = max(1, total)
    start = .now
    isTerminal = isatty(2) == 1
  }

  /// Counts `steps` more as done and shows `note` behind them.
  public func advance(by steps: Int = 1, note: String = "") {
    state.withLock { state in
      state.done += steps
      state.note = note
      let now = ContinuousClock.now
      let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
      if let drawn = state.drawnAt, drawn.duration(to: now) < pause, state.done < total { return }
      state.drawnAt = now
      draw(&state, at: now)
    }
  }

  /// Ends the line.
  public func finish() {
    state.withLock { state in
      if isTerminal, state.drawnAt != nil { FileHandle.standardError.write(Data("\n".utf8)) }
    }
  }

  private func draw(_ state: inout State, at now: ContinuousClock.Instant) {
    let share = min(1, Double(state.done) / Double(total))
    let elapsed = start.duration(to: now) / .seconds(1)
    let left = share > 0 ? Self.clock(elapsed / share - elapsed) : "?"
    let percent = Int((share * 100).rounded(.down))
    var line = "\(title) \(percent) % (\(state.done)/\(total)), \(left) left"
    if !state.note.isEmpty { line += ", \(state.note)" }
    let padding = String(repeating: " ", count: max(0, state.drawnWidth - line.count))
    state.drawnWidth = line.count
    FileHandle.standardError.write(
      Data((isTerminal ? "\r\(line)\(padding)" : "\(line)\n").utf8))
  }

  /// `75` as `1:15`, `3700` as `1:01:40`.
  public static func clock(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    let tail = rest < 10 ? "0\(rest)" : "\(rest)"
    guard hours > 0 else { return "\(minutes):\(tail)" }
    return "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(tail)"
  }
}
