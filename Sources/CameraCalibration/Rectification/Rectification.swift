import Imaging
import Units

/// Turns a camera's pictures into others by a map made once: what each pixel of the result shows
/// lies between four pixels of the source.
///
/// Training and the line use this and nothing else, so that both see the same to the bit.
public struct Rectification: Sendable, Equatable {
  /// Extent of pictures after and before.
  public let width: Int
  public let height: Int
  public let sourceWidth: Int
  public let sourceHeight: Int
  /// For each pixel of the result the column and row of the upper left of its four neighbors.
  let places: [Int16]
  /// How far between them it lies, in 32nds: x in bits 0 to 4, y in bits 5 to 9.
  let shares: [UInt16]
  private let inside: [Range<Int>]

  /// A map for any purpose; `source` tells where in the source a pixel of the result lies, nil
  /// for nowhere.
  public init(
    width: Int, height: Int, from extent: (width: Int, height: Int),
    source: (_ x: Int, _ y: Int) -> Point<ColorFrame>?
  ) {
    precondition(
      width > 0 && height > 0 && (1...32_766).contains(extent.width)
        && (1...32_766).contains(extent.height), "rectification: \(width) × \(height)")
    (self.width, self.height) = (width, height)
    (sourceWidth, sourceHeight) = extent
    var places: [Int16] = []
    var shares: [UInt16] = []
    places.reserveCapacity(2 * width * height)
    shares.reserveCapacity(width * height)
    for y in 0..<height {
      for x in 0..<width {
        let (column, row) = Self.fixed(source(x, y))
        places.append(Int16(clamping: column >> 5))
        places.append(Int16(clamping: row >> 5))
        shares.append(UInt16((row & 31) << 5 | (column & 31)))
      }
    }
    self.places = places
    self.shares = shares
    inside = Self.insides(places, width: width, extent)
  }

  /// The map from a camera's picture to its belt.
  public init(_ mount: LensMount) {
    let (lens, grid) = (mount.lens, mount.grid)
    let inverse = LensInverse(lens)
    guard let rays = mount.belt.inverse else {
      preconditionFailure("rectification: the belt's map cannot be inverted")
    }
    // Positive on this side of the horizon.
    let m = rays.matrix
    let center = mount.belt(Point(x: 0, y: 0))
    let sign = m[6] * center.x + m[7] * center.y + m[8] < 0 ? -1.0 : 1.0
    self.init(width: grid.width, height: grid.height, from: (lens.width, lens.height)) { x, y in
      let place = Point<BeltFrame>(
        x: grid.x + Double(x) * grid.millimetersPerPixel,
        y: grid.y + Double(y) * grid.millimetersPerPixel)
      guard sign * (m[6] * place.x + m[7] * place.y + m[8]) > 0 else { return nil }
      let ray = rays(place)
      return inverse.isWithinReach(ray) ? lens(ray) : nil
    }
  }

  /// Rectifies a picture of the camera into `result`, which keeps its memory where it has the
  /// right extent already.
  ///
  /// Errors: at `place` where the picture has another extent than the camera's.
  public func apply(
    _ picture: Picture, into result: inout Picture, place: String
  ) throws(CalibrationError) {
    try check(picture.width, picture.height, place: place)
    if result.width != width || result.height != height || result.channels != picture.channels {
      result = Picture(width: width, height: height, channels: picture.channels)
    }
    if picture.channels == 3 {
      kernel.color(picture.pixels, into: &result.pixels)
    } else {
      kernel.gray(picture.pixels, into: &result.pixels)
    }
  }

  /// The picture of the belt that a picture of the camera shows.
  public func callAsFunction(
    _ picture: Picture, place: String
  ) throws(CalibrationError) -> Picture {
    var result = Picture(width: width, height: height, channels: picture.channels)
    try apply(picture, into: &result, place: place)
    return result
  }

  /// The labels of a picture of the belt, from those of a picture of the camera: each pixel has
  /// the label of the pixel nearest to where it lies.
  public func callAsFunction(
    _ map: LabelMap, place: String
  ) throws(CalibrationError) -> LabelMap {
    try check(map.width, map.height, place: place)
    var result = LabelMap(width: width, height: height)
    for at in 0..<(width * height) {
      let x = Int(places[2 * at]) + Int((shares[at] & 31) >> 4)
      let y = Int(places[2 * at + 1]) + Int(shares[at] >> 9)
      guard (0..<sourceWidth).contains(x), (0..<sourceHeight).contains(y) else { continue }
      result.labels[at] = map[x, y]
    }
    return result
  }

  var kernel: RemapKernel {
    RemapKernel(
      sourceWidth: sourceWidth, sourceHeight: sourceHeight, inside: inside, places: places,
      shares: shares, width: width)
  }

  private func check(_ width: Int, _ height: Int, place: String) throws(CalibrationError) {
    guard width == sourceWidth, height == sourceHeight else {
      throw CalibrationError(
        place,
        .pictureExtent(
          found: PictureExtent(width: width, height: height),
          wanted: PictureExtent(width: sourceWidth, height: sourceHeight)))
    }
  }

  /// A place in 32nds of a pixel; far outside where there is none.
  private static func fixed(_ place: Point<ColorFrame>?) -> (column: Int, row: Int) {
    let limit = 1e6
    guard let place, abs(place.x) < limit, abs(place.y) < limit else { return (-128, -128) }
    // Ties to even, as OpenCV's maps have them.
    return (
      Int((place.x * 32).rounded(.toNearestOrEven)), Int((place.y * 32).rounded(.toNearestOrEven))
    )
  }

  /// The longest run of pixels in each row that the kernel may fetch without looking: all four
  /// neighbors lie in the source, and so do the two bytes behind each pair.
  private static func insides(
    _ places: [Int16], width: Int, _ extent: (width: Int, height: Int)
  ) -> [Range<Int>] {
    (0..<(places.count / 2 / width)).map { row in
      var best = 0..<0
      var start = 0
      for x in 0...width {
        let at = row * width + x
        if x < width {
          let (column, line) = (Int(places[2 * at]), Int(places[2 * at + 1]))
          let isLast = line + 2 >= extent.height && column + 3 > extent.width
          if column >= 0, line >= 0, column + 1 < extent.width, line + 1 < extent.height, !isLast {
            continue
          }
        }
        if x - start > best.count { best = start..<x }
        start = x + 1
      }
      return best
    }
  }
}
