import Diagnostics
import Foundation
import Units

extension RigCalibration {
  /// Reads a calibration (JSON) and checks it.
  ///
  /// Errors: `CalibrationError` names the field that cannot be right; `Complaint` a file that
  /// cannot be read or has another shape.
  public static func read(_ file: URL) throws -> RigCalibration {
    let calibration = try JSONFile.read(RigCalibration.self, at: file)
    try calibration.check(place: file.relativePath)
    return calibration
  }

  /// Checks the calibration and writes it as JSON.
  public func write(to file: URL) throws {
    try check(place: file.relativePath)
    try AtomicFile.write(JSONFile.encode(self), to: file)
  }

  /// Refuses what cannot be a calibration; `place` is the file or setting it came from.
  public func check(place: String) throws(CalibrationError) {
    if rig.isEmpty || rig.contains("/") { throw CalibrationError(place, .emptyName) }
    if !Self.isDay(date) { throw CalibrationError(place, .badDate(found: date)) }
    try Self.check(color.matrix, named: "color", isInvertible: color.inverse != nil, place: place)
    try Self.check(cube.matrix, named: "cube", isInvertible: cube.inverse != nil, place: place)
    guard beltWidthMillimeters > 0, beltWidthMillimeters.isFinite else {
      throw CalibrationError(
        place, .notPositive("beltWidthMillimeters", found: beltWidthMillimeters))
    }
    guard registrationErrorMillimeters >= 0, registrationErrorMillimeters.isFinite else {
      throw CalibrationError(
        place, .negative("registrationErrorMillimeters", found: registrationErrorMillimeters))
    }
    try valves?.check(place: place)
    if let picture {
      for (key, value) in [("width", picture.width), ("height", picture.height)] where value < 1 {
        throw CalibrationError(place, .notPositive("picture.\(key)", found: Double(value)))
      }
    }
    guard colorCorrection?.isSound ?? true else {
      throw CalibrationError(place, .badCorrection)
    }
    if let lens {
      try Self.check(lens, color: color, place: place)
      if let picture, picture != lens.lens.extent {
        throw CalibrationError(place, .lensExtent(found: lens.lens.extent, wanted: picture))
      }
    }
  }

  /// Refuses a picture of another extent than the one that the calibration holds for.
  @inlinable
  public func check(pictureWidth: Int, height: Int, place: String) throws(CalibrationError) {
    guard let picture = cameraPicture, pictureWidth != picture.width || height != picture.height
    else { return }
    throw CalibrationError(
      place,
      .pictureExtent(found: PictureExtent(width: pictureWidth, height: height), wanted: picture))
  }

  private static func check(
    _ mount: LensMount, color: Homography<ColorFrame, BeltFrame>, place: String
  ) throws(CalibrationError) {
    let (lens, grid) = (mount.lens, mount.grid)
    guard lens.parameters.allSatisfy(\.isFinite) else {
      throw CalibrationError(place, .notFinite("lens.lens"))
    }
    try check(
      mount.belt.matrix, named: "lens.belt", isInvertible: mount.belt.inverse != nil, place: place)
    let lengths = [
      ("lens.lens.focalX", lens.focalX), ("lens.lens.focalY", lens.focalY),
      ("lens.grid.millimetersPerPixel", grid.millimetersPerPixel),
    ]
    for (key, value) in lengths where !(value > 0 && value.isFinite) {
      throw CalibrationError(place, .notPositive(key, found: value))
    }
    let extents = [
      ("lens.lens.width", lens.width), ("lens.lens.height", lens.height),
      ("lens.grid.width", grid.width), ("lens.grid.height", grid.height),
    ]
    for (key, value) in extents where !(1...LensMount.largestExtent).contains(value) {
      throw CalibrationError(place, .extent(key, found: value, most: LensMount.largestExtent))
    }
    guard color == grid.map else { throw CalibrationError(place, .colorIsNotGrid) }
  }

  private static func check(
    _ matrix: [Double], named name: String, isInvertible: @autoclosure () -> Bool, place: String
  ) throws(CalibrationError) {
    guard matrix.count == 9 else {
      throw CalibrationError(place, .matrixCount(name, found: matrix.count))
    }
    guard matrix.allSatisfy(\.isFinite) else { throw CalibrationError(place, .notFinite(name)) }
    guard isInvertible() else { throw CalibrationError(place, .notInvertible(name)) }
  }

  /// Whether the text is a day as `2026-01-31`.
  private static func isDay(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2],
      text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "-") }),
      let month = Int(parts[1]), let day = Int(parts[2])
    else { return false }
    return (1...12).contains(month) && (1...31).contains(day)
  }
}
