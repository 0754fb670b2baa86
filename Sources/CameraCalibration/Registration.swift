import Units

/// A calibration made ready for use: all four maps between picture, belt and cube.
///
/// The picture and the cube of one recording hold for the same belt position, so the maps among
/// them need no position; `beltPoint(_:at:)` gives the place on the moving belt.
public struct Registration: Sendable, Equatable {
  public let beltOfColor: Homography<ColorFrame, BeltFrame>
  public let colorOfBelt: Homography<BeltFrame, ColorFrame>
  public let beltOfCube: Homography<CubeFrame, BeltFrame>
  public let cubeOfBelt: Homography<BeltFrame, CubeFrame>
  /// How the picture's bytes become right colors; nil leaves them as they come.
  public let colorCorrection: ColorCorrection?
  /// Rig, date and digest of the calibration.
  public let id: String
  /// Turns pictures of the camera into those that `beltOfColor` is for; nil where they are already.
  public let rectification: Rectification?

  /// The lens and its view of the belt, where pictures are rectified.
  private let view: LensView?

  /// Checks the calibration and inverts its maps; `place` says where it came from.
  public init(_ calibration: RigCalibration, place: String) throws {
    try calibration.check(place: place)
    guard let colorOfBelt = calibration.color.inverse else {
      throw CalibrationError(place, .notInvertible("color"))
    }
    guard let cubeOfBelt = calibration.cube.inverse else {
      throw CalibrationError(place, .notInvertible("cube"))
    }
    beltOfColor = calibration.color
    self.colorOfBelt = colorOfBelt
    beltOfCube = calibration.cube
    self.cubeOfBelt = cubeOfBelt
    colorCorrection = calibration.colorCorrection
    id = try calibration.id
    rectification = calibration.lens.map { Rectification($0) }
    view = calibration.lens.flatMap { mount in
      mount.belt.inverse.map { LensView(lens: mount.lens, rays: $0) }
    }
  }

  /// Where the cube sees what the picture shows at `point`.
  public func cubePoint(_ point: Point<ColorFrame>) -> Point<CubeFrame> {
    cubeOfBelt(beltOfColor(point))
  }

  /// Where the picture shows what the cube sees at `point`.
  public func colorPoint(_ point: Point<CubeFrame>) -> Point<ColorFrame> {
    colorOfBelt(beltOfCube(point))
  }

  /// Where the camera's own picture, before rectification, shows a place on the belt.
  public func cameraPoint(_ point: Point<BeltFrame>) -> Point<ColorFrame> {
    view.map { $0.lens($0.rays(point)) } ?? colorOfBelt(point)
  }

  /// The place on the belt of what a picture exposed at a belt position shows, in millimeters.
  public func beltPoint(
    _ point: Point<ColorFrame>, at beltMillimeters: Double
  ) -> Point<BeltFrame> {
    let still = beltOfColor(point)
    return Point(x: still.x, y: still.y + beltMillimeters)
  }

  /// The square on the belt that a crop shows: axis parallel to the belt, centered on the middle
  /// of `box`, in the frame of the picture's own belt position.
  public func square(
    around box: Rectangle<ColorFrame>, sideMillimeters: Double
  ) -> Rectangle<BeltFrame> {
    let center = beltOfColor(box.center)
    return Rectangle(
      x: center.x - sideMillimeters / 2, y: center.y - sideMillimeters / 2,
      width: sideMillimeters, height: sideMillimeters)
  }
}

/// From the belt through a lens into the camera's own picture.
private struct LensView: Sendable, Equatable {
  let lens: LensModel
  let rays: Homography<BeltFrame, RayFrame>
}
