import BeltSimulation
@testable import CameraCalibration
import Foundation
import Hyperspectral
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@Suite("Cube registration")
struct CubeRegistrationTests {
  static let rig = RigTruth(seed: 11)

  static func targets(noise: Double = 0.05, _ count: Int = 4) -> [TargetPair] {
    var boards = RidingBoards(rig, noise: noise, seed: 5)
    return boards.targets(count)
  }

  @Test("a place goes to the cube and back")
  func roundTrip() {
    for (x, y) in [(0.0, 0.0), (339, 271), (20, 200), (170, 135)] {
      let back = Self.rig.scan.cube(Self.rig.scan.belt(Point(x: x, y: y)))
      expectClose([back.x, back.y], [x, y], absolute: 1e-8)
    }
  }

  @Test("exact corners give the exact slit, skew and travel")
  func exact() throws {
    let found = try CubeRegistration.estimate(Self.targets(noise: 0), color: Self.rig.color)
    let (own, truth) = (found.geometry, Self.rig.scan)
    expectClose(
      [
        own.start, own.millimetersPerSample, own.along, own.skew, own.millimetersPerLine, own.drift,
      ],
      [
        truth.start, truth.millimetersPerSample, truth.along, truth.skew,
        truth.millimetersPerLine, truth.drift,
      ], absolute: 1e-5)
    #expect(found.homographyErrorMillimeters < 0.5)
    #expect(found.worstError(against: Self.rig, color: Self.rig.color) <= found.uncertainty.bound)
  }

  @Test("a scanner that leans is no homography, and the bound says how far it is from one")
  func leaning() throws {
    var rig = Self.rig
    rig.scan.tilt = 2e-4
    var boards = RidingBoards(rig, noise: 0.03, seed: 5)
    let found = try CubeRegistration.estimate(boards.targets(4), color: rig.color)
    #expect(found.homographyErrorMillimeters > 0.5)
    #expect(found.worstError(against: rig, color: rig.color) <= found.uncertainty.bound)
    var limits = CubeRegistration.Limits()
    limits.errorMillimeters = 0.6
    let judgement = found.judgement(limits)
    #expect(judgement.verdict == .fail)
    #expect(judgement.advice.contains { $0.remedy.hasPrefix("turn the scanner upright") })
  }

  @Test("a target that slid between the cameras is left out by name")
  func slid() throws {
    var targets = Self.targets()
    for index in targets[2].cube.corners.indices { targets[2].cube.corners[index].picture.y += 6 }
    let found = try CubeRegistration.estimate(targets, color: Self.rig.color)
    #expect(found.targets.map { $0.rejection == nil } == [true, true, false, true])
    #expect(found.targets[2].rejection?.contains("the target slid between the cameras") == true)
    #expect(found.worstError(against: Self.rig, color: Self.rig.color) < 0.5)
  }

