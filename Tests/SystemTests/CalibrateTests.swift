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
          help: begin with 'mirage-calibrate radiometry', see Calibration/README.md

        """
      ),
      (
        ["report", "--rig", "line-1"], 1,
        """
        mirage-calibrate: Calibration/Rigs/line-1: no step was done yet on this rig
          help: begin with 'mirage-calibrate radiometry', see Calibration/README.md

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

  @Test("tile, lamp, sheet and chart of a simulated rig become a certificate")
  func measured() throws {
    try withTemporaryFolder { folder in
      func simulate(_ arguments: [String]) throws {
        let result = try run(
          "mirage-simulate", ["commission", "--samples", "64"] + arguments, in: folder)
        #expect(result.status == 0, "\(result.error)")
      }
      func calibrate(_ arguments: [String]) throws -> ProgramResult {
        try run("mirage-calibrate", arguments + ["--rig", "line-1"], in: folder)
      }
      try simulate(["--out", "Monday"])
      for (arguments, recordings) in [
        (["radiometry"], "radiometry"), (["radiometry", "--of", "color"], "color-radiometry"),
        (["wavelengths"], "wavelengths"),
      ] {
        let result = try calibrate(
          arguments + ["--operator", "Eva", "--from", "Monday/\(recordings)"])
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.hasPrefix("verdict: pass"))
        #expect(result.output.contains("kept: Calibration/Rigs/line-1/"))
      }
      let verified = try calibrate(["verify", "--from", "Monday"])
      #expect(verified.status == 0 && verified.output.hasSuffix("verdict: pass\n"))
      // Steps that were not done are named, with the command that does them.
      let report = try calibrate(["report"])
      #expect(report.status == 0 && report.output.hasPrefix("verdict: caution"))
      #expect(report.output.contains("next: run 'mirage-calibrate belt'"))
      try simulate(["--out", "Tuesday", "--white-ms", "20"])
      let full = try calibrate(
        ["radiometry", "--operator", "Eva", "--from", "Tuesday/radiometry"])
      #expect(full.status == 3)
      #expect(full.output.contains("failure: white is saturated in"))
      #expect(full.output.contains("  next: set the integration time to 12 ms"))
      let moved = try calibrate(["verify", "--from", "Monday"])
      #expect(moved.status == 3 && moved.output.contains("white level moved"))
    }
  }
}
