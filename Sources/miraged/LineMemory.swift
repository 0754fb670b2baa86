import CommandKit
import Diagnostics
import Foundation
import Synchronization

/// What is to be kept over a restart, and where.
struct MemoryWish: Sendable {
  var file: URL?
  var isAsWritten = false
  var safeMode = SafeMode.auto
}

/// What is kept of a line over its restarts: what was changed since the configuration was written.
///
/// What was changed holds until somebody edits the configuration itself or types other flags.
final class LineMemory: Sendable {
  /// What was chosen while it sorted; both nil for what is written.
  struct Kept: Sendable, Codable, Equatable {
    var configuration: ConfigurationText?
    var recipe: String?

    var isAsWritten: Bool { configuration == nil && recipe == nil }
  }

  private struct Pages: Sendable, Codable {
    var version = 1
    /// Of what is written, when something was changed.
    var written: Digest?
    var kept = Kept()
    /// What was sorted by when a start was last known to be good; with what was written then.
    var good: Good?
    /// Starts of which nobody knows yet that they were good, in seconds since 1970.
    var starts: [Double]?
  }

  private struct Good: Sendable, Codable {
    var written: Digest
    var kept: Kept
  }

  /// Starts that failed longer ago say nothing any more; more than so many are not remembered.
  private static let lately = 600.0
  private static let startLimit = 20
  /// The largest file that is read.
  private static let limit = 4 << 20

  let file: URL
  private let written: Digest
  private let pages: Mutex<Pages>

  /// Nil where nothing is to be kept.
  ///
  /// - Parameter environment: names systemd's folder for what is kept, which is taken where the
  ///   options name no file.
  init?(_ options: Run, _ environment: [String: String]) throws {
    let folder = environment["STATE_DIRECTORY"]?.split(separator: ":").first.map(String.init)
    guard
      let file = options.remembering.file
        ?? (options.isPaced ? folder.map { URL(filePath: $0).appending(path: "line.state") } : nil)
    else { return nil }
    guard options.isPaced else {
      throw WrongOptions(
        "--state", "found without real time", remedy: "add --pace real, or a --rate")
    }
    self.file = file
    var settings = options.placedSettings
    for key in ["asWritten", "safeMode"] { settings[key] = nil }
    written = Digest(of: try JSONFile.line(settings))
    guard FileManager.default.fileExists(atPath: file.path) else {
      pages = Mutex(Pages())
      return
    }
    pages = Mutex(try Self.read(file))
  }

  private static func read(_ file: URL) throws -> Pages {
    let place = file.relativePath
    do {
      let bytes = try BoundedFile.read(file, limit: Self.limit)
      let pages = try JSONFile.decode(Pages.self, from: bytes, place: place)
      guard pages.version == 1 else {
        throw Complaint(place, "version \(pages.version) found, 1 wanted")
      }
      return pages
    } catch {
      // What someone chose must not be forgotten silently, and the line sorts otherwise without it.
      throw Complaint(
        place, "is not what 'miraged run' keeps: \(error)",
        remedy: "take the file away; the line then starts as its configuration says")
    }
  }

  /// What was changed since the configuration was written; nil where nothing was.
  var kept: Kept? {
    pages.withLock { pages in
      pages.written == written && !pages.kept.isAsWritten ? pages.kept : nil
    }
  }

  /// Whether something was changed once, and the configuration was edited since.
  var isOutdated: Bool {
    pages.withLock { $0.written != written && !$0.kept.isAsWritten }
  }

  /// What was sorted by at the last good start, where that is another thing than now; as it was
  /// written or as it was chosen, but never by a configuration that was edited since.
  var good: Kept? {
    pages.withLock { pages in
      guard let good = pages.good, good.written == written else { return nil }
      let now = pages.written == written ? pages.kept : Kept()
      return good.kept == now ? nil : good.kept
    }
  }

  /// Writes down that it starts; gives how many starts before it, of late, came to nothing.
  func noteStart(at now: Date = .now) throws -> Int {
    try pages.withLock { pages in
      // A clock that was set back makes none of them old.
      let late = (pages.starts ?? []).filter { now.timeIntervalSince1970 - $0 < Self.lately }
      pages.starts = late.suffix(Self.startLimit) + [now.timeIntervalSince1970]
      try AtomicFile.write(JSONFile.encode(pages), to: file)
      return late.count
    }
  }

  /// Writes down that this start was good, with what is sorted by.
  func noteGood() throws {
    try pages.withLock { pages in
      pages.starts = nil
      pages.good = Good(written: written, kept: pages.written == written ? pages.kept : Kept())
      try AtomicFile.write(JSONFile.encode(pages), to: file)
    }
  }

  /// Keeps what is sorted by now.
  func keep(_ kept: Kept) throws {
    try pages.withLock { pages in
      (pages.written, pages.kept) = (written, kept)
      try AtomicFile.write(JSONFile.encode(pages), to: file)
    }
  }
}
