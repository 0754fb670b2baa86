import BeltSimulation
import CameraCalibration
import Foundation
import Imaging
import Tensors
import TestSupport
import Testing
import Units

@Suite("Belt plane")
struct BeltPlaneTests {
  static let rig = RigTruth(seed: 7)

  static func ride(standing: Int = 3, riding: Int = 9) -> [RidingBoard] {
    var boards = RidingBoards(rig, noise: 0.05, seed: 3)
    return boards.ride(standing: standing, riding: riding)
  }

  @Test("exact corners give the exact plane, travel and speed")
  func exact() throws {
    var rig = Self.rig
    rig.speedVariation = 0
    var boards = RidingBoards(rig, noise: 0, seed: 3)
    let found = try BeltPlane.estimate(boards.ride(standing: 3, riding: 9))
    #expect(
      found.color.worstError(
        against: rig.color, over: found.uncertainty.area, width: rig.width, height: rig.height)
        < 1e-4)
    expectClose(found.travelDegrees, BeltHonestyTests.travelDegrees(rig), absolute: 1e-5)
    let speed = try #require(found.speed)
    expectClose(
      speed.millimetersPerSecond, rig.beltMillimetersPerSecond, absolute: 1e-3, relative: 1e-6)
    let shutter = try #require(found.rollingShutter)
    #expect(shutter.source == .measured)
    expectClose(shutter.lineDelayMicroseconds, rig.lineDelayMicroseconds, absolute: 1e-2)
    expectClose(try #require(found.encoderFactor), rig.encoderFactor, absolute: 1e-6)
  }

  @Test("x runs across to the right of the travel, y against the way of pieces")
  func axes() throws {
    let found = try BeltPlane.estimate(Self.ride())
    let middle = Point<ColorFrame>(x: 320, y: 240)
    let (here, right, below) = (
      found.color(middle), found.color(Point(x: 330, y: 240)), found.color(Point(x: 320, y: 250))
    )
    #expect(right.x > here.x && below.y > here.y)
    #expect(abs(found.travelDegrees + 90) < 4, "pieces go up in this rig's picture")
  }

  @Test("a belt that goes to the right in the picture has its x downwards")
  func turned() throws {
    // The same ride seen by a camera turned by a quarter.
    let sightings = Self.ride().map { sighting -> RidingBoard in
      var turned = sighting
      turned.view = BoardView(
        name: sighting.view.name, width: sighting.view.height, height: sighting.view.width,
        corners: sighting.view.corners.map { corner in
          BoardCorner(
            number: corner.number, board: corner.board,
            picture: Point(
              x: Double(sighting.view.height - 1) - corner.picture.y, y: corner.picture.x))
        })
      return turned
    }
    let found = try BeltPlane.estimate(sightings)
    #expect(abs(found.travelDegrees) < 4)
    let here = found.color(Point(x: 240, y: 320))
    #expect(found.color(Point(x: 240, y: 330)).x > here.x)
    #expect(found.color(Point(x: 250, y: 320)).y < here.y)
  }

