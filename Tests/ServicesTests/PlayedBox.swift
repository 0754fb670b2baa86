import Diagnostics
import Foundation
import TestSupport

/// `Tools/valve-box/box.py`, running: a box with valves in another program and another language.
final class PlayedBox {
  /// One line that it wrote.
  struct Line: Decodable {
    let event: String
    let box: Int64
    let port: Int?
    let path: String?
    let sequence: Int?
    let on: Int64?
    let off: Int64?
    let late: Int64?
    let nozzles: [Int]?
    let why: String?
  }

  private let program: RunningProgram

  init(_ address: String, _ options: [String] = []) throws {
    let script = packageRoot.appending(path: "Tools/valve-box/box.py")
    program = try RunningProgram("/usr/bin/env", ["python3", script.path, address] + options)
  }

  /// The lines so far; the last may be half written.
  var lines: [Line] {
    program.output.split(separator: "\n").compactMap { line in
      // A line that is still being written is read the next time.
      try? JSONFile.decode(Line.self, from: Data(line.utf8), place: "box")
    }
  }

  func lines(_ event: String) -> [Line] { lines.filter { $0.event == event } }

  /// Waits until something holds; false after half a minute.
  func waits(until isSo: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
      if isSo() { return true }
      Thread.sleep(forTimeInterval: 0.01)
    }
    return false
  }

  /// Where it can be spoken to.
  func address() throws -> String {
    guard waits(until: { !lines("listening").isEmpty }), let line = lines("listening").first else {
      throw Complaint("box.py", "did not start: \(program.error)")
    }
    if let path = line.path { return "serial:\(path)" }
    return "udp://127.0.0.1:\(line.port ?? 0)"
  }

  func kill() {
    program.send(SIGKILL)
    _ = program.finish()
  }
}
