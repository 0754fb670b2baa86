import CameraCalibration
import Imaging
import Samples
import TestSupport
import Testing
import Units

@Suite("Color correction of crops")
struct ColorCorrectionTests {
  @Test("a crop shows the corrected color of what lies below each of its cells")
  func corrected() throws {
    var picture = Picture(width: 20, height: 16)
    for y in 0..<16 {
      for x in 0..<20 {
        (picture[x, y, 0], picture[x, y, 1], picture[x, y, 2]) = (60, 100, UInt8(40 + 5 * x))
      }
    }
    let map = makeMap(width: 20, height: 16, [(1, 6..<14, 4..<12)])
    let piece = try #require(PieceRegion.all(in: map).first)
    var correction = ColorCorrection(width: 20, height: 16)
    correction.black = [0.002, 0.001, 0]
    (correction.columns, correction.rows) = (2, 1)
    correction.gains = [1, 1, 1, 1.4, 1.3, 1.2]
    correction.matrix = [1.5, -0.3, 0, 0.1, 1.1, -0.1, 0, 0.2, 0.9]
    var calibration = RigCalibration(
      rig: "test", date: "2026-01-31",
      color: Homography(matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1]),
      cube: Homography(matrix: [2, 0, 0, 0, 2, 0, 0, 0, 1]), beltWidthMillimeters: 20,
      valveBarMillimeters: 500, registrationErrorMillimeters: 0)
    let plainID = try calibration.id
    calibration.colorCorrection = correction
    // Models and the daemon tell corrected from uncorrected by the calibration's name.
    #expect(try calibration.id != plainID)
    let registration = try Registration(calibration, place: "test rig")
    let recipe = makeRecipe()
    var crop = [Float](repeating: 0, count: recipe.colorCount)
    recipe.rawColorCrop(of: piece, in: picture, mask: map, through: registration, into: &crop)
    for column in 0..<8 {
      let x = 6 + column
      let wanted = correction(
        red: 60, green: 100, blue: Float(40 + 5 * x), at: Point(x: Double(x), y: 7))
      let place = (3 * 8 + column) * 3
      expectClose(
        Array(crop[place..<(place + 3)]),
        [wanted.red / 255, wanted.green / 255, wanted.blue / 255], absolute: 2e-5)
    }
  }

  @Test("a correction that is not whole is refused")
  func refused() {
    var calibration = RigCalibration(
      rig: "test", date: "2026-01-31",
      color: Homography(matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1]),
      cube: Homography(matrix: [2, 0, 0, 0, 2, 0, 0, 0, 1]), beltWidthMillimeters: 20,
      valveBarMillimeters: 500, registrationErrorMillimeters: 0)
    var correction = ColorCorrection(width: 20, height: 16)
    correction.gains = [1, 1]
    calibration.colorCorrection = correction
    #expect(
      complaint { _ = try Registration(calibration, place: "rig.json") } == """
        rig.json: 'colorCorrection' has not the numbers that its extents call for, or gains of 0
          help: do 'mirage-calibrate radiometry --of color' again
        """)
  }
}
