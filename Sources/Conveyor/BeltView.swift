import Imaging
import Units

/// The stretch of belt that one frame shows: where each pixel lies on it.
///
/// A picture exposed at belt position `p` shows the belt at `y + p`, so that a piece that lies
/// still on the belt keeps its coordinates from frame to frame while the belt runs.
public struct BeltView: Sendable {
  public let camera: Homography<ColorFrame, BeltFrame>
  /// The belt's travel at exposure.
  public let beltMillimeters: Double
  public let exposedAt: LineInstant
  public let width: Int
  public let height: Int
  /// The stretch along the travel that the whole width of the picture sees, in belt coordinates.
  public let along: ClosedRange<Double>
  /// What the whole length of the picture sees across the belt.
  public let across: ClosedRange<Double>
  /// What the pixel in the middle covers.
  public let squareMillimetersPerPixel: Double

  public init(
    camera: Homography<ColorFrame, BeltFrame>, beltMillimeters: Double, exposedAt: LineInstant,
    width: Int, height: Int
  ) {
    self.camera = camera
    self.beltMillimeters = beltMillimeters
    self.exposedAt = exposedAt
    self.width = width
    self.height = height
    let (right, bottom) = (Double(width - 1), Double(height - 1))
    let corners = [(0, 0), (right, 0), (0, bottom), (right, bottom)].map {
      camera(Point(x: $0.0, y: $0.1))
    }
    let (xs, ys) = (corners.map(\.x).sorted(), corners.map(\.y).sorted())
    along = (ys[1] + beltMillimeters)...(ys[2] + beltMillimeters)
    across = xs[1]...xs[2]
    let (x, y) = (right / 2, bottom / 2)
    let middle = camera(Point(x: x, y: y))
    let (next, below) = (camera(Point(x: x + 1, y: y)), camera(Point(x: x, y: y + 1)))
    squareMillimetersPerPixel = abs(
      (next.x - middle.x) * (below.y - middle.y) - (next.y - middle.y) * (below.x - middle.x))
  }

  /// Where a point of the picture lies on the belt.
  public func callAsFunction(_ point: Point<ColorFrame>) -> Point<BeltFrame> {
    var belt = camera(point)
    belt.y += beltMillimeters
    return belt
  }
}

/// A piece as one frame shows it, on the belt.
public struct Sighting: Sendable, Equatable {
  /// Its region in the frame's label map.
  public var blob: Blob
  public var centroid: Point<BeltFrame>
  /// The smallest rectangle along and across the belt; its smallest `y` is the leading edge.
  public var bounds: Rectangle<BeltFrame>
  public var areaSquareMillimeters: Double
  /// Mean step between neighboring pixels against that plus 8 levels, 0 (blurred) to 1.
  public var sharpness: Double
  /// Share of pixels with a channel at 250 or more, where color is no longer known, 0 to 1.
  public var saturation: Double

  /// Whether no part of it may lie beyond the picture.
  public var isWhole: Bool { !blob.touchesBorder }
  /// Where the piece begins along the travel: what reaches the valves first.
  public var leadingMillimeters: Double { bounds.y }
  public var trailingMillimeters: Double { bounds.y + bounds.height }

  public init(
    blob: Blob, centroid: Point<BeltFrame>, bounds: Rectangle<BeltFrame>,
    areaSquareMillimeters: Double, sharpness: Double = 1, saturation: Double = 0
  ) {
    self.blob = blob
    self.centroid = centroid
    self.bounds = bounds
    self.areaSquareMillimeters = areaSquareMillimeters
    self.sharpness = sharpness
    self.saturation = saturation
  }

  /// How much this view of the piece tells: area × sharpness × (1 - saturation).
  ///
  /// Never 0, so that a piece seen only in glare still has evidence.
  public var weight: Double {
    max(1e-6, areaSquareMillimeters * sharpness * (1 - saturation))
  }
}

extension BeltView {
  /// The regions of a frame on the belt, in their order, appended to an emptied `sightings`.
  ///
  /// - Parameter companion: looks at half of them.
  public func register(
    _ found: Segmentation, of picture: Picture, into sightings: inout [Sighting],
    with companion: Companion? = nil
  ) {
    sightings.removeAll(keepingCapacity: true)
    let own = companion == nil ? found.blobs.count : found.blobs.count / 2
    func registerOwn() {
      for blob in found.blobs[..<own] {
        sightings.append(sighting(of: blob, in: found.labels, of: picture))
      }
    }
    guard let companion else { return registerOwn() }
    sightings += companion.share {
      found.blobs[own...].map { sighting(of: $0, in: found.labels, of: picture) }
    } with: {
      registerOwn()
    }
  }

  private func sighting(
    of blob: Blob, in labels: LabelMap, of picture: Picture
  ) -> Sighting {
    var low = Point<BeltFrame>(x: .infinity, y: .infinity)
    var high = Point<BeltFrame>(x: -.infinity, y: -.infinity)
    var (steps, stepCount, saturated) = (0, 0, 0)
    for y in blob.rows {
      let facts = RowFacts(of: blob, row: y, in: labels, of: picture)
      steps += facts.steps
      stepCount += facts.stepCount
      saturated += facts.saturated
      guard let ends = facts.ends else { continue }
      for corner in [
        (Double(ends.first) - 0.5, -0.5), (Double(ends.first) - 0.5, 0.5),
        (Double(ends.last) + 0.5, -0.5), (Double(ends.last) + 0.5, 0.5),
      ] {
        let point = self(Point(x: corner.0, y: Double(y) + corner.1))
        low = Point(x: min(low.x, point.x), y: min(low.y, point.y))
        high = Point(x: max(high.x, point.x), y: max(high.y, point.y))
      }
    }
    let meanStep = Double(steps) / Double(max(1, stepCount))
    return Sighting(
      blob: blob, centroid: self(blob.centroid),
      bounds: Rectangle(x: low.x, y: low.y, width: high.x - low.x, height: high.y - low.y),
      areaSquareMillimeters: Double(blob.area) * squareMillimetersPerPixel,
      sharpness: meanStep / (meanStep + 8),
      saturation: Double(saturated) / Double(max(1, blob.area)))
  }
}
