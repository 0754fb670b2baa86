import CommandKit
import Diagnostics
import Foundation
import Services

/// Says what is otherwise in another configuration.
struct DiffCommand: Command {
  static let name = "diff"
  static let summary = "Says what is otherwise in another configuration, and what needs a restart."

  var first = URL(filePath: ".")
  var second: URL?
  var daemon: String?

  static let operands: [Operand<Self>] = [
    .required("FILE", \.first, "A configuration, JSON5"),
    .optional("OTHER", \.second, "Another one; without it FILE is held against what runs"),
  ]

  static let flags: [Flag<Self>] = [
    .optional("--daemon", \.daemon, "ADDRESS", "Where it runs; default: 'http' of FILE")
  ]

  static let examples = ["miraged diff line.json5", "miraged diff line.json5 line-2.json5"]

  func run() async throws {
    let options = try Run.readable(first)
    guard let second else {
      let running = try await DaemonClient(at: daemon, or: options, first).configuration
      return tell(from: running.settings, to: options.placedSettings)
    }
    tell(from: options.placedSettings, to: try Run.readable(second).placedSettings)
  }

  private func tell(from before: [String: String], to after: [String: String]) {
    let differences = Run.differences(from: before, to: after)
    for difference in differences {
      let isLive = Run.liveSettings.contains(difference.key)
      print("\(difference.text)  (\(isLive ? "while it sorts" : "needs a restart"))")
      print("  \(difference.meaning)")
    }
    let fixed = differences.count { !Run.liveSettings.contains($0.key) }
    print(
      differences.isEmpty
        ? "no setting differs"
        : fixed == 0
          ? "\(differences.count) different; 'miraged apply' can change all of it while it sorts"
          : "\(differences.count) different, \(fixed) of them need a restart")
  }
}

/// What whoever changes something says, and where.
struct ChangeWords: Sendable {
  var who = NSUserName()
  var why = ""
  var daemon: String?
  var token: URL?
}

/// Lets a running daemon sort by another configuration.
struct ApplyCommand: Command {
  static let name = "apply"
  static let summary = "Lets the running line take up another configuration, all of it or nothing."

  var file = URL(filePath: ".")
  var words = ChangeWords()

  static let operands: [Operand<Self>] = [
    .required("FILE", \.file, "The configuration, beside the one that it was started with")
  ]

  static let flags: [Flag<Self>] = [
    .required("--why", \.words.why, "TEXT", "Why, for the audit log"),
    .value("--who", \.words.who, "NAME", "Who changes it"),
    .optional("--daemon", \.words.daemon, "ADDRESS", "Where it runs; default: 'http' of FILE"),
    .optional("--token-file", \.words.token, "FILE", "Its token; default: 'tokenFile' of FILE"),
  ]

  static let examples = ["miraged apply line.json5 --why 'valves were exchanged'"]

  func run() async throws {
    let options = try Run.readable(file)
    let client = try DaemonClient(at: words.daemon, or: options, file)
    let running = try await client.configuration
    let folder = file.deletingLastPathComponent().absoluteURL.standardizedFileURL.path
    if let wanted = running.folder, wanted != folder {
      throw Complaint(
        file.relativePath, "lies in \(folder), the running configuration in \(wanted)",
        remedy: "put it there, so that the line finds it again after a restart")
    }
    let status = try await client.change(
      "/api/configuration/apply",
      ["configuration": file.lastPathComponent, "who": words.who, "why": words.why],
      token: words.token(options))
    try status.tell(
      Run.differences(from: running.settings, to: try await client.configuration.settings))
  }
}

/// Lets a running daemon take its last change back.
struct RevertCommand: Command {
  static let name = "revert"
  static let summary = "Takes the last change of the running line back, of recipe or configuration."

  var file = URL(filePath: ".")
  var words = ChangeWords()

  static let operands: [Operand<Self>] = [
    .required("FILE", \.file, "The configuration that says where the line is to be asked")
  ]
  static let flags: [Flag<Self>] = [
    .required("--why", \.words.why, "TEXT", "Why, for the audit log"),
    .value("--who", \.words.who, "NAME", "Who changes it"),
    .optional("--daemon", \.words.daemon, "ADDRESS", "Where it runs; default: 'http' of FILE"),
    .optional("--token-file", \.words.token, "FILE", "Its token; default: 'tokenFile' of FILE"),
  ]
  static let examples = ["miraged revert line.json5 --why 'the new latency is wrong'"]

  func run() async throws {
    let options = try Run.readable(file)
    let client = try DaemonClient(at: words.daemon, or: options, file)
    let before = try await client.configuration.settings
    let status = try await client.change(
      "/api/recipe/revert", ["who": words.who, "why": words.why], token: words.token(options))
    try status.tell(Run.differences(from: before, to: try await client.configuration.settings))
  }
}
