import BeltSimulation
import CameraCalibration
import Commissioning
import Diagnostics
import Foundation
import TestSupport
import Testing
import Units

@Suite("Commissioning of belt, registration and timing", .enabled(if: isOptimized))
struct BeltCommissioningTests {
  @Test("a simulated rig is found as it is, from recordings to documents", .tags(.slow))
  func wholeWay() throws {
    try withTemporaryFolder { folder in
      let made = try run(
        "mirage-simulate",
        ["rig", "--out", "Rig", "--seed", "5", "--knock", "3", "--shots", "12", "--no-lens"],
        in: folder)
      #expect(made.status == 0, "\(made.error)")
      let truth = try JSONFile.read(RigTruth.self, at: folder.appending(path: "Rig/truth.json"))
      let rig = try RigFolder(root: folder.appending(path: "Rigs"), rig: "try")
      try step("belt", folder, ["--board", "Rig/board.json"])
      let plane = try #require(try rig.latest(BeltStep.self)).document.result
      #expect(Self.worst(plane, truth) <= plane.uncertainty.bound)
      let speed = try #require(plane.speed)
      #expect(abs(speed.millimetersPerSecond / truth.beltMillimetersPerSecond - 1) < 0.002)
      try step("registration", folder, ["--board", "Rig/board.json"])
      let cube = try #require(try rig.latest(RegistrationStep.self)).document.result
      // The scenes were recorded after the scanner was knocked by 3 mm, and say so.
      #expect(cube.refinement?.outcome == .taken)
      #expect(cube.keystone?.groups.count == truth.bands)
      try step("timing", folder, [])
      let timing = try #require(try rig.latest(TimingStep.self)).document.result
      #expect(timing.barMillimeters.contains(truth.barMillimeters + Self.shift(plane, truth)))
      #expect(
        timing.delayMilliseconds.contains(
          truth.cameraLatencyMilliseconds + truth.valveDelayMilliseconds))
      let row = try #require(timing.nozzles)
      #expect(row.states.indices.filter { row.states[$0] == .dead } == truth.deadNozzles)
    }
  }

  @Test("what is missing is named, with what to do")
  func missing() throws {
    try withTemporaryFolder { folder in
      let arguments = ["--rig", "try", "--root", "Rigs", "--operator", "me", "--from", "Nowhere"]
      let early = try run("mirage-calibrate", ["registration"] + arguments, in: folder)
      #expect(early.status == 1)
      #expect(early.error.contains("the step 'belt' was not done yet on this rig"))
      let empty = try run("mirage-calibrate", ["belt"] + arguments, in: folder)
      #expect(empty.status == 1)
      #expect(empty.error.contains("Nowhere/board: no such folder, or it cannot be read"))
      #expect(empty.error.contains("Calibration/README.md says how recordings are laid out"))
    }
  }

  /// Runs a step; whatever its verdict, it must have kept a document.
  private func step(_ name: String, _ folder: URL, _ more: [String]) throws {
    let arguments = ["--rig", "try", "--root", "Rigs", "--operator", "me", "--from", "Rig/\(name)"]
    let done = try run("mirage-calibrate", [name] + arguments + more, in: folder)
    #expect([0, 3].contains(done.status), "\(done.error)")
    #expect(done.output.hasPrefix("verdict: "))
    #expect(done.output.contains("kept: Rigs/try/"))
  }

  /// Where the found frame's zero lies in the true one, along the travel.
  private static func shift(_ plane: BeltPlane, _ truth: RigTruth) -> Double {
    let middle = Point<ColorFrame>(x: Double(truth.width - 1) / 2, y: Double(truth.height - 1) / 2)
    return truth.color(middle).y - plane.color(middle).y
  }

  /// Largest error of the plane, both frames laid on each other in the middle of the picture.
  private static func worst(_ plane: BeltPlane, _ truth: RigTruth) -> Double {
    let middle = Point<ColorFrame>(x: Double(truth.width - 1) / 2, y: Double(truth.height - 1) / 2)
    let (own, wanted) = (plane.color(middle), truth.color(middle))
    guard let back = plane.color.inverse else { return .infinity }
    var worst = 0.0
    for (u, v) in [(0.0, 0.0), (1, 0), (0, 1), (1, 1), (0.5, 0)] {
      let area = plane.uncertainty.area
      let point = Point<BeltFrame>(x: area.x + u * area.width, y: area.y + v * area.height)
      let known = truth.color(back(point))
      worst = max(
        worst, hypot(known.x - wanted.x - point.x + own.x, known.y - wanted.y - point.y + own.y))
    }
    return worst
  }
}
