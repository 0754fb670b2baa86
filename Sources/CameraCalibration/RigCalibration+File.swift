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
  }

  /// Refuses a picture of another extent than the one that the maps hold for.
  @inlinable
  public func check(pictureWidth: Int, height: Int, place: String) throws(CalibrationError) {
    guard let picture, pictureWidth != picture.width || height != picture.height else { return }
    throw CalibrationError(
      place,
      .pictureExtent(found: PictureExtent(width: pictureWidth, height: height), wanted: picture))
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
