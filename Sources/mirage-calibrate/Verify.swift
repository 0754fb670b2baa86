import CommandKit
import Commissioning
import Diagnostics
import Foundation

/// Does every step again on fresh recordings and says what moved.
struct Verify: RigCommand {
  static let name = "verify"
  static let summary =
    "Does all steps again on fresh recordings: what moved, by how much, pass or fail."
  static let examples = [
    "mirage-calibrate verify --rig line-1 --from Fresh",
    "mirage-calibrate verify --rig line-1 --from Fresh --json verification.json",
  ]

  var options = RigOptions()
  var recordings = URL(filePath: "")
  var json: URL?

  static let flags: [Flag<Self>] =
    rigFlags + [
      .required(
        "--from", \.recordings, "FOLDER",
        "Fresh recordings, one folder a step: radiometry, wavelengths, intrinsics, belt, ..."),
      .optional("--json", \.json, "FILE", "Write every number as JSON, too"),
    ]

  func run() async throws {
    let verification = try Verification(of: options.folder(), on: recordings, tell: say)
    print(verification.text)
    if let json { try AtomicFile.write(JSONFile.encode(verification), to: json) }
    if !verification.isMet { throw ExitStatus.negative }
  }
}
