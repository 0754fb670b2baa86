import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Puts the steps' results together into the file that line and training use.
struct Assemble: RigCommand {
  static let name = "assemble"
  static let summary = "Writes calibration.json, which line and training use, of the newest steps."
  static let examples = [
    "mirage-calibrate assemble --rig line-1",
    "mirage-calibrate assemble --rig line-1 --bar 862   # no timing yet: the bar by tape measure",
  ]

  var options = RigOptions()
  var wishes = RigAssembly.Wishes()

  static let flags: [Flag<Self>] =
    rigFlags + [
      .optional(
        "--bar", \.wishes.barMillimeters, "MM",
        "From the picture's zero to the valve bar by tape measure, where there is no timing"),
      .toggle("--take-failed", \.wishes.takesFailed, "Take what failed steps found, too"),
    ]

  func run() async throws {
    if let bar = wishes.barMillimeters, !(0...100_000).contains(bar) {
      throw Complaint("--bar", "\(bar) found, 0 to 100000 millimeters wanted")
    }
    let rig = try options.folder()
    let assembly = try RigAssembly(rig, wishes: wishes)
    let file = try rig.keep(assembly.calibration)
    print("assembled of: \(assembly.steps.map(\.rawValue).joined(separator: ", "))")
    for advice in assembly.advice {
      print("\(advice.weight.rawValue): \(advice.problem)\n  next: \(advice.remedy)")
    }
    print("calibration: \(try rig.calibration()?.calibration.id ?? "")")
    print("kept: \(file.relativePath)")
  }
}
