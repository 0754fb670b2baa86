import Diagnostics

/// Why a rig's calibration was refused.
public struct CalibrationError: Explained, Equatable {
  /// What is wrong, with the value found and the value wanted.
  public enum Reason: Equatable, Sendable {
    case emptyName
    case badDate(found: String)
    case matrixCount(String, found: Int)
    case notFinite(String)
    case notInvertible(String)
    case notPositive(String, found: Double)
    case negative(String, found: Double)
    case pictureExtent(found: PictureExtent, wanted: PictureExtent)
    case extent(String, found: Int, most: Int)
    case lensExtent(found: PictureExtent, wanted: PictureExtent)
    case colorIsNotGrid
    case badCorrection
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .emptyName: "'rig' is empty or has a '/', a plain name was wanted"
    case .badDate(let found): "'date' is '\(found)', a day like 2026-01-31 was wanted"
    case .matrixCount(let map, let found): "'\(map)' has \(found) numbers, 9 were wanted"
    case .notFinite(let map): "'\(map)' has a number that is not finite"
    case .notInvertible(let map): "'\(map)' cannot be inverted: it maps an area to a line or point"
    case .notPositive(let key, let found): "'\(key)' is \(found), a number above 0 was wanted"
    case .negative(let key, let found): "'\(key)' is \(found), 0 or more was wanted"
    case .pictureExtent(let found, let wanted):
      "the picture has \(found.width) × \(found.height) pixels, but the rig was calibrated on "
        + "\(wanted.width) × \(wanted.height)"
    case .extent(let key, let found, let most): "'\(key)' is \(found), 1 to \(most) was wanted"
    case .lensExtent(let found, let wanted):
      "'lens.lens' is for \(found.width) × \(found.height) pixels, but 'picture' is "
        + "\(wanted.width) × \(wanted.height)"
    case .colorIsNotGrid: "'color' is not the map of 'lens.grid', to which pictures are rectified"
    case .badCorrection:
      "'colorCorrection' has not the numbers that its extents call for, or gains of 0"
    }
  }

  public var remedy: String? {
    switch reason {
    case .matrixCount, .notFinite, .notInvertible, .lensExtent, .colorIsNotGrid:
      "calibrate the geometry again; Calibration/README.md says how the maps are written"
    case .pictureExtent:
      "set the camera to the calibrated size, or calibrate the rig again with this one"
    case .badCorrection: "do 'mirage-calibrate radiometry --of color' again"
    case .emptyName, .badDate, .notPositive, .negative, .extent: nil
    }
  }
}
