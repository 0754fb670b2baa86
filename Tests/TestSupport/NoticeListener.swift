import Diagnostics
import Foundation

/// Stands in for systemd at its notification socket, in a process of its own.
public final class NoticeListener {
  private let program: RunningProgram
  /// What `NOTIFY_SOCKET` would say.
  public let socket: String

  /// Listens at a path, or at an abstract name behind `@`.
  public init(at socket: String) throws {
    self.socket = socket
    let script = """
      import socket, sys
      name = sys.argv[1]
      listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      listener.bind("\\0" + name[1:] if name[0] == "@" else name)
      print("LISTENING", flush=True)
      while True:
          print(listener.recv(4096).decode(), flush=True)
      """
    program = try RunningProgram("/usr/bin/env", ["python3", "-c", script, socket])
    let end = ContinuousClock.now + .seconds(30)
    while lines.isEmpty {
      guard ContinuousClock.now < end else { throw Complaint(socket, "python3 does not listen") }
      Thread.sleep(forTimeInterval: 0.02)
    }
  }

  /// All that was told so far, a line each.
  public var lines: [String] { program.output.split(separator: "\n").map(String.init) }

  /// Waits until something was told; false after half a minute.
  public func waits(until isSo: ([String]) -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
      if isSo(lines) { return true }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return false
  }
}