  @Test("targets in the middle alone are not enough, and the map says where")
  func coverage() throws {
    var targets = Self.targets(1)
    for index in targets.indices {
      targets[index].cube.corners.removeAll { $0.number % 9 > 4 }
    }
    let found = try CubeRegistration.estimate(targets, color: Self.rig.color)
    #expect(
      found.judgement().advice.contains { $0.problem.hasPrefix("targets covered") })
    let area = found.uncertainty.area
    let (left, right) = (
      found.uncertainty.radius(at: Point(x: area.x, y: area.y)),
      found.uncertainty.radius(at: Point(x: area.x + area.width, y: area.y))
    )
    #expect(right > 1.5 * left)
  }

  @Test(
    "bad targets are refused by name, with what to do",
    arguments: [
      BadTargets({ $0 = [] }, "targets: no target was seen by both cameras, one at least"),
      BadTargets(
        {
          $0 = [$0[0]]
          $0[0].cube.corners.removeLast($0[0].cube.corners.count - 3)
        }, "target-1: 3 corners were seen by both cameras, 8 at least were wanted\n  help: print"),
      BadTargets(
        { targets in
          for index in targets.indices {
            for corner in targets[index].cube.corners.indices {
              targets[index].cube.corners[corner].number += 100
            }
          }
        }, "target-1: picture and cube show no corner in common"),
      BadTargets(
        { $0[1].samples = 320 }, "target-2: the cube is 320 samples wide, the others are 340"),
      BadTargets(
        { targets in
          for index in targets.indices {
            for corner in targets[index].cube.corners.indices {
              targets[index].cube.corners[corner].picture.x *= -1
            }
          }
        }, "target-1: the cube shows the target mirrored against the picture\n  help: reverse"),
      BadTargets(
        { targets in
          for index in targets.indices {
            for corner in targets[index].cube.corners.indices {
              let place = targets[index].cube.corners[corner].picture
              targets[index].cube.corners[corner].picture = Point(
                x: 340 - place.x, y: 272 - place.y)
            }
          }
        }, "target-1: the target is turned by 18"),
      BadTargets(
        { targets in
          targets = [targets[0]]
          targets[0].cube.corners.removeAll { $0.number >= 9 }
        }, "target-1: all corners lie on one line of the belt"),
      BadTargets(
        { $0[0].cube.corners[3].picture.y = .infinity },
        "target-1: a corner's place is not a finite number"),
    ])
  func refusals(bad: BadTargets) {
    var targets = Self.targets()
    bad.change(&targets)
    let found = complaint { _ = try CubeRegistration.estimate(targets, color: Self.rig.color) }
    #expect(found.hasPrefix(bad.message), "\(found)")
  }

  struct BadTargets: Sendable {
    let change: @Sendable (inout [TargetPair]) -> Void
    let message: String

    init(_ change: @escaping @Sendable (inout [TargetPair]) -> Void, _ message: String) {
      self.change = change
      self.message = message
    }
  }

  @Test("a cube of another width or without contrast cannot refine")
  func badScenes() throws {
    let found = try CubeRegistration.estimate(Self.targets(), color: Self.rig.color)
    func message(_ scan: ScanPicture) -> String {
      complaint {
        _ = try found.refined(
          on: [RegisteredScene("scene-1", picture: Picture(width: 640, height: 480), scan: scan)],
          color: Self.rig.color)
      }
    }
    #expect(
      message(ScanPicture(samples: 3, lines: 2, values: [1, 2, 3, 4, 5, 6]))
        .hasPrefix("scene-1: the cube is 3 samples wide, the others are 340"))
    #expect(
      message(ScanPicture(samples: 340, lines: 2, values: [Float](repeating: 1, count: 680)))
        .hasPrefix("scene-1: the cube's picture is the same everywhere"))
  }

  @Test("scenes that show nothing leave the registration as it is")
  func emptyScene() throws {
    let found = try CubeRegistration.estimate(Self.targets(), color: Self.rig.color)
    var random = SplitMix64(seed: 1)
    var noise = Picture(width: 640, height: 480, channels: 1)
    for index in noise.pixels.indices { noise.pixels[index] = UInt8(random.next() & 63) }
    let scan = ScanPicture(
      samples: 340, lines: 272, values: (0..<(340 * 272)).map { _ in Float(random.nextUniform()) })
    let refined = try found.refined(
      on: [RegisteredScene("noise", picture: noise, scan: scan)], color: Self.rig.color)
    #expect(refined.geometry == found.geometry)
    #expect(refined.refinement?.outcome != .taken)
  }

  @Test("keystone is found in every band, and as the correction wants it")
  func keystone() throws {
    let rig = SimulatedRig(Self.rig, seed: 3)
    var scene = RigScene(seed: 4)
    scene.laid = RigScene.Laid(PlainBoardPrint(), x: 60, y: 70, degrees: 2)
    let curve = try #require(KeystoneCurve(rig.cube(of: scene, atBeltMillimeters: 0)))
    let truth = DetectorDistortion(keystoneColumns: Self.rig.keystoneColumns)
    let bands = Self.rig.bands
    let wanted = (0..<bands).map { truth.keystone(band: $0, of: bands) }
    let mean = wanted.reduce(0, +) / Double(bands)
    expectClose(curve.groups.map(\.pixels), wanted.map { $0 - mean }, absolute: 0.03)
    let found = DetectorDistortion(keystoneColumns: curve.columns)
    expectClose(
      (0..<bands).map { found.keystone(band: $0, of: bands) }, wanted.map { $0 - mean },
      absolute: 0.03)
    #expect(curve.groups.allSatisfy { $0.uncertainty < 0.03 })
  }
}

@Suite("Mutual information")
struct MutualInformationTests {
  @Test("equal pictures tell all, unrelated ones nothing, inverted ones as much as equal ones")
  func extremes() {
    var random = SplitMix64(seed: 1)
    let values = (0..<20_000).map { _ in Float(random.nextUniform()) }
    let others = (0..<20_000).map { _ in Float(random.nextUniform()) }
    func information(_ first: [Float], _ second: [Float]) -> Double {
      let (a, b) = (MutualInformation.Range(first), MutualInformation.Range(second))
      var joint = MutualInformation()
      for (x, y) in zip(first, second) { joint.add(a.place(x), b.place(y)) }
      return joint.normalized
    }
    let (equal, unrelated) = (information(values, values), information(values, others))
    let inverted = information(values, values.map { 1 - $0 })
    #expect(equal > 1.3)
    #expect(unrelated < 1.03)
    expectClose(inverted, equal, absolute: 0.02)
  }
}
