import BeltSimulation
import CameraCalibration
import Commissioning
import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing
import Units

/// The whole way of a commissioning engineer, on recordings of a simulated rig.
@Suite("Calibration, the whole way", .enabled(if: isOptimized))
struct CalibrationWayTests {
  private static let rig = ["--rig", "line-1", "--root", "Rigs"]

  @Test("from recordings of seven steps to a file that the daemon takes", .tags(.slow))
  func wholeWay() throws {
    try withTemporaryFolder { folder in
      try simulate(["commission", "--out", "Monday", "--samples", "64"], folder)
      try simulate(["rig", "--out", "Rig", "--shots", "12"], folder)
      for (step, from, more) in [
        ("radiometry", "Monday/radiometry", []),
        ("radiometry", "Monday/color-radiometry", ["--of", "color"]),
        ("wavelengths", "Monday/wavelengths", []),
        ("intrinsics", "Rig/intrinsics", ["--board", "Rig/grid.json"]),
        ("belt", "Rig/belt", ["--board", "Rig/board.json"]),
        ("registration", "Rig/registration", ["--board", "Rig/board.json"]),
      ] as [(String, String, [String])] {
        let text = try calibrate([step, "--operator", "Eva", "--from", from] + more, folder)
        #expect(text.contains("kept: Rigs/line-1/"), "\(text)")
      }
      try refuseWithoutTiming(folder)
      // Twelve shots do not tell the delay to a millisecond, and the step says so.
      _ = try calibrate(
        ["timing", "--operator", "Eva", "--from", "Rig/timing"], folder, status: 3)
      let file = try assembled(folder)
      try check(file, against: folder.appending(path: "Rig/truth.json"))
      try checkCertificate(folder)
      try verify(folder)
      try sort(with: file, folder)
    }
  }

  private func simulate(_ arguments: [String], _ folder: URL) throws {
    let made = try run("mirage-simulate", arguments, in: folder)
    try #require(made.status == 0, "\(made.error)")
  }

  private func calibrate(
    _ arguments: [String], _ folder: URL, status: Int32 = 0
  ) throws -> String {
    let result = try run("mirage-calibrate", arguments + Self.rig, in: folder)
    #expect(result.status == status, "\(arguments)\n\(result.output)\(result.error)")
    return result.output
  }

