import CameraCalibration
import Foundation
import TestSupport
import Testing
import Units

@Suite("Rig calibration")
struct RigCalibrationTests {
  static let rig = RigCalibration(
    rig: "line-1", date: "2026-01-31",
    color: Homography(matrix: [0.25, 0.01, 3, -0.02, 0.26, 5, 1e-5, -2e-5, 1]),
    cube: Homography(matrix: [0.8, 0, 1.5, 0, 0.82, -2, 0, 0, 1]), beltWidthMillimeters: 400,
    valveBarMillimeters: 900, registrationErrorMillimeters: 0.6)

  @Test("a calibration is read as it was written, with the same id")
  func roundTrip() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "2026-01-31.json")
      try Self.rig.write(to: file)
      let read = try RigCalibration.read(file)
      #expect(read == Self.rig)
      #expect(try read.id == Self.rig.id)
      #expect(try read.id.hasPrefix("line-1/2026-01-31/"))
    }
  }

  @Test("the valves' timing is kept, and files from before it are read as they are")
  func valves() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "rig.json")
      try Self.rig.write(to: file)
      #expect(try RigCalibration.read(file).valves == nil)
      #expect(try !String(contentsOf: file, encoding: .utf8).contains("valves"))
      var timed = Self.rig
      timed.valves = ValveTiming(
        delayMilliseconds: 21.5, delayUncertaintyMilliseconds: 0.3, jitterMilliseconds: 0.4,
        leastBlastMilliseconds: 3,
        nozzles: .init(count: 32, firstMillimeters: 4, pitchMillimeters: 12.5, unusable: [7]))
      try timed.write(to: file)
      #expect(try RigCalibration.read(file) == timed)
      timed.valves?.jitterMilliseconds = -1
      let wrong = timed
      #expect(
        complaint { try wrong.check(place: "rig.json") }
          == "rig.json: 'valves.jitterMilliseconds' is -1.0, 0 or more was wanted")
    }
  }

  @Test(
    "what cannot be a calibration is refused by name",
    arguments: [
      Refusal({ $0.rig = "a/b" }, "rig.json: 'rig' is empty or has a '/', a plain name was wanted"),
      Refusal(
        { $0.date = "31.1.2026" },
        "rig.json: 'date' is '31.1.2026', a day like 2026-01-31 was wanted"
      ),
      Refusal(
        { $0.beltWidthMillimeters = -1 },
        "rig.json: 'beltWidthMillimeters' is -1.0, a number above 0 was wanted"
      ),
      Refusal(
        { $0.registrationErrorMillimeters = -.infinity },
        "rig.json: 'registrationErrorMillimeters' is -inf, 0 or more was wanted"
      ),
      Refusal(
        { $0.color = Homography(matrix: [1, 2, 0, 2, 4, 0, 0, 0, 1]) },
        """
        rig.json: 'color' cannot be inverted: it maps an area to a line or point
          help: calibrate the geometry again; Calibration/README.md says how the maps are written
        """
      ),
      Refusal(
        { $0.cube = Homography(matrix: [1, .nan, 0, 0, 1, 0, 0, 0, 1]) },
        """
        rig.json: 'cube' has a number that is not finite
          help: calibrate the geometry again; Calibration/README.md says how the maps are written
        """
      ),
    ] as [Refusal])
  func refusals(refusal: Refusal) {
    var rig = Self.rig
    refusal.change(&rig)
    let found = rig
    #expect(complaint { try found.check(place: "rig.json") } == refusal.message)
  }

  /// A change that makes a calibration wrong, and what a person is told then.
  struct Refusal: Sendable {
    let change: @Sendable (inout RigCalibration) -> Void
    let message: String

    init(_ change: @escaping @Sendable (inout RigCalibration) -> Void, _ message: String) {
      self.change = change
      self.message = message
    }
  }

  @Test("a matrix of the wrong size in a file is refused, not read past its end")
  func matrixCount() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "rig.json")
      try Self.rig.write(to: file)
      let text = try String(contentsOf: file, encoding: .utf8)
      let short = text.replacingOccurrences(of: "0.80000000000000004,", with: "")
        .replacingOccurrences(of: "0.8,", with: "")
      #expect(short != text)
      try Data(short.utf8).write(to: file)
      #expect(
        complaint { _ = try RigCalibration.read(file) }
          .contains("rig.json: 'cube' has 8 numbers, 9 were wanted"))
    }
  }

  @Test("damaged files are read or refused, never a trap")
  func damage() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "rig.json")
      try Self.rig.write(to: file)
      let bytes = try Data(contentsOf: file)
      expectNoTrap(reading: bytes, headerCount: bytes.count) { copy in
        try copy.write(to: file)
        _ = try Registration(try RigCalibration.read(file), place: "rig.json")
      }
    }
  }
}

@Suite("Registration")
struct RegistrationTests {
  @Test("the way from the picture to the cube and back ends where it began")
  func roundTrip() throws {
    let registration = try Registration(RigCalibrationTests.rig, place: "rig")
    for (x, y) in [(0.0, 0.0), (640, 480), (1279, 3), (-5, 900)] {
      let point = Point<ColorFrame>(x: x, y: y)
      let back = registration.colorPoint(registration.cubePoint(point))
      expectClose([back.x, back.y], [x, y], absolute: 1e-6)
    }
  }

  @Test("the belt moves along y with the travel, and only a picture's own frame has squares")
  func travel() throws {
    let registration = try Registration(RigCalibrationTests.rig, place: "rig")
    let point = Point<ColorFrame>(x: 100, y: 50)
    let still = registration.beltPoint(point, at: 0)
    let moved = registration.beltPoint(point, at: 250)
    expectClose([moved.x, moved.y], [still.x, still.y + 250], absolute: 1e-9)
    let box = Rectangle<ColorFrame>(x: 90, y: 30, width: 20, height: 40)
    let square = registration.square(around: box, sideMillimeters: 12)
    expectClose(
      [square.center.x, square.center.y, square.width, square.height],
      [still.x, still.y, 12, 12], absolute: 1e-9)
  }
}
