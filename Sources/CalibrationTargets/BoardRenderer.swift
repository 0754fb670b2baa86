import CameraCalibration
import Foundation
import Imaging
import Tensors
import Units

/// Draws what a camera with a known lens sees of a board at a known pose.
///
/// Where corners appear follows from lens and pose alone: `truth(at:)`. Pixels at edges are the
/// mean of 256 places inside them, so edges are where they should be to some thousandths of a
/// pixel; the map from pixels to the board is exact at their centers and linear within each.
public struct BoardRenderer: Sendable {
  public let board: CalibrationBoard
  public let lens: LensModel
  /// Direction of each pixel's center; what the lens model does not reach is nan.
  private let rays: [Point<RayFrame>]

  /// The places inside a pixel, from -0.5 to 0.5: a lattice of rank 1, so that no two share a
  /// column or a row.
  private static let places: [(x: Double, y: Double)] = (0..<256).map { index in
    let x = (Double(index) + 0.5) / 256
    let y = (Double(index * 75 % 256) + 0.5) / 256
    return (x - 0.5, y - 0.5)
  }

  /// Inverts the lens once for all pictures that follow.
  public init(_ board: CalibrationBoard, lens: LensModel) {
    self.board = board
    self.lens = lens
    let inverse = LensInverse(lens)
    rays = (0..<lens.width * lens.height).map { index in
      inverse(Point(x: Double(index % lens.width), y: Double(index / lens.width)))
        ?? Point(x: .nan, y: .nan)
    }
  }

  /// Where the corners are that a camera sees, by number; those more than five pixels outside the
  /// picture are left out.
  public func truth(at pose: BoardPose) -> [Int: Point<ColorFrame>] {
    var truth: [Int: Point<ColorFrame>] = [:]
    for number in 0..<board.cornerCount {
      let corner = board.corner(number)
      let seen = pose.camera(x: corner.x, y: corner.y)
      guard let pixel = lens.pixel(x: seen.x, y: seen.y, z: seen.z),
        (-5...Double(lens.width + 4)).contains(pixel.x),
        (-5...Double(lens.height + 4)).contains(pixel.y)
      else { continue }
      truth[number] = pixel
    }
    return truth
  }

  /// The picture, one channel; the same for the same state of `random`.
  public func picture(
    at pose: BoardPose, _ exposure: BoardExposure = BoardExposure(),
    using random: inout some RandomNumberGenerator
  ) -> Picture {
    var light = reflected(at: pose, exposure)
    blur(&light, width: lens.width, height: lens.height, deviation: exposure.blur)
    let (halfWidth, halfHeight) = (Double(lens.width) / 2, Double(lens.height) / 2)
    var picture = Picture(width: lens.width, height: lens.height, channels: 1)
    for y in 0..<lens.height {
      let rowGain = exposure.gradientY * (Double(y) + 0.5 - halfHeight) / halfHeight
      for x in 0..<lens.width {
        let gain = 1 + rowGain + exposure.gradientX * (Double(x) + 0.5 - halfWidth) / halfWidth
        let place = y * lens.width + x
        var value = Double(light[place]) * gain
        if exposure.noise > 0 { value += exposure.noise * random.nextNormal() }
        picture.pixels[place] = UInt8(max(0, min(255, value.rounded())))
      }
    }
    return picture
  }

  /// What comes from the board before blur and noise, in gray values.
  private func reflected(at pose: BoardPose, _ exposure: BoardExposure) -> [Float] {
    let pattern = BoardPattern(board, exposure)
    let background = Float(exposure.background)
    guard
      let toBoard = Homography<BoardFrame, RayFrame>(matrix: pose.toRays).inverse,
      // Behind the camera the same formula shows the board mirrored.
      pose.camera(x: board.corners.center.x, y: board.corners.center.y).z > 0
    else { return [Float](repeating: background, count: rays.count) }
    var light = [Float](repeating: background, count: rays.count)
    let (width, height) = (lens.width, lens.height)
    let m = toBoard.matrix
    let inFront = m[6] * toBoardSign(pose).x + m[7] * toBoardSign(pose).y + m[8] > 0
    for y in 0..<height {
      for x in 0..<width {
        let ray = rays[y * width + x]
        let scale = m[6] * ray.x + m[7] * ray.y + m[8]
        guard ray.x.isFinite, (scale > 0) == inFront else { continue }
        let center = toBoard(ray)
        guard pattern.mayShow(center) else { continue }
        // Neighbors tell how far the board moves within a pixel.
        let beside = rays[y * width + (x + 1 < width ? x + 1 : x - 1)]
        let below = rays[(y + 1 < height ? y + 1 : y - 1) * width + x]
        guard beside.x.isFinite, below.x.isFinite else { continue }
        let (right, down) = (toBoard(beside), toBoard(below))
        let (signX, signY) = (x + 1 < width ? 1.0 : -1.0, y + 1 < height ? 1.0 : -1.0)
        light[y * width + x] = pattern.mean(
          around: center, across: (signX * (right.x - center.x), signX * (right.y - center.y)),
          down: (signY * (down.x - center.x), signY * (down.y - center.y)), places: Self.places)
      }
    }
    return light
  }

