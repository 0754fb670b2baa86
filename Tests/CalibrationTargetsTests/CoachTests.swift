import CameraCalibration
import Foundation
import TestSupport
import Testing
import Units

@testable import CalibrationTargets

@Suite("Coverage and coach")
struct CoachTests {
  /// A view with a block of corners around a place of a 900 × 600 picture.
  static func sighting(
    _ x: Double, _ y: Double, half: Double = 120, tilt: Double = 0, near: Double = 0,
    scale: Double = 2, name: String = "frame", width: Int = 900
  ) throws -> BoardSighting {
    let corners = (0..<100).map { index -> BoardCorner in
      let (column, row) = (Double(index % 10), Double(index / 10))
      let place = Point<ColorFrame>(
        x: x + half * (column / 4.5 - 1), y: y + half * (row / 4.5 - 1))
      return BoardCorner(number: index, board: Point(x: column, y: row), picture: place)
    }
    let map = try #require(Homography(through: corners.map { ($0.board, $0.picture) }))
    var attitude = BoardAttitude(map, middle: Point(x: 4.5, y: 4.5))
    attitude.tiltDegrees = tilt
    attitude.nearSideDegrees = near
    attitude.pixelsPerMillimeter = scale
    return BoardSighting(
      view: BoardView(name: name, width: width, height: 600, corners: corners), blur: 1,
      contrast: 100, attitude: attitude)
  }

  @Test("coverage counts corners where they are, and tilts by the near side")
  func coverage() throws {
    var coverage = ViewCoverage(width: 900, height: 600)
    #expect(coverage.share == 0 && coverage.scaleRatio == 1)
    coverage.add(try Self.sighting(150, 100, half: 99, tilt: 30, near: 180))
    coverage.add(try Self.sighting(150, 100, half: 99, tilt: 14, near: 90, scale: 3))
    #expect(coverage.counts.reduce(0, +) == 200)
    #expect(coverage.share(of: .init(column: 0, row: 0)) == 1)
    #expect(coverage.share(of: .init(column: 2, row: 2)) == 0)
    #expect(coverage.tilts(.left) == 1 && coverage.tilts(.lower) == 0)
    expectClose(coverage.scaleRatio, 1.5, absolute: 1e-12)
    expectClose(coverage.share, 6.0 / 54, absolute: 1e-12)
  }

  @Test(
    "near sides are told from angles",
    arguments: [
      (0.0, BoardSide.right), (44, .right), (46, .lower), (180, .left), (270, .upper),
      (359, .right),
    ])
  func sides(degrees: Double, side: BoardSide) {
    #expect(BoardSide(degrees: degrees) == side)
  }

  @Test("who does what the coach says is done after a few views")
  func obedient() throws {
    var coach = BoardCoach()
    var told: [String] = []
    var (x, y, tilt, near, scale) = (450.0, 300.0, 0.0, 0.0, 2.0)
    var frames = 0
    while !coach.isDone, frames < 200 {
      let sighting = try Self.sighting(
        x, y, half: 140, tilt: tilt, near: near, scale: scale)
      frames += 1
      do throws(ViewRefusal) { try coach.look(at: sighting) } catch { continue }
      told.append(coach.wish.text)
      switch coach.wish {
      case .hold(let region):
        (x, y, tilt) = (150 + 300 * Double(region.column), 100 + 200 * Double(region.row), 0)
      case .tilt(let side, _):
        let angles: [BoardSide: Double] = [.right: 0, .lower: 90, .left: 180, .upper: 270]
        (tilt, near) = (30, angles[side] ?? 0)
      case .closer: scale *= 1.4
      case .farther: scale /= 1.4
      case .another: (tilt, near) = (25, near + 60)
      case .nothing: break
      }
    }
    #expect(coach.isDone)
    #expect(coach.accepted.count >= 12 && coach.accepted.count <= 20, "\(told)")
    #expect(coach.coverage?.share ?? 0 > 0.8)
    #expect(told.contains { $0.hasPrefix("hold the board in the lower left") })
    #expect(told.contains { $0.contains("turn its upper side towards the camera") })
  }

  @Test("frames that move, come first, are of another size or show nothing new say so")
  func refusals() throws {
    var coach = BoardCoach()
    func reason(_ sighting: BoardSighting) -> ViewRefusal.Reason? {
      do throws(ViewRefusal) {
        try coach.look(at: sighting)
        return nil
      } catch { return error.reason }
    }
    #expect(try reason(Self.sighting(450, 300)) == .firstSight)
    let moving = try #require(try reason(Self.sighting(455, 300)))
    guard case .moving(let pixels, let most) = moving else {
      Issue.record("\(moving)")
      return
    }
    expectClose([pixels, most], [5, 0.7], absolute: 1e-9)
    #expect(try reason(Self.sighting(455, 300)) == nil)
    #expect(try reason(Self.sighting(455, 300)) == .nothingNew)
    #expect(
      try reason(Self.sighting(455, 300, width: 800))
        == .otherSize(width: 800, height: 600, wantedWidth: 900, wantedHeight: 600))
    coach.lose()
    #expect(try reason(Self.sighting(150, 300)) == .firstSight)
  }

  @Test("the coach says 'tilt more' where a tilt has begun")
  func more() throws {
    var coverage = ViewCoverage(width: 900, height: 600)
    for _ in 0..<2 { coverage.add(try Self.sighting(450, 300)) }
    let last = try Self.sighting(450, 300, tilt: 8, near: 180)
    #expect(
      coverage.wish(for: CoachGoals(), last: last).text
        == "tilt more: turn its left side towards the camera, 8° now, 20° to 45° wanted")
  }

  @Test("the attitude of a plane follows from its picture alone")
  func attitude() throws {
    var rig = SimulatedBoardRig(seed: 3, board: .tags(TagGrid()))
    for _ in 0..<50 {
      let pose = rig.pose(tiltDegrees: 50)
      let corners = (0..<rig.board.cornerCount).map { rig.board.corner($0) }
      let lens = LensModel(
        width: 640, height: 480, focal: (rig.lens.focalX, rig.lens.focalX), center: (319.5, 239.5))
      let pairs = try corners.map { corner in
        let seen = pose.camera(x: corner.x, y: corner.y)
        return (board: corner, picture: try #require(lens.pixel(x: seen.x, y: seen.y, z: seen.z)))
      }
      let map = try #require(Homography(through: pairs))
      #expect(map.error(of: pairs) < 1e-6)
      let middle = rig.board.corners.center
      let attitude = BoardAttitude(map, middle: middle)
      let normal = pose.normal
      let sight = pose.camera(x: middle.x, y: middle.y)
      let length = (sight.x * sight.x + sight.y * sight.y + sight.z * sight.z).squareRoot()
      let product: Double = normal.x * sight.x + normal.y * sight.y + normal.z * sight.z
      let cosine = product / length
      let tilt = acos(min(1, abs(cosine))) * 180 / .pi
      // Off the axis a flat board looks a little tilted.
      expectClose(attitude.tiltDegrees, tilt, absolute: 9)
      guard tilt > 25 else { continue }
      // The normal that points away from the camera leans towards the near side.
      let wanted = atan2(normal.y, normal.x) * 180 / .pi
      let turn = abs(attitude.nearSideDegrees - wanted).truncatingRemainder(dividingBy: 360)
      #expect(min(turn, 360 - turn) < 35, "\(attitude.nearSideDegrees) found, \(wanted) wanted")
    }
  }
}
