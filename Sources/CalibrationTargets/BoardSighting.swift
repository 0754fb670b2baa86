import CameraCalibration
import Units

/// What one picture shows of a board, with what tells whether it is a good view.
public struct BoardSighting: Codable, Equatable, Sendable {
  public var view: BoardView
  /// Standard deviation of the blur across edges, in pixels: the median over the board.
  public var blur: Double
  /// White minus black in gray values: the median over the board.
  public var contrast: Double
  /// How the board lies before the camera, without a lens model.
  public var attitude: BoardAttitude

  public init(view: BoardView, blur: Double, contrast: Double, attitude: BoardAttitude) {
    self.view = view
    self.blur = blur
    self.contrast = contrast
    self.attitude = attitude
  }
}

/// What a view must be; more than this is refused.
public struct SightingLimits: Codable, Equatable, Sendable {
  /// Blur across edges in pixels, as a standard deviation.
  public var blur = 3.0
  public var corners = 12
  public var tiltDegrees = 65.0

  public init() {}
}
