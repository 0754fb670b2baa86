/// What a program's exit status means to a script.
///
/// Thrown by a command that has said on its output all there is to say: nothing more is printed.
public enum ExitStatus: Int32, Error, Sendable {
  case success = 0
  /// The input or the world was wrong; the message says what.
  case failure = 1
  /// The command line was wrong.
  case usage = 2
  /// The program did its work and the answer is no (a check failed, a limit was exceeded).
  case negative = 3
  /// Ctrl-C or SIGTERM; what was written is whole.
  case interrupted = 130
}
