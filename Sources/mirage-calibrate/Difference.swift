import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Compares two certificates of a rig.
struct Difference: Command {
  static let name = "diff"
  static let summary = "Says what moved between two certificates, and whether it matters."
  static let examples = [
    "mirage-calibrate diff Calibration/Rigs/line-1/certificate-2026-01-31-120000.json new.json",
    "mirage-calibrate diff old.json new.json --folder Calibration/Rigs/line-1",
  ]

  var first = URL(filePath: "")
  var second = URL(filePath: "")
  var folder: URL?

  static let operands: [Operand<Self>] = [
    .required("FIRST", \.first, "The JSON of the earlier certificate"),
    .required("SECOND", \.second, "The JSON of the later one"),
  ]
  static let flags: [Flag<Self>] = [
    .optional(
      "--folder", \.folder, "FOLDER",
      "The rig's folder, where the certificates lie somewhere else (default: beside each)")
  ]

  func run() async throws {
    let (before, after) = (try Certificate.read(first), try Certificate.read(second))
    let comparison = CertificateComparison(
      (before, folder ?? first.deletingLastPathComponent()),
      (after, folder ?? second.deletingLastPathComponent()))
    print(comparison.text)
    if !comparison.isMet { throw ExitStatus.negative }
  }
}
