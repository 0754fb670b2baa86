import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Says which steps of a rig were done, how they stand and what comes next.
struct Status: RigCommand {
  static let name = "status"
  static let summary = "Says which steps of a rig were done, how they stand and what to do next."
  static let examples = ["mirage-calibrate status --rig line-1"]

  var options = RigOptions()

  static let flags: [Flag<Self>] = rigFlags

  func run() async throws {
    let rig = try options.folder()
    let status = try RigStatus(rig)
    guard !status.entries.isEmpty else {
      throw StepError(rig.folder.relativePath, .nothingYet)
    }
    print("rig \(status.rig)")
    for entry in status.entries {
      let age = RigStatus.age(of: entry.record, at: Date()).map { ", \($0) days old" } ?? ""
      print(
        "  \(entry.record.judgement.verdict.rawValue.padding(toLength: 7, withPad: " ", startingAt: 0))"
          + "  \(entry.step.rawValue): \(entry.record.date)\(age), \(entry.record.operatorName)")
      for step in entry.outdated {
        print("           was made with a '\(step.rawValue)' that was done again since")
      }
    }
    if let next = status.missing.first { print("next: \(next.command)") }
  }
}
