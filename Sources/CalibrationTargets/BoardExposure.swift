/// How a picture of a board is exposed.
public struct BoardExposure: Equatable, Sendable {
  /// Gray values of ink, paper and what is behind the board.
  public var black = 30.0
  public var white = 200.0
  public var background = 95.0
  /// Standard deviation of the lens's Gaussian blur, in pixels.
  public var blur = 0.8
  /// Standard deviation of the noise of each pixel, in gray values.
  public var noise = 2.0
  /// How much brighter the right edge is than the middle of the picture, as a share.
  public var gradientX = 0.0
  /// How much brighter the lower edge is than the middle of the picture, as a share.
  public var gradientY = 0.0
  /// White paper around the board's black, in millimeters.
  public var paperMillimeters = 12.0

  public init() {}
}
