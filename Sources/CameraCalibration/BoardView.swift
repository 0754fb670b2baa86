import Units

/// The printed board: `x` to the right and `y` down from its first corner, in millimeters.
public enum BoardFrame: Frame {}

/// One corner of a board, on the board and in the picture.
public struct BoardCorner: Codable, Equatable, Sendable {
  /// Number of the corner on its board; the same corner has the same number in every view.
  public var number: Int
  public var board: Point<BoardFrame>
  public var picture: Point<ColorFrame>
  /// Standard deviation of each of the picture's two coordinates in pixels, as the detector states
  /// it from this picture alone; nil where it does not say.
  public var deviation: Double?

  public init(
    number: Int, board: Point<BoardFrame>, picture: Point<ColorFrame>, deviation: Double? = nil
  ) {
    self.number = number
    self.board = board
    self.picture = picture
    self.deviation = deviation
  }
}

/// What a detector found of a board in one picture.
public struct BoardView: Codable, Equatable, Sendable {
  /// The picture's name, as the person gave it.
  public var name: String
  /// Extent of the picture in pixels.
  public var width: Int
  public var height: Int
  public var corners: [BoardCorner]

  public init(name: String, width: Int, height: Int, corners: [BoardCorner]) {
    self.name = name
    self.width = width
    self.height = height
    self.corners = corners
  }
}
