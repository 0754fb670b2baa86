import CameraCalibration
import Units

/// Where the pixels of a picture taken through a lens lie in the picture without its distortion.
///
/// The lens is undone once for each pixel; within a pixel it is taken for a straight map, which is
/// off by less than a thousandth of a pixel.
struct BentPixels: Sendable {
  private let width: Int
  private let height: Int
  private let places: [Point<ColorFrame>]

  /// Nil where the lens has no direction for a pixel of its own picture.
  init?(_ lens: LensModel) {
    (width, height) = (lens.width, lens.height)
    let view = StraightView(lens)
    // One more on each side, for the slopes at the border.
    var places: [Point<ColorFrame>] = []
    places.reserveCapacity((width + 2) * (height + 2))
    for row in -1...height {
      for column in -1...width {
        guard let place = view.straight(Point(x: Double(column), y: Double(row))) else {
          return nil
        }
        places.append(place)
      }
    }
    self.places = places
  }

  /// The place of a point `dx`, `dy` beside the middle of a pixel.
  func callAsFunction(_ column: Int, _ row: Int, dx: Double, dy: Double) -> Point<ColorFrame> {
    let index = (row + 1) * (width + 2) + column + 1
    let (middle, left, right) = (places[index], places[index - 1], places[index + 1])
    let (above, below) = (places[index - width - 2], places[index + width + 2])
    return Point(
      x: middle.x + dx * (right.x - left.x) / 2 + dy * (below.x - above.x) / 2,
      y: middle.y + dx * (right.y - left.y) / 2 + dy * (below.y - above.y) / 2)
  }
}
