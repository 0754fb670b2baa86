import Foundation
import TestSupport
import Testing

@Suite("mirage-simulate")
struct SimulateTests {
  @Test("records what mirage-train can read, and never over other recordings")
  func record() throws {
    try withTemporaryFolder { folder in
      let arguments = [
        "record", "--out", "belt", "--recordings", "2", "--groups", "2", "--pieces", "3",
        "--scanner-pixel", "2", "--seed", "5",
      ]
      let first = try run("mirage-simulate", arguments, in: folder)
      #expect(first.status == 0, "\(first.error)")
      #expect(
        first.output == """
          2 recordings with 6 pieces, 6 of them labelled, lie in belt
          next: mirage-train inspect belt

          """)
      let again = try run("mirage-simulate", arguments, in: folder)
      #expect(again.status == 1)
      #expect(
        again.error == """
          mirage-simulate: belt: holds recordings already
            help: give another folder with --out, or remove this one

          """)
      let inspected = try run("mirage-train", ["inspect", "belt"], in: folder)
      #expect(inspected.status == 0, "\(inspected.output)\(inspected.error)")
    }
  }

  @Test("writes frames, their list, the truth and the calibration")
  func belt() throws {
    try withTemporaryFolder { folder in
      let result = try run(
        "mirage-simulate",
        ["belt", "--out", "frames", "--seconds", "0.4", "--rate", "5", "--format", "jpg"],
        in: folder)
      #expect(result.status == 0, "\(result.error)")
      let files = try FileManager.default.contentsOfDirectory(
        atPath: folder.appending(path: "frames").path)
      #expect(
        files.sorted() == [
          "calibration.json", "frame-00000.jpg", "frame-00001.jpg", "frames.json", "truth.json",
        ])
    }
  }

  @Test("says what is wrong with the shares of information")
  func shares() throws {
    let result = try run(
      "mirage-simulate",
      ["record", "--out", "x", "--scene", "coated", "--gamma", "0", "--alpha", "0"])
    #expect(result.status == 1)
    #expect(
      result.error == """
        mirage-simulate: coated.shares: all three are 0, so nothing decides the grade
          help: give at least one a share above 0

        """)
  }
}
