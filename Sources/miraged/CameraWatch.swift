import Cameras
import Diagnostics
import Foundation
import Imaging

/// Shows one camera live: a line for each change of state and each second, and a last one.
struct CameraWatch: Sendable {
  let name: CameraName
  let settings: CameraSettings
  let seconds: Double?
  let save: URL?
  let isJSON: Bool

  /// One line of `--json`.
  private struct Line: Encodable {
    /// `state`, `trouble`, `status` or `end`.
    var kind: String
    var seconds: Double
    var event: CameraEvent?
    var trouble: String?
    var status: CameraStatus?
    var memory: ProcessMemory?
  }

  /// Watches on a thread of its own, as the camera is waited for there.
  func run() async throws {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread { continuation.resume(with: Result { try watch() }) }
      thread.name = "watch"
      thread.start()
    }
  }

  private func watch() throws {
    let clock = RunningClock()
    let source = V4L2Source(
      name, settings: settings, encoder: SteadyBelt(speedMillimetersPerSecond: 0), clock: clock)
    defer { source.stop() }
    let end = seconds ?? .infinity
    var (toldEvents, toldTroubles, nextStatus) = (0, 0, 1.0)
    var last: Picture?
    watching: while clock.now.seconds < end {
      let news = try source.next(within: 100)
      // Each looked at once: what comes between two looks would never be told.
      let (events, troubles) = (source.events, source.troubles)
      for event in events.since(toldEvents) {
        try tell(Line(kind: "state", seconds: event.seconds, event: event))
      }
      toldEvents = events.count
      for trouble in troubles.since(toldTroubles) {
        try tell(Line(kind: "trouble", seconds: clock.now.seconds, trouble: "\(trouble)"))
      }
      toldTroubles = troubles.count
      switch news {
      case .frame(let frame): if save != nil { last = frame.picture }
      case .nothing: break
      case .ended: break watching
      }
      if clock.now.seconds >= nextStatus {
        try tell(Line(kind: "status", seconds: clock.now.seconds, status: source.status))
        nextStatus = clock.now.seconds.rounded(.down) + 1
      }
    }
    source.stop()
    try finish(source, last, at: clock.now.seconds)
  }

  private func finish(_ source: V4L2Source, _ last: Picture?, at seconds: Double) throws {
    try tell(
      Line(kind: "end", seconds: seconds, status: source.status, memory: ProcessMemory.now()))
    guard source.account.delivered > 0 else {
      throw Complaint(
        name.text, "not one frame came in \(String(format: "%.1f", seconds)) s",
        remedy: "look at the states above")
    }
    if let save, let last {
      try PictureFile.write(last, to: save)
      if !isJSON { print("saved \(save.relativePath)") }
    }
    if Interruption.isRequested, self.seconds != nil { throw ExitStatus.interrupted }
  }

  private func tell(_ line: Line) throws {
    if isJSON {
      try FileHandle.standardOutput.write(contentsOf: Data((JSONFile.line(line) + "\n").utf8))
    } else {
      let time = String(format: "%7.1f s  ", line.seconds)
      if let event = line.event { print("\(time)\(event.state.rawValue): \(event.reason)") }
      if let trouble = line.trouble { say("\(time)\(trouble)") }
      if let status = line.status { print(time + status.text) }
    }
  }
}

extension CameraStatus {
  /// One line for a person.
  var text: String {
    func number(_ value: Double?, _ unit: String) -> String {
      value.map { String(format: "%.1f", $0) + unit } ?? "–"
    }
    var parts = [
      "\(number(rate, "")) of \(number(nominalRate, " frames/s"))"
        + (isRateWrong ? " (wrong)" : ""),
      "age \(number(ageMilliseconds, " ms"))", "exposure \(number(exposureMilliseconds, " ms"))",
      "\(account.delivered) shown, \(account.dropped) dropped, "
        + (countsLosses ? "\(account.lost) lost" : "lost unknown") + " (\(bad) bad)",
    ]
    if restarts > 0 { parts.append("\(restarts) restarts") }
    if reconnects > 0 { parts.append("\(reconnects) reconnects") }
    if drifts > 0 { parts.append("\(drifts) controls set again") }
    return parts.joined(separator: ", ")
  }
}

/// What this process holds, for soaks: open files and memory.
struct ProcessMemory: Encodable {
  var openFiles: Int
  var residentKilobytes: Int

  /// As `/proc/self` tells; zeros where it does not.
  static func now() -> ProcessMemory {
    let files = FileManager.default
    let open = (try? files.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    let number = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return ProcessMemory(openFiles: open.count, residentKilobytes: number ?? 0)
  }
}