  @Test("a picture in which the board slid is left out by name, and does no harm")
  func slid() throws {
    var sightings = Self.ride()
    for index in sightings[5].view.corners.indices {
      sightings[5].view.corners[index].picture.x += 5
    }
    let found = try BeltPlane.estimate(sightings)
    let view = found.views[5]
    #expect(view.rejection?.contains("the board slid, bent or was blurred") == true)
    let others = found.views.filter { $0.name != "moving-3" }.compactMap(\.rejection)
    #expect(others.allSatisfy { $0 == "the belt was starting or stopping" })
    #expect(
      found.color.worstError(
        against: Self.rig.color, over: found.uncertainty.area, width: Self.rig.width,
        height: Self.rig.height) < 2 * found.uncertainty.bound)
    let advice = found.judgement().advice
    #expect(
      advice.contains { $0.problem.hasPrefix("picture 'moving-3' was left out: its corners") })
  }

  @Test("single wrong corners are left out")
  func wrongCorners() throws {
    var sightings = Self.ride()
    sightings[4].view.corners[10].picture.x += 4
    sightings[7].view.corners[30].picture.y -= 6
    let found = try BeltPlane.estimate(sightings)
    #expect((2...6).contains(found.rejectedCorners))
    #expect(found.residualPixels < 0.09)
  }

  @Test("a thick board under a low camera is accounted for")
  func thickness() throws {
    var setup = BeltSetup()
    let thin = try BeltPlane.estimate(Self.ride(), setup: setup)
    setup.boardThicknessMillimeters = 5
    setup.cameraHeightMillimeters = 1000
    let thick = try BeltPlane.estimate(Self.ride(), setup: setup)
    expectClose(
      thick.millimetersPerPixelX / thin.millimetersPerPixelX, 1000.0 / 995, absolute: 1e-6)
  }

  @Test(
    "bad pictures are refused by name, with what to do",
    arguments: [
      BadRide(
        { $0 = [] },
        "board: no board was found in any picture, one at least was wanted\n  help: lay the whole"),
      BadRide(
        { rides in
          for index in rides.indices { rides[index].view.corners.removeAll { $0.number > 2 } }
        },
        "still-1: 3 corners of the board were found, 4 at least were wanted\n  help: lay"),
      BadRide(
        { rides in
          for index in rides.indices { rides[index].view.corners.removeAll { $0.number >= 9 } }
        },
        "still-1: all corners found lie on one line, a board seen from above was wanted"),
      BadRide(
        { rides in
          for view in rides.indices {
            for corner in rides[view].view.corners.indices {
              rides[view].view.corners[corner].picture.x *= -1
            }
          }
        },
        "still-1: the board is seen mirrored\n  help: switch off flipping in the camera"),
      BadRide(
        { $0 = Array($0.prefix(3)) },
        "board: the belt stands still: it moved by 0.0"),
      BadRide({ $0 = [$0[0]] }, "still-1: one picture of the board was found, two at least"),
      BadRide(
        { $0[6].seconds = 1 }, "moving-4: taken at 1.000000 s, after one taken at 5.0"),
      BadRide(
        { $0[2].view.width = 800 },
        "still-3: is 800 × 480 pixels, the pictures before it are 640 × 480"),
      BadRide(
        { $0[2].view.corners[0].picture.x = .nan }, "still-3: a corner's place is not a finite"),
    ])
  func refusals(bad: BadRide) {
    var rides = Self.ride()
    bad.change(&rides)
    let found = complaint { _ = try BeltPlane.estimate(rides) }
    #expect(found.hasPrefix(bad.message), "\(found)")
  }

  @Test("a board turned end for end between pictures is left out, and said so")
  func upsideDown() throws {
    var rides = Self.ride()
    let corners = rides[6].view.corners
    for index in corners.indices {
      rides[6].view.corners[index].picture = corners[corners.count - 1 - index].picture
    }
    let found = try BeltPlane.estimate(rides)
    #expect(found.views[6].rejection == "its corners are numbered from the board's other end")
  }

  struct BadRide: Sendable {
    let change: @Sendable (inout [RidingBoard]) -> Void
    let message: String

    init(_ change: @escaping @Sendable (inout [RidingBoard]) -> Void, _ message: String) {
      self.change = change
      self.message = message
    }
  }

  @Test("a distorted lens is suspected where corners stay far off")
  func distortion() throws {
    let rides = Self.ride().map { ride -> RidingBoard in
      var bent = ride
      for index in bent.view.corners.indices {
        let place = bent.view.corners[index].picture
        let (x, y) = ((place.x - 320) / 320, (place.y - 240) / 320)
        let factor = 1 - 0.06 * (x * x + y * y)
        bent.view.corners[index].picture = Point(
          x: 320 + 320 * x * factor, y: 240 + 320 * y * factor)
      }
      return bent
    }
    let judgement = try BeltPlane.estimate(rides).judgement()
    #expect(
      judgement.advice.contains {
        $0.remedy.contains("calibrate the lens ('mirage-calibrate intrinsics')")
      })
  }
}

