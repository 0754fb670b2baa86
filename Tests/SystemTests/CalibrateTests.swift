import Diagnostics
import Foundation
import TestSupport
import Testing

@Suite("mirage-calibrate")
struct CalibrateTests {
  @Test(
    "what is missing is told with the next command",
    arguments: [
      (
        ["status", "--rig", "line-1"], 1,
        """
        mirage-calibrate: Calibration/Rigs/line-1: no step was done yet on this rig
          help: this version keeps and compares steps, but measures none yet: see Limits in README.md

        """
      ),
      (
        ["report", "--rig", "line-1"], 1,
        """
        mirage-calibrate: Calibration/Rigs/line-1: no step was done yet on this rig
          help: this version keeps and compares steps, but measures none yet: see Limits in README.md

        """
      ),
      (
        ["verify", "--rig", "line-1", "--from", "Fresh"], 1,
        """
        mirage-calibrate: Calibration/Rigs/line-1: there is no such rig
          help: check --root and --rig: one folder a rig was wanted there

        """
      ),
      (
        ["status", "--rig", "../line"], 1,
        """
        mirage-calibrate: --rig: '../line' is no name for a rig, letters, digits, '-', '_' and '.' were wanted

        """
      ),
      (
        ["diff", "old.json", "new.json"], 1,
        """
        mirage-calibrate: old.json: no such file, or it cannot be read
          help: check the spelling

        """
      ),
      (
        ["verify", "--rig", "line-1"], 2,
        """
        mirage-calibrate: --from is missing: fresh recordings, one folder a step: radiometry, wavelengths, intrinsics, belt, ...
          help: run 'mirage-calibrate verify --help'

        """
      ),
    ] as [([String], Int32, String)])
  func refusals(arguments: [String], status: Int32, text: String) throws {
    try withTemporaryFolder { folder in
      let result = try run("mirage-calibrate", arguments, in: folder)
      #expect(result.status == status)
      #expect(result.error == text)
    }
  }
}
