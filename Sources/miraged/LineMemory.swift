import CommandKit
import Diagnostics
import Foundation
import Synchronization

/// What is to be kept over a restart, and where.
struct MemoryWish: Sendable {
  var file: URL?
  var isAsWritten = false
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
  }

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
    settings["asWritten"] = nil
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

  /// Keeps what is sorted by now.
  func keep(_ kept: Kept) throws {
    try pages.withLock { pages in
      (pages.written, pages.kept) = (written, kept)
      try AtomicFile.write(JSONFile.encode(pages), to: file)
    }
  }
}

extension LineChoice {
  /// What the line begins with: what was chosen last, where that is kept, or what is written.
  static func first(_ options: Run, _ memory: LineMemory?) throws -> LineChoice {
    guard let memory else { return try LineChoice(options) }
    let place = memory.file.relativePath
    if memory.isOutdated {
      say("state: \(place): the configuration was written anew since; it holds")
      return try LineChoice(options)
    }
    guard let kept = memory.kept else { return try LineChoice(options) }
    guard !options.remembering.isAsWritten else {
      say("state: what was chosen last is left aside, as --as-written says")
      return try LineChoice(options)
    }
    do {
      let choice = try LineChoice(kept, over: options)
      say("state: \(place): as chosen last: \(choice.title); --as-written leaves it aside")
      return choice
    } catch {
      throw Complaint(
        place, "what was chosen last cannot be sorted by any more: \(error)",
        remedy: "mend that, or start with --as-written")
    }
  }
}