  /// The direction in which the board's middle lies.
  private func toBoardSign(_ pose: BoardPose) -> Point<RayFrame> {
    let middle = board.corners.center
    let seen = pose.camera(x: middle.x, y: middle.y)
    return Point(x: seen.x / seen.z, y: seen.y / seen.z)
  }
}

/// The gray value of each place on a board: strips across and down, a value for each crossing.
struct BoardPattern: Sendable {
  private let edgesX: [Double]
  private let edgesY: [Double]
  /// `(edgesY.count + 1) · (edgesX.count + 1)` values; the first and last strips are background.
  private let values: [Float]
  private let stride: Int

  init(_ board: CalibrationBoard, _ exposure: BoardExposure) {
    let (black, paper) = (board.black, exposure.paperMillimeters)
    var xs: Set = [black.x - paper, black.x + black.width + paper]
    var ys: Set = [black.y - paper, black.y + black.height + paper]
    // Rounding makes one edge of those that two neighbors compute differently.
    func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
    let rectangles = board.blackRectangles
    for rectangle in rectangles {
      xs.formUnion([rounded(rectangle.x), rounded(rectangle.x + rectangle.width)])
      ys.formUnion([rounded(rectangle.y), rounded(rectangle.y + rectangle.height)])
    }
    (edgesX, edgesY) = (xs.sorted(), ys.sorted())
    stride = edgesX.count + 1
    var values = [Float](repeating: Float(exposure.background), count: stride * (edgesY.count + 1))
    for row in 1..<edgesY.count {
      for column in 1..<edgesX.count { values[row * stride + column] = Float(exposure.white) }
    }
    for rectangle in rectangles {
      let columns = Self.strips(rectangle.x, rectangle.x + rectangle.width, edgesX)
      let rows = Self.strips(rectangle.y, rectangle.y + rectangle.height, edgesY)
      for row in rows {
        for column in columns { values[row * stride + column] = Float(exposure.black) }
      }
    }
    self.values = values
  }

  private static func strips(_ low: Double, _ high: Double, _ edges: [Double]) -> Range<Int> {
    strip(low + 1e-5, edges)..<strip(high - 1e-5, edges) + 1
  }

  /// How many edges lie at or before `value`.
  private static func strip(_ value: Double, _ edges: [Double]) -> Int {
    var (low, high) = (0, edges.count)
    while low < high {
      let middle = (low + high) / 2
      if edges[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// False only where all around is background for sure.
  func mayShow(_ point: Point<BoardFrame>) -> Bool {
    let room = 20.0
    guard let left = edgesX.first, let right = edgesX.last, let top = edgesY.first,
      let bottom = edgesY.last
    else { return false }
    return point.x > left - room && point.x < right + room && point.y > top - room
      && point.y < bottom + room
  }

  /// The mean over a pixel whose sides are `across` and `down` on the board.
  func mean(
    around center: Point<BoardFrame>, across: (x: Double, y: Double), down: (x: Double, y: Double),
    places: [(x: Double, y: Double)]
  ) -> Float {
    let reachX = (abs(across.x) + abs(down.x)) / 2
    let reachY = (abs(across.y) + abs(down.y)) / 2
    let column = Self.strip(center.x - reachX, edgesX)
    let row = Self.strip(center.y - reachY, edgesY)
    let isOneColumn = column == edgesX.count || center.x + reachX < edgesX[column]
    let isOneRow = row == edgesY.count || center.y + reachY < edgesY[row]
    if isOneColumn && isOneRow { return values[row * stride + column] }
    var sum: Float = 0
    for place in places {
      let x = center.x + place.x * across.x + place.y * down.x
      let y = center.y + place.x * across.y + place.y * down.y
      var (i, j) = (column, row)
      while i < edgesX.count, edgesX[i] <= x { i += 1 }
      while j < edgesY.count, edgesY[j] <= y { j += 1 }
      sum += values[j * stride + i]
    }
    return sum / Float(places.count)
  }
}

/// Blurs `[height, width]` values by a Gaussian; beyond the edges the outermost values go on.
func blur(_ values: inout [Float], width: Int, height: Int, deviation: Double) {
  guard deviation > 0.05, width > 0, height > 0 else { return }
  let radius = max(1, Int((3.5 * deviation).rounded(.up)))
  var weights = (-radius...radius).map {
    Float(exp(-Double($0 * $0) / (2 * deviation * deviation)))
  }
  let sum = weights.reduce(0, +)
  for index in weights.indices { weights[index] /= sum }
  var padded = [Float](repeating: 0, count: width + 2 * radius)
  for y in 0..<height {
    for x in padded.indices {
      padded[x] = values[y * width + min(width - 1, max(0, x - radius))]
    }
    for x in 0..<width {
      var total: Float = 0
      for tap in weights.indices { total += weights[tap] * padded[x + tap] }
      values[y * width + x] = total
    }
  }
  let source = values
  for y in 0..<height {
    for x in 0..<width { values[y * width + x] = 0 }
    for tap in weights.indices {
      let from = min(height - 1, max(0, y + tap - radius)) * width
      let weight = weights[tap]
      for x in 0..<width { values[y * width + x] += weight * source[from + x] }
    }
  }
}
