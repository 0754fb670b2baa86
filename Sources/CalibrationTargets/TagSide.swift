import CameraCalibration
import Units

/// What is printed along one side of a tag: its border, and behind it white and black modules.
///
/// Lengths are in modules: `u` along the side from its first corner, `v` into the tag.
struct TagSide {
  /// Maps (u, v) onto the picture.
  let map: Homography<BoardFrame, ColorFrame>
  let modules: Int
  /// White modules in the first and second row behind the border, from the first corner on.
  let rings: [[Bool]]
  /// White outside the side, in modules.
  let gap: Double

  static let ringCount = 2

  /// One side of a tag, by its number: upper, right, lower, left.
  ///
  /// `corners` begin in the upper left and run clockwise; nil where they are no square's.
  init?(
    _ index: Int, of modules: [Bool], side: Int, gap: Double, corners: [Point<ColorFrame>]
  ) {
    let n = Double(side)
    let square: [Point<BoardFrame>] = [
      Point(x: 0, y: 0), Point(x: n, y: 0), Point(x: n, y: n), Point(x: 0, y: n),
    ]
    let pairs = (0..<4).map { (board: square[$0], picture: corners[(index + $0) % 4]) }
    guard let map = Homography(through: pairs) else { return nil }
    self.map = map
    self.modules = side
    self.gap = gap
    rings = (1...Self.ringCount).map { v in
      (0..<side).map { u in !modules[Self.place(u, v, side: side, index)] }
    }
  }

  /// Row-major place of the module at (u, v) as seen from a side.
  private static func place(_ u: Int, _ v: Int, side: Int, _ index: Int) -> Int {
    let last = side - 1
    return switch index {
    case 0: v * side + u
    case 1: u * side + last - v
    case 2: (last - v) * side + last - u
    default: (last - u) * side + v
    }
  }

  func point(_ u: Double, _ v: Double) -> Point<ColorFrame> { map(Point(x: u, y: v)) }
}
