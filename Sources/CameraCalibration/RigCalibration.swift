import Diagnostics
import Foundation
import Units

/// Where both cameras look: what registers a picture and a cube to the belt.
///
/// For a camera over a moving belt the maps hold for belt position 0; a picture exposed at belt
/// position `p` (millimeters of travel) shows the belt at `y + p`.
public struct RigCalibration: Codable, Equatable, Sendable {
  public var rig: String
  /// Date of the calibration, `2026-01-31`.
  public var date: String
  public var color: Homography<ColorFrame, BeltFrame>
  public var cube: Homography<CubeFrame, BeltFrame>
  public var beltWidthMillimeters: Double
  /// Distance from belt position 0 of the picture to the valve bar, along the travel.
  public var valveBarMillimeters: Double
  /// Largest error of registering a cube onto a picture, 95 % bound over the belt.
  public var registrationErrorMillimeters: Double
  /// Extent of the camera's own pictures in pixels; `nil` in files that do not say it.
  public var picture: PictureExtent?
  /// The documents it was assembled from: content hash by step.
  public var steps: [String: Digest]?
  /// The color camera's lens, where its pictures are rectified before anything else looks at them;
  /// `color` is then the map of rectified pictures.
  public var lens: LensMount?
  /// How the color camera's bytes become right colors, for line and training alike; nil leaves
  /// them as they come.
  public var colorCorrection: ColorCorrection?
  /// When and where the valves blow, as the timing test found it; nil where there was none.
  public var valves: ValveTiming?

  public init(
    rig: String, date: String, color: Homography<ColorFrame, BeltFrame>,
    cube: Homography<CubeFrame, BeltFrame>, beltWidthMillimeters: Double,
    valveBarMillimeters: Double, registrationErrorMillimeters: Double, lens: LensMount? = nil
  ) {
    self.rig = rig
    self.date = date
    self.color = color
    self.cube = cube
    self.beltWidthMillimeters = beltWidthMillimeters
    self.valveBarMillimeters = valveBarMillimeters
    self.registrationErrorMillimeters = registrationErrorMillimeters
    self.lens = lens
  }

  /// Extent of the camera's own pictures, as the file or its lens says it.
  public var cameraPicture: PictureExtent? { picture ?? lens?.lens.extent }

  /// What samples, bundles and the daemon refer to: rig, date and the digest of the content.
  public var id: String {
    get throws {
      "\(rig)/\(date)/\(Digest(of: try JSONFile.encode(self)).short)"
    }
  }
}

/// Columns and rows of a picture.
public struct PictureExtent: Codable, Equatable, Sendable {
  public var width: Int
  public var height: Int

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}
