import CameraCalibration
import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Says which steps of a rig were done, how they stand and what comes next.
struct Status: RigCommand {
  static let name = "status"
  static let summary = "Says which steps of a rig were done, how they stand and what to do next."
  static let examples = [
    "mirage-calibrate status --rig line-1",
    "mirage-calibrate status --rig line-1 --bundles Runs",
  ]

  var options = RigOptions()
  var bundles: URL?

  static let flags: [Flag<Self>] =
    rigFlags + [
      .optional(
        "--bundles", \.bundles, "FOLDER",
        "List the bundles below it that the rig's newest calibration affects")
    ]

  func run() async throws {
    let rig = try options.folder()
    let status = try RigStatus(rig)
    guard !status.entries.isEmpty else {
      throw StepError(rig.folder.relativePath, .nothingYet)
    }
    print("rig \(status.rig)")
    for entry in status.entries {
      let age = RigStatus.age(of: entry.record, at: Date()).map { ", \($0) days old" } ?? ""
      let verdict = entry.record.judgement.verdict.rawValue
        .padding(toLength: 7, withPad: " ", startingAt: 0)
      print(
        "  \(verdict)  \(entry.step.rawValue): \(entry.record.date)\(age), "
          + entry.record.operatorName)
      for step in entry.outdated {
        print("           was made with a '\(step.rawValue)' that was done again since")
      }
    }
    let current = try rig.calibration()
    print("calibration: \(try current?.calibration.id ?? "not assembled yet")")
    let newer = try RigAssembly.newer(in: rig, than: current?.calibration)
    if current != nil, !newer.isEmpty {
      print("  older than: \(newer.map(\.rawValue).joined(separator: ", "))")
    }
    if let next = status.missing.first(where: CalibrationSteps.has) {
      print("next: \(next.command)")
    } else if !newer.isEmpty {
      print("next: mirage-calibrate assemble")
    }
    if let bundles { try list(bundles, against: current?.calibration, of: rig) }
  }

  private func list(_ folder: URL, against calibration: RigCalibration?, of rig: RigFolder) throws {
    guard let calibration else {
      throw Complaint(
        rig.folder.relativePath, "has no calibration to hold bundles against",
        remedy: "run 'mirage-calibrate assemble --rig \(rig.rig)'")
    }
    let today = String(Date().formatted(.iso8601).prefix(10))
    let standings = try BundleStanding.all(below: folder, against: calibration, today: today)
    print("bundles below \(folder.relativePath) of this rig: \(standings.count)")
    for standing in standings {
      print("  \(standing.isAffected ? "affected" : "good")  \(standing.name) (\(standing.folder))")
      for advice in standing.advice {
        print("    \(advice.weight.rawValue): \(advice.problem)\n      next: \(advice.remedy)")
      }
    }
    if standings.contains(where: \.isAffected) { throw ExitStatus.negative }
  }
}
