import CalibrationTargets
import Cameras
import Commissioning
import Diagnostics
import Foundation

/// Which camera takes pictures of a board, and how many.
struct LiveOptions: Sendable {
  var name: String?
  var width: Int?
  var height: Int?
  var exposure: Double?
  var goals = CoachGoals()

  /// Takes pictures until they are enough or Ctrl-C, on a thread that may wait for frames.
  func take(_ board: CalibrationBoard, into folder: URL) async throws {
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      let thread = Thread { done.resume(with: Result { try run(board, into: folder) }) }
      thread.name = "views"
      thread.start()
    }
  }

  private func run(_ board: CalibrationBoard, into folder: URL) throws {
    var settings = CameraSettings()
    (settings.width, settings.height) = (width, height)
    var lock = ControlLock()
    lock.exposureMilliseconds = exposure
    settings.controls = .lock(lock)
    let name = name ?? "any"
    var views = try LiveViews(board, into: folder, goals: goals)
    var source = V4L2Source(
      name == "any" ? .any : .text(name), settings: settings,
      encoder: SteadyBelt(speedMillimetersPerSecond: 0), clock: RunningClock())
    defer { source.stop() }
    let line = CoachLine()
    let saved = try views.take(
      from: &source, until: { Interruption.isRequested }, tell: { line.tell($0) })
    line.finish()
    if !saved.isEmpty { try CameraNote.write(["camera": name], in: folder) }
    say("\(saved.count) pictures saved in \(folder.relativePath)")
  }
}

/// The coach's words on a terminal: one line that is redrawn; elsewhere a line a change.
final class CoachLine {
  private let isTerminal = isatty(2) == 1
  private var width = 0
  private var told = ""

  func tell(_ guidance: LiveViews.Guidance) {
    if let saved = guidance.saved { end("saved \(saved)") }
    var text = guidance.text
    if isTerminal, let refusal = guidance.refusal { text += "  (\(refusal.problem))" }
    guard text != told else { return }
    told = text
    let padding = String(repeating: " ", count: max(0, width - text.count))
    width = text.count
    write(isTerminal ? "\r\(text)\(padding)" : "\(text)\n")
  }

  func finish() { if isTerminal, width > 0 { write("\n") } }

  private func end(_ text: String) {
    let padding = String(repeating: " ", count: max(0, width - text.count))
    write(isTerminal ? "\r\(text)\(padding)\n" : "\(text)\n")
    (width, told) = (0, "")
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
