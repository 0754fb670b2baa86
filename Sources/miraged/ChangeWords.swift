import CommandKit
import Diagnostics
import Foundation
import Services

extension ChangeWords {
  /// The token, from the file that was named or that the configuration names.
  func token(_ options: Run) throws -> String {
    guard let file = token ?? options.tokenFile else {
      throw WrongOptions(
        "--token-file", "nothing found, the token that the daemon was started with wanted")
    }
    _ = try AccessToken(file: file)
    let text = String(decoding: try BoundedFile.read(file, limit: 4096), as: UTF8.self)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension DaemonClient {
  /// Asks at `address`, or where a configuration says.
  init(at address: String?, or options: Run, _ file: URL) throws {
    guard let address = address ?? options.http else {
      throw WrongOptions(
        "--daemon", "nothing found, and \(file.relativePath) says no 'http'",
        remedy: "say where the line's page is, as 127.0.0.1:8080")
    }
    try self.init(address)
  }
}

extension Run {
  /// The settings of a configuration without a mistake in its text.
  static func readable(_ file: URL) throws -> Run {
    let (options, _, problems) = try read(settings: file)
    guard let first = problems.first else { return options }
    throw Complaint(first, "\(problems.count) to correct", remedy: "'miraged check' says them all")
  }
}

extension ChangeStatus {
  /// Says what became of a change and what is otherwise now.
  func tell(_ differences: [SettingDifference]) throws {
    guard progress == .done else {
      throw Complaint("the line", problem ?? "refused the change")
    }
    for difference in differences { print(difference.text) }
    print("done, change \(number)\(differences.isEmpty ? "; no setting differs" : "")")
    if let problem { print(problem) }
  }
}
