import Diagnostics
import Foundation
import Sorting
import Synchronization

/// Events on standard output, one JSON object a line.
final class LineOutput: Sendable {
  private let state = Mutex<Complaint?>(nil)

  init() {
    // A reader that went away is then told as a failed write, after a whole summary.
    signal(SIGPIPE, SIG_IGN)
  }

  var failure: Complaint? { state.withLock { $0 } }
  var hasFailed: Bool { failure != nil }

  func write(_ event: SortEvent) {
    guard !hasFailed else { return }
    do {
      let line = try JSONFile.line(event) + "\n"
      try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
    } catch {
      // The reason is a closed pipe or a full disk; the system's own words say neither.
      state.withLock {
        $0 = Complaint(
          "standard output", "cannot be written any more; the run was ended there",
          remedy: "let the reader of the lines stay until the end, or write them to a file")
      }
    }
  }
}
