import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as a flag that long work looks at between two whole steps.
public enum Interruption {
  private static let flag = Atomic<Bool>(false)

  /// Whether a person or the system asked the program to stop.
  public static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// From now on the first signal only sets the flag; a second one ends the program at once.
  public static func install() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { received in
        // Only an atomic store and signal(2): both are safe inside a signal handler.
        Interruption.flag.store(true, ordering: .relaxed)
        signal(received, SIG_DFL)
      }
    }
  }

  /// Throws when a stop was asked for; `saved` says what the person can rely on.
  public static func check(saved: String) throws {
    if isRequested { throw Interrupted(saved: saved) }
  }
}

/// Work that stopped because a person asked for it.
public struct Interrupted: Explained {
  public let saved: String
  public var place: String { "interrupted" }
  public var problem: String { saved }
  public var exitStatus: ExitStatus { .interrupted }

  public init(saved: String) { self.saved = saved }
}
