import BeltSimulation
import CameraCalibration
import Foundation
import Hyperspectral
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@Suite("Registration on rigs of known truth")
struct RegistrationHonestyTests {
  @Test("a cube lies on the picture within the stated bound")
  func targets() throws {
    var cube = Honesty("cube on picture")
    for seed in 0..<UInt64(Trials.count(40)) {
      let rig = RigTruth(seed: seed)
      var random = SplitMix64(seed: seed, purpose: "noise of a trial")
      var boards = RidingBoards(rig, noise: random.nextUniform(0.02, 0.12), seed: seed)
      let plane = try BeltPlane.estimate(boards.ride(standing: 3, riding: 8)).color
      let found = try CubeRegistration.estimate(boards.targets(5), color: plane)
      cube.note(
        error: found.worstError(against: rig, color: plane), bound: found.uncertainty.bound)
    }
    if Trials.isLong { print(cube) }
    #expect(cube.share >= (Trials.isLong ? 0.93 : 0.87), "\(cube)")
    #expect(cube.ratio < 6, "\(cube)")
  }

  @Test("scenes improve a registration or leave it as it is")
  func scenes() throws {
    var (stayed, moved) = (Honesty("confirmed by scenes"), Honesty("taken from scenes"))
    var worsened: [String] = []
    let count = isOptimized ? Trials.count(6) : 1
    for seed in 0..<UInt64(count) {
      let rig = RigTruth(seed: seed)
      var random = SplitMix64(seed: seed, purpose: "noise of a trial")
      var boards = RidingBoards(rig, noise: random.nextUniform(0.02, 0.12), seed: seed)
      let before = try CubeRegistration.estimate(boards.targets(4), color: rig.color)
      // Every second rig is knocked after the target was recorded.
      let isKnocked = seed % 2 == 1
      let now =
        isKnocked ? rig.knocked(byMillimeters: random.nextUniform(1, 6), seed: seed) : rig
      let after = try before.refined(on: [Self.scene(now, seed: seed)], color: rig.color)
      let (errorBefore, errorAfter) = (
        before.worstError(against: now, color: rig.color),
        after.worstError(against: now, color: rig.color)
      )
      let outcome = try #require(after.refinement).outcome
      if outcome == .taken {
        moved.note(error: errorAfter, bound: after.uncertainty.bound)
      } else if !isKnocked {
        stayed.note(error: errorAfter, bound: after.uncertainty.bound)
      }
      if errorAfter > errorBefore {
        worsened.append("rig \(seed): \(errorBefore) to \(errorAfter)")
      }
      #expect(
        !isKnocked || outcome == .taken, "rig \(seed) was knocked by \(errorBefore) mm: \(outcome)")
    }
    if Trials.isLong { print(stayed, moved, "worsened: \(worsened)", separator: "\n") }
    #expect(worsened.isEmpty)
    if moved.count > 0 { #expect(moved.share >= (Trials.isLong ? 0.93 : 0.6), "\(moved)") }
  }

  /// A belt strewn with pieces, seen by both cameras.
  static func scene(_ truth: RigTruth, seed: UInt64) -> RegisteredScene {
    let rig = SimulatedRig(truth, seed: seed)
    let scene = RigScene(seed: seed).strewn(with: 60, over: rig.sharedArea, seed: seed)
    return RegisteredScene(
      "scene", picture: rig.picture(of: scene, atBeltMillimeters: 0),
      scan: ScanPicture(rig.cube(of: scene, atBeltMillimeters: 0)))
  }
}

extension RidingBoards {
  /// A target laid at several places, recorded by both cameras.
  mutating func targets(_ count: Int) -> [TargetPair] {
    (0..<count).map { number in
      var laid = laid()
      // Once around the belt, so that its edges are seen too.
      laid.x = number % 2 == 0 ? 30 : 130
      laid.y = 30 + 90 * Double(number / 2 % 2)
      let name = "target-\(number + 1)"
      return TargetPair(
        name, color: colorView(laid, at: 0, name: name), cube: cubeView(laid, at: 0, name: name))
    }
  }
}

extension CubeRegistration {
  /// Largest distance over the belt between where this lays what the cube sees, and where the
  /// picture truly shows it, laid on the belt by `color`.
  func worstError(against rig: RigTruth, color: Homography<ColorFrame, BeltFrame>) -> Double {
    guard let colorOfBelt = rig.color.inverse, let back = color.inverse else { return .infinity }
    var worst = 0.0
    for row in 0...8 {
      for column in 0...12 {
        let area = uncertainty.area
        let place = Point<BeltFrame>(
          x: area.x + area.width * Double(column) / 12, y: area.y + area.height * Double(row) / 8)
        // The picture's place there, the true belt under it, and what of the cube is that.
        let point = rig.scan.cube(rig.color(back(place)))
        let (found, wanted) = (cube(point), color(colorOfBelt(rig.scan.belt(point))))
        worst = max(worst, hypot(found.x - wanted.x, found.y - wanted.y))
      }
    }
    return worst
  }
}
