import BeltSimulation
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import CameraCalibration

@Suite("Belt through a lens, on rigs of known truth")
struct LensedBeltHonestyTests {
  @Test("with the lens taken out, places are within the bound of lens and plane together")
  func plane() throws {
    var (belt, cube) = (Honesty("belt through a lens"), Honesty("cube on a picture by a lens"))
    var blind: [Double] = []
    for seed in 0..<UInt64(Trials.count(40)) {
      let rig = RigTruth(seed: seed).behindLens(seed: seed)
      let trueLens = try #require(rig.lens)
      var random = SplitMix64(seed: seed, purpose: "noise of a trial")
      var held = SimulatedBoards(trueLens)
      held.noise = random.nextUniform(0.02, 0.12)
      let lens = try LensCalibration(of: held.views(16, using: &random))
      var boards = RidingBoards(rig, noise: held.noise, seed: seed)
      let ride = boards.ride(standing: 3, riding: 9)
      var setup = BeltSetup()
      setup.lens = lens.lens
      let plain = try BeltPlane.estimate(ride, setup: setup)
      let found = plain.widened(by: lens)
      #expect(found.uncertainty.bound >= plain.uncertainty.bound)
      belt.note(
        error: found.color.worstError(
          against: rig.color, over: found.uncertainty.area, width: rig.width, height: rig.height,
          lens: found.lens, trueLens: trueLens),
        bound: found.uncertainty.bound)
      let registered = try CubeRegistration.estimate(
        boards.targets(5), color: found.color, lens: found.lens
      ).widened(byLens: try #require(found.lensErrorMillimeters))
      cube.note(
        error: registered.worstError(against: rig, plane: found),
        bound: registered.uncertainty.bound)
      // Pictures as they come: what the lens is there for.
      if let bent = try? BeltPlane.estimate(ride) {
        blind.append(
          bent.color.worstError(
            against: rig.color, over: found.uncertainty.area, width: rig.width,
            height: rig.height, trueLens: trueLens))
      }
    }
    if Trials.isLong { print(belt, cube, "without the lens \(median(blind)) mm", separator: "\n") }
    for honesty in [belt, cube] {
      #expect(honesty.share >= (Trials.isLong ? 0.93 : 0.87), "\(honesty)")
      #expect(honesty.ratio < 8, "\(honesty)")
    }
    // Without it the belt is off by millimeters.
    #expect(blind.isEmpty || median(blind) > 1)
  }

  @Test("a lens of another picture size is refused, with both sizes")
  func otherSize() throws {
    let rig = RigTruth(seed: 1).behindLens(seed: 1)
    var lens = try #require(rig.lens)
    lens.width = 1280
    var boards = RidingBoards(rig, noise: 0.05, seed: 1)
    var setup = BeltSetup()
    setup.lens = lens
    let error = #expect(throws: BeltError.self) {
      try BeltPlane.estimate(boards.ride(standing: 2, riding: 4), setup: setup)
    }
    #expect(
      error?.description.hasPrefix(
        "still-1: is 640 × 480 pixels, the lens was calibrated with 1280 × 480") == true,
      "\(error.map { "\($0)" } ?? "")")
  }

  @Test("a straight view undoes what bends, and shows nothing where a lens sees nothing")
  func straightView() throws {
    let lens = try #require(RigTruth(seed: 3).behindLens(seed: 3).lens)
    let view = StraightView(lens)
    for (x, y) in [(0.0, 0.0), (320, 240), (639, 479), (17, 400)] {
      let place = try #require(view.straight(Point(x: x, y: y)))
      let back = try #require(view.bent(place))
      #expect(abs(back.x - x) < 1e-6 && abs(back.y - y) < 1e-6)
    }
    #expect(view.bent(Point(x: 1e6, y: 0)) == nil)
    let same = StraightView(nil)
    #expect(same.bent(Point(x: 1e6, y: 0)) == Point(x: 1e6, y: 0))
  }
}

extension CubeRegistration {
  /// As `worstError(against:color:)`, through the plane's lens and the rig's.
  fileprivate func worstError(against rig: RigTruth, plane: BeltPlane) -> Double {
    guard let colorOfBelt = rig.color.inverse, let back = plane.color.inverse else {
      return .infinity
    }
    let (found, known) = (StraightView(plane.lens), StraightView(rig.lens))
    var worst = 0.0
    for row in 0...8 {
      for column in 0...12 {
        let area = uncertainty.area
        let place = Point<BeltFrame>(
          x: area.x + area.width * Double(column) / 12, y: area.y + area.height * Double(row) / 8)
        guard let pixel = found.bent(back(place)), let straight = known.straight(pixel) else {
          return .infinity
        }
        let point = rig.scan.cube(rig.color(straight))
        guard let shown = known.bent(colorOfBelt(rig.scan.belt(point))),
          let seen = found.straight(shown)
        else { return .infinity }
        let (own, wanted) = (cube(point), plane.color(seen))
        worst = max(worst, hypot(own.x - wanted.x, own.y - wanted.y))
      }
    }
    return worst
  }
}
