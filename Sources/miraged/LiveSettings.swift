import CommandKit
import Diagnostics
import Foundation

extension Run {
  /// The keys of a configuration that can be changed while the line sorts.
  static let liveSettings = ["bundle", "eject", "lot", "recipe", "threads", "valveLatency"]

  /// What would run if `file`, beside the configuration that runs, were in its place; nothing that
  /// it names was opened yet.
  ///
  /// What was typed on the command line holds against it, as at the start.
  ///
  /// - Throws: a `Complaint` with all that is wrong with the text, or that needs a restart.
  func with(configuration text: String, in file: URL) throws -> Run {
    var (options, problems) = try Self.read(
      settings: text, place: file.lastPathComponent, in: file.deletingLastPathComponent(),
      beside: self, CommandLine.arguments)
    guard problems.isEmpty else {
      throw Complaint(
        "configuration '\(file.lastPathComponent)'", problems.joined(separator: "; "),
        remedy: "nothing was changed; 'miraged check' says all that is wrong")
    }
    options.config = file
    return options
  }

  /// Refuses what cannot be changed while the line sorts.
  func checkIsLive(from running: Run) throws(Complaint) {
    let fixed = Self.differences(from: running.placedSettings, to: placedSettings)
      .filter { !Self.liveSettings.contains($0.key) }
    guard !fixed.isEmpty else { return }
    let name = config?.lastPathComponent ?? "configuration"
    throw Complaint(
      "configuration '\(name)'",
      "needs a restart: " + fixed.map(\.text).joined(separator: "; "),
      remedy: "nothing was changed; only \(Self.liveSettings.joined(separator: ", ")) can be "
        + "changed while it sorts")
  }
}

/// What a configuration says, as it was when it was read.
struct ConfigurationText: Sendable, Codable, Equatable {
  /// The name of its file.
  var name: String
  var text: String

  /// The largest that is read.
  private static let limit = 1 << 20

  /// Reads `file`.
  init(_ file: URL) throws {
    name = file.lastPathComponent
    text = String(decoding: try BoundedFile.read(file, limit: Self.limit), as: UTF8.self)
  }

  var digest: Digest { Digest(of: text) }
}
