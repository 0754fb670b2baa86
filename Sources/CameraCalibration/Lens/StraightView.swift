import Imaging
import Units

/// Between a camera's own pictures and those that it would take without distortion, with the same
/// extent, focal lengths and center; both are the same where no lens is known.
///
/// The map of a belt is a homography of straight pictures only.
public struct StraightView: Sendable {
  public let lens: LensModel?
  private let inverse: LensInverse?

  public init(_ lens: LensModel?) {
    self.lens = lens
    inverse = lens.map { LensInverse($0) }
  }

  /// Where a pixel of the camera's own picture lies in the straight one; nil where the lens has no
  /// direction for it.
  public func straight(_ pixel: Point<ColorFrame>) -> Point<ColorFrame>? {
    guard let inverse else { return pixel }
    return inverse.straightened(pixel)
  }

  /// The pixel of the camera's own picture that shows a place of the straight one; nil where the
  /// lens sees nothing of it.
  public func bent(_ place: Point<ColorFrame>) -> Point<ColorFrame>? {
    guard let lens, let inverse else { return place }
    let ray = Point<RayFrame>(
      x: (place.x - lens.centerX) / lens.focalX, y: (place.y - lens.centerY) / lens.focalY)
    return inverse.isWithinReach(ray) ? lens(ray) : nil
  }

  /// A picture's brightness as a camera without distortion would have it, one channel; black where
  /// the lens sees nothing.
  public func brightness(of picture: Picture) -> Picture {
    var straight = Picture(width: picture.width, height: picture.height, channels: 1)
    let (right, bottom) = (Double(picture.width) - 0.5, Double(picture.height) - 0.5)
    for row in 0..<picture.height {
      for column in 0..<picture.width {
        guard let place = bent(Point(x: Double(column), y: Double(row))),
          place.x >= -0.5, place.y >= -0.5, place.x <= right, place.y <= bottom
        else { continue }
        let value = picture.brightness(x: place.x, y: place.y)
        straight[column, row, 0] = UInt8(min(255, max(0, value.rounded())))
      }
    }
    return straight
  }

  /// The rectangle of belt that the camera's picture shows whole; nil where it sees none whole.
  ///
  /// - Parameter map: from the straight picture to the belt.
  func seenBelt(
    _ map: Homography<ColorFrame, BeltFrame>, width: Int, height: Int
  ) -> Rectangle<BeltFrame>? {
    guard let lens else {
      let (right, bottom) = (Double(width - 1), Double(height - 1))
      let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)].map { x, y in
        map(Point(x: x, y: y))
      }
      let (xs, ys) = (corners.map(\.x).sorted(), corners.map(\.y).sorted())
      return Rectangle(x: xs[1], y: ys[1], width: xs[2] - xs[1], height: ys[2] - ys[1])
    }
    return LensMount(lens: lens, straight: map)?.grid.area
  }
}

extension BeltGrid {
  /// What the grid covers, from the middle of its first pixel to that of its last.
  public var area: Rectangle<BeltFrame> {
    Rectangle(
      x: x, y: y, width: Double(width - 1) * millimetersPerPixel,
      height: Double(height - 1) * millimetersPerPixel)
  }
}
