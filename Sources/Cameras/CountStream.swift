import Diagnostics
import Foundation
import Synchronization

/// Counts as lines of text from a serial port or a named pipe.
final class CountStream: Sendable {
  let place: String
  private let descriptor: Int32
  private let state = Mutex(State())

  private struct State {
    var bytes: [UInt8] = []
    /// Whether the line that was cut by our coming is over.
    var hasBegun = false
  }

  /// No line is longer.
  private static let limit = 256
  private static let waitMilliseconds: Int32 = 50

  init(_ file: URL) throws(EncoderFault) {
    place = file.relativePath
    descriptor = open(
      file.path(percentEncoded: false), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw EncoderFault(place, .unreadable(Self.words(errno))) }
    // Bytes as they come, at the speed that is set.
    var terminal = termios()
    if tcgetattr(descriptor, &terminal) == 0 {
      cfmakeraw(&terminal)
      _ = tcsetattr(descriptor, TCSANOW, &terminal)
    }
  }

  deinit { close(descriptor) }

  /// The newest whole line, waited for a moment; nil where none came.
  ///
  /// - Throws: an `EncoderFault` where the sender is gone, or sends no lines.
  func line() throws(EncoderFault) -> String? {
    try state.withLock { state throws(EncoderFault) in
      guard try fill(&state.bytes) else { return nil }
      let newline = UInt8(ascii: "\n")
      guard let end = state.bytes.lastIndex(of: newline) else {
        guard state.bytes.count <= Self.limit else {
          let found = String(decoding: state.bytes.prefix(16), as: UTF8.self)
          throw EncoderFault(place, .noCount(found: found))
        }
        return nil
      }
      let lines = state.bytes[..<end].split(separator: newline, omittingEmptySubsequences: false)
      state.bytes.removeFirst(end + 1)
      defer { state.hasBegun = true }
      guard let last = lines.last, state.hasBegun || lines.count > 1 else { return nil }
      return String(decoding: last, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  /// Takes what is there, or comes within a moment; false where nothing came.
  private func fill(_ bytes: inout [UInt8]) throws(EncoderFault) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, Self.waitMilliseconds) > 0 else { return false }
    guard Int32(waiting.revents) & POLLIN != 0 else {
      throw EncoderFault(place, .unreadable("what sends the counts is gone"))
    }
    var part = [UInt8](repeating: 0, count: 1024)
    let count = Foundation.read(descriptor, &part, part.count)
    if count < 0, [EINTR, EAGAIN].contains(errno) { return false }
    guard count >= 0 else { throw EncoderFault(place, .unreadable(Self.words(errno))) }
    guard count > 0 else {
      throw EncoderFault(place, .unreadable("what sends the counts is gone"))
    }
    bytes += part[..<count]
    return true
  }

  private static func words(_ number: Int32) -> String {
    "cannot be read: \(String(cString: strerror(number)))"
  }
}
