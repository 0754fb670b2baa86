import Diagnostics
import Foundation
import Testing
import Units

@testable import CameraCalibration

@Suite("Rig facts")
struct RigFactsSuite {
  private static func calibration(
    rig: String = "line-1", date: String = "2026-01-31", side: Double = 0.5, error: Double = 0.6,
    picture: PictureExtent? = PictureExtent(width: 800, height: 600)
  ) -> RigCalibration {
    var calibration = RigCalibration(
      rig: rig, date: date,
      color: Homography(scaleX: side, scaleY: side, shiftX: 0, shiftY: 0),
      cube: Homography(scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0), beltWidthMillimeters: 400,
      valveBarMillimeters: 900, registrationErrorMillimeters: error)
    calibration.picture = picture
    return calibration
  }

  private static func problems(_ calibration: RigCalibration, today: String = "2026-02-01") throws
    -> [String]
  {
    try RigFacts(of: Self.calibration()).mismatches(with: calibration, today: today).map(\.problem)
  }

  @Test("the calibration of training, young enough, has nothing to be told")
  func same() throws {
    #expect(try Self.problems(Self.calibration()).isEmpty)
  }

  @Test("each number that differs is told with both values")
  func differences() throws {
    #expect(
      try Self.problems(Self.calibration(rig: "line-2"))
        == ["trained on rig 'line-1', used on rig 'line-2'"])
    #expect(
      try Self.problems(Self.calibration(picture: PictureExtent(width: 400, height: 300)))
        == ["trained on pictures of 800 × 600, the calibration is for 400 × 300"])
    #expect(
      try Self.problems(Self.calibration(side: 0.6)) == [
        "a pixel shows 0.6 mm of belt across, 0.5 mm in training (+20 %, at most 10 % are harmless)",
        "a pixel shows 0.6 mm of belt along, 0.5 mm in training (+20 %, at most 10 % are harmless)",
      ])
    #expect(
      try Self.problems(Self.calibration(error: 1.234))
        == ["registration error 1.23 mm, 0.6 mm in training"])
    #expect(
      try Self.problems(Self.calibration(), today: "2026-06-01")
        == ["the calibration of 2026-01-31 is 121 days old, at most 90 were wanted"])
  }

  @Test("another lens is told by its focal length, and a missing one as missing")
  func lenses() throws {
    func behindLens(_ focal: Double) throws -> RigCalibration {
      var calibration = Self.calibration()
      let lens = LensModel(width: 800, height: 600, focal: (focal, focal), center: (400, 300))
      let mount = try #require(
        LensMount(
          lens: lens, straight: Homography(scaleX: 0.5, scaleY: 0.5, shiftX: 0, shiftY: 0)))
      calibration.lens = mount
      calibration.color = mount.grid.map
      return calibration
    }
    let facts = try RigFacts(of: behindLens(800))
    #expect(facts.focalPixels == [800, 800])
    let other = try facts.mismatches(with: behindLens(1000), today: "2026-02-01").map(\.problem)
    #expect(
      other == [
        "a lens of 1000.0 px focal length across, 800.0 px in training (+25 %)",
        "a lens of 1000.0 px focal length along, 800.0 px in training (+25 %)",
      ])
    let none = try facts.mismatches(with: Self.calibration(), today: "2026-02-01").map(\.problem)
    #expect(
      none.contains(
        "trained on pictures without their lens's distortion, the calibration knows no lens"))
    let late = try RigFacts(of: Self.calibration()).mismatches(
      with: behindLens(800), today: "2026-02-01"
    ).map(\.problem)
    #expect(
      late.contains(
        "trained on pictures as they came, the calibration takes a lens's distortion out"))
  }

  @Test("a new calibration within all limits is only noted")
  func harmless() throws {
    let fresh = Self.calibration(date: "2026-02-01", side: 0.51, error: 0.5)
    let advice = try RigFacts(of: Self.calibration()).mismatches(with: fresh, today: "2026-02-01")
    #expect(advice.map(\.weight) == [.note])
    let told = try #require(advice.first?.problem)
    #expect(told.hasPrefix("trained through calibration line-1/2026-01-31/"))
  }

  @Test("a picture of another size is refused with both sizes")
  func picture() throws {
    let calibration = Self.calibration()
    try calibration.check(pictureWidth: 800, height: 600, place: "frame 0")
    let error = #expect(throws: CalibrationError.self) {
      try calibration.check(pictureWidth: 640, height: 480, place: "frame 0")
    }
    #expect(
      error?.description == """
        frame 0: the picture has 640 × 480 pixels, but the rig was calibrated on 800 × 600
          help: set the camera to the calibrated size, or calibrate the rig again with this one
        """)
    try Self.calibration(picture: nil).check(pictureWidth: 640, height: 480, place: "frame 0")
  }

  @Test("a file without the newer fields keeps its id")
  func oldFiles() throws {
    let old = Self.calibration(picture: nil)
    #expect(try !JSONFile.line(old).contains("picture"))
  }
}