@Suite("Belt speed by texture")
struct BeltTextureTests {
  static let plane = Homography<ColorFrame, BeltFrame>(
    scaleX: 0.5, scaleY: 0.5, shiftX: 0, shiftY: 0)

  static func picture(at millimeters: Double, seed: UInt64 = 5) -> Picture {
    var truth = RigTruth(seed: 2)
    (truth.width, truth.height) = (160, 200)
    truth.color = plane
    var rig = SimulatedRig(truth, seed: 1)
    rig.pictureNoise = 1
    return rig.picture(
      of: RigScene(seed: seed), atBeltMillimeters: millimeters,
      number: Int(millimeters * 10))
  }

  /// A picture that resembles no other.
  static func noise(seed: UInt64) -> Picture {
    var random = SplitMix64(seed: seed)
    let pixels = (0..<(160 * 200)).map { _ in UInt8(random.next() & 255) }
    return Picture(width: 160, height: 200, channels: 1, pixels: pixels)
  }

  @Test("travel is found to hundredths of a pixel, whatever the fraction")
  func travel() throws {
    var tracker = try TextureTracker(Self.plane, width: 160, height: 200)
    for frame in 0..<6 {
      try tracker.add(
        BeltShot(
          "frame \(frame)", Self.picture(at: 13.37 * Double(frame)), seconds: 0.1 * Double(frame),
          encoderMillimeters: 13 * Double(frame)))
    }
    let found = try tracker.speed(scalePercent: 0)
    expectClose(found.speed.millimetersPerSecond, 133.7, absolute: 0.1)
    expectClose(try #require(found.encoder).factor, 13.37 / 13, absolute: 0.001)
  }

  @Test("a belt that runs backwards has a negative speed")
  func backwards() throws {
    var tracker = try TextureTracker(Self.plane, width: 160, height: 200)
    for frame in 0..<4 {
      try tracker.add(
        BeltShot(
          "frame \(frame)", Self.picture(at: -9 * Double(frame)), seconds: 0.1 * Double(frame)))
    }
    expectClose(
      try tracker.speed(scalePercent: 0).speed.millimetersPerSecond, -90, absolute: 0.2)
  }

  @Test("frames that tell nothing are refused, with what to do")
  func refusals() throws {
    let still = Self.picture(at: 3)
    func message(_ shots: [BeltShot]) -> String {
      complaint {
        var tracker = try TextureTracker(Self.plane, width: 160, height: 200)
        for shot in shots { try tracker.add(shot) }
        _ = try tracker.speed(scalePercent: 0)
      }
    }
    #expect(
      message((0..<4).map { BeltShot("f\($0)", still, seconds: Double($0)) })
        .hasPrefix("frames: the belt stands still: it moved by 0.00 mm in all"))
    #expect(
      message([BeltShot("a", still, seconds: 1), BeltShot("b", still, seconds: 0.5)])
        .hasPrefix("b: taken at 0.500000 s, after one taken at 1.000000 s"))
    #expect(
      message([BeltShot("a", still, seconds: 1), BeltShot("b", still, seconds: 2)])
        .hasPrefix("frames: 2 frames, 3 at least were wanted"))
    #expect(
      message([BeltShot("a", Picture(width: 8, height: 8), seconds: 1)])
        .hasPrefix("a: is 8 × 8 pixels, the pictures before it are 160 × 200"))
    #expect(
      message(
        (0..<4).map { BeltShot("f\($0)", Self.noise(seed: $0), seconds: Double($0)) }
      ).hasPrefix("frames: frames do not look alike after any travel"))
    #expect(
      complaint { _ = try TextureTracker(Self.plane, width: 30, height: 30) }
        .hasPrefix("frames: the frames show too little belt"))
  }
}