  private func refuseWithoutTiming(_ folder: URL) throws {
    let early = try run("mirage-calibrate", ["assemble"] + Self.rig, in: folder)
    #expect(early.status == 1)
    #expect(
      early.error == """
        mirage-calibrate: Rigs/line-1: cannot be assembled: 'timing' was not done yet
          help: run 'mirage-calibrate timing'

        """)
    let status = try calibrate(["status"], folder)
    #expect(status.contains("next: mirage-calibrate timing"), "\(status)")
  }

  /// Assembles, which a failed step must be told to allow; twice gives one file.
  private func assembled(_ folder: URL) throws -> URL {
    let refused = try run("mirage-calibrate", ["assemble"] + Self.rig, in: folder)
    #expect(refused.status == 1 && refused.error.contains("'timing' failed on "))
    let text = try calibrate(["assemble", "--take-failed"], folder)
    #expect(
      text.hasPrefix("assembled of: color-radiometry, intrinsics, belt, registration, timing\n"),
      "\(text)")
    #expect(try calibrate(["assemble", "--take-failed"], folder) == text)
    let name = try #require(text.split(separator: "\n").last?.split(separator: " ").last)
    return folder.appending(path: String(name))
  }

  /// What the file says of the belt is what is true of the rig.
  private func check(_ file: URL, against truthFile: URL) throws {
    let calibration = try RigCalibration.read(file)
    let truth = try JSONFile.read(RigTruth.self, at: truthFile)
    let registration = try Registration(calibration, place: "file")
    let mount = try #require(calibration.lens)
    let straight = StraightView(truth.lens)
    let middle = Point<ColorFrame>(x: Double(truth.width) / 2, y: Double(truth.height) / 2)
    func belts(_ pixel: Point<ColorFrame>) throws -> (own: Point<BeltFrame>, true: Point<BeltFrame>)
    {
      (
        try #require(mount.beltPoint(pixel)), truth.color(try #require(straight.straight(pixel)))
      )
    }
    // Where zero lies is a choice; all else is not.
    let origin = try belts(middle)
    for (x, y) in [(60.0, 60.0), (580, 60), (60, 420), (580, 420), (320, 40)] {
      let place = try belts(Point(x: x, y: y))
      let off = hypot(
        place.own.x - origin.own.x - place.true.x + origin.true.x,
        place.own.y - origin.own.y - place.true.y + origin.true.y)
      #expect(off < 0.5, "at \(x), \(y)")
      let again = registration.cameraPoint(place.own)
      #expect(hypot(again.x - x, again.y - y) < 0.01)
    }
    let valves = try #require(calibration.valves)
    #expect(abs(valves.nozzles?.count ?? 0) == truth.nozzles)
    #expect(
      Set(calibration.steps?.keys.map { $0 } ?? [])
        == ["color-radiometry", "intrinsics", "belt", "registration", "timing"])
    #expect(calibration.colorCorrection != nil)
  }

  private func checkCertificate(_ folder: URL) throws {
    let report = try calibrate(["report", "--out", "before.html"], folder, status: 3)
    #expect(report.contains("page: before.html"))
    let html = try String(contentsOf: folder.appending(path: "before.html"), encoding: .utf8)
    let page = try ScannedPage(html)
    for step in StepName.allCases {
      #expect(page.elements.contains { $0.attributes["id"] == step.rawValue }, "\(step)")
    }
    #expect(!page.elements.contains { $0.name == "script" })
    #expect(page.text.contains("distortion was taken out"))
    let twin = try Certificate.read(folder.appending(path: "before.json"))
    let status = try calibrate(["status"], folder)
    #expect(status.contains("calibration: \(try #require(twin.calibration))\n"), "\(status)")
    #expect(!status.contains("older than"), "\(status)")
  }

  /// Another day's recordings of the same rig: nothing may have moved.
  private func verify(_ folder: URL) throws {
    try simulate(["rig", "--out", "Fresh", "--take", "2", "--shots", "6"], folder)
    try FileManager.default.removeItem(at: folder.appending(path: "Fresh/timing"))
    let verified = try calibrate(["verify", "--from", "Fresh"], folder)
    #expect(verified.hasSuffix("verdict: pass\n"), "\(verified)")
    #expect(verified.contains("pass  registration"))
    #expect(verified.contains("not verified: radiometry, color-radiometry, wavelengths, timing"))
    // A camera that was knocked since: the numbers that moved are named.
    try simulate(["rig", "--out", "Other", "--seed", "4", "--shots", "6"], folder)
    let moved = try calibrate(["verify", "--from", "Other"], folder, status: 3)
    #expect(moved.contains("the RGB camera's view of the belt moved"), "\(moved)")
  }

  /// The daemon takes the file, and refuses pictures of another size by both.
  private func sort(with file: URL, _ folder: URL) throws {
    try MiragedTests.writeBundle(to: folder.appending(path: "bundle"))
    func arguments(_ frames: String) -> [String] {
      [
        "run", "--bundle", "bundle", "--frames", frames, "--calibration", file.path,
        "--eject", "copper",
      ]
    }
    let sorted = try run("miraged", arguments("Rig/belt/running"), in: folder)
    #expect(sorted.status == 0, "\(sorted.error)")
    #expect(sorted.error.contains("frames 40 = 40 decided"), "\(sorted.error)")
    let other = folder.appending(path: "Other size")
    try PictureFile.write(
      Picture(width: 320, height: 240), to: other.appending(path: "frame-1.png"))
    let wrong = try run("miraged", arguments(other.path) + ["--speed", "500"], in: folder)
    #expect(wrong.status != 0)
    #expect(wrong.error.contains("but the rig was calibrated on 640 × 480"), "\(wrong.error)")
  }
}
