import Foundation
import Units

/// How a line scanner over a moving belt sees it: a slit that lies across, and the travel.
///
/// A sample u along the slit lies at `(start + millimetersPerSample · u) / (1 + tilt · u)` across
/// the belt; each line lies one `linePitch` further along. Samples and lines are counted from the
/// middle of the cube, so that the numbers hardly depend on each other.
///
/// Perspective acts along the slit only, and travel is straight however the camera is tilted. That
/// is no homography: its denominator would act on the travel too.
///
/// Source: Gupta, Hartley, *Linear pushbroom cameras*, IEEE PAMI 19, 1997, section 3, for a plane.
public struct LineScanGeometry: Codable, Equatable, Sendable {
  /// Sample and line from which u and v are counted.
  public var middleSample: Double
  public var middleLine: Double
  /// Across the belt at u = 0, in millimeters.
  public var start: Double
  public var millimetersPerSample: Double
  /// Change of scale along the slit for each sample: the camera leans to a side.
  public var tilt: Double
  /// Along the belt at u = 0, v = 0, in millimeters.
  public var along: Double
  /// Millimeters along for each millimeter across: the slit is not square to the travel.
  public var skew: Double
  public var millimetersPerLine: Double
  /// Millimeters across for each line: the travel is not quite the belt's y.
  public var drift: Double

  public init(
    samples: Int, lines: Int, start: Double, millimetersPerSample: Double, tilt: Double = 0,
    along: Double, skew: Double = 0, millimetersPerLine: Double, drift: Double = 0
  ) {
    middleSample = Double(samples - 1) / 2
    middleLine = Double(lines - 1) / 2
    self.start = start
    self.millimetersPerSample = millimetersPerSample
    self.tilt = tilt
    self.along = along
    self.skew = skew
    self.millimetersPerLine = millimetersPerLine
    self.drift = drift
  }

  /// Where on the belt a place of the cube lies.
  public func belt(_ point: Point<CubeFrame>) -> Point<BeltFrame> {
    let (u, v) = (point.x - middleSample, point.y - middleLine)
    let across = (start + millimetersPerSample * u) / (1 + tilt * u)
    return Point(
      x: across + drift * v, y: along + skew * (across - start) + millimetersPerLine * v)
  }

  /// Where the cube sees a place of the belt.
  public func cube(_ point: Point<BeltFrame>) -> Point<CubeFrame> {
    let (x, y) = (point.x, point.y - along + skew * start)
    let v = (y - skew * x) / (millimetersPerLine - skew * drift)
    let across = x - drift * v
    let u = (across - start) / (millimetersPerSample - tilt * across)
    return Point(x: u + middleSample, y: v + middleLine)
  }

  /// Angle between the slit and the line square to the travel.
  public var skewDegrees: Double { atan(skew) * 180 / .pi }

  /// Size of a sample on the belt, in millimeters across, at a place along the slit.
  public func sampleMillimeters(at sample: Double) -> Double {
    let u = sample - middleSample
    let w = 1 + tilt * u
    return (millimetersPerSample - tilt * start) / (w * w)
  }

  /// The homography that is nearest to this over a cube's samples and lines, and its largest
  /// distance from it in millimeters.
  public func homography(
    samples: Int, lines: Int
  ) -> (map: Homography<CubeFrame, BeltFrame>, errorMillimeters: Double)? {
    let places = (0..<9).flatMap { row in
      (0..<9).map { column in
        Point<CubeFrame>(
          x: Double(samples - 1) * Double(column) / 8, y: Double(lines - 1) * Double(row) / 8)
      }
    }
    let points = places.map(belt)
    guard
      let start = PlaneMap(
        board: places.map { ($0.x, $0.y) }, picture: points.map { ($0.x, $0.y) }),
      let fit = LeastSquaresFit(
        from: start.numbers, steps: [Double](repeating: 1e-6, count: 8),
        residuals: { numbers in
          var map = start
          map.numbers = numbers
          return zip(places, points).flatMap { place, point in
            let found = map(place.x, place.y)
            return [found.x - point.x, found.y - point.y]
          }
        })
    else { return nil }
    var nearest = start
    nearest.numbers = fit.parameters
    let map = Homography<CubeFrame, BeltFrame>(matrix: nearest.homography.matrix)
    let errors = zip(places, points).map { place, point in
      let found = map(place)
      return hypot(found.x - point.x, found.y - point.y)
    }
    return (map, errors.max() ?? 0)
  }

  /// The numbers that a fit may change, in a fixed order.
  var numbers: [Double] {
    get { [start, millimetersPerSample, tilt, along, skew, millimetersPerLine, drift] }
    set {
      start = newValue[0]
      millimetersPerSample = newValue[1]
      tilt = newValue[2]
      along = newValue[3]
      skew = newValue[4]
      millimetersPerLine = newValue[5]
      drift = newValue[6]
    }
  }

  /// Steps of `numbers` that move a cube's edge by about the same.
  static let steps = [1e-4, 1e-6, 1e-8, 1e-4, 1e-6, 1e-6, 1e-6]
}
