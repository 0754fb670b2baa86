import Foundation
import Imaging
import Units

/// Where a disc was on the belt, picture after picture.
public struct DiscTrack: Codable, Equatable, Sendable {
  /// The disc in one picture.
  public struct Place: Codable, Equatable, Sendable {
    public var seconds: Double
    public var x: Double
    public var y: Double

    public init(seconds: Double, x: Double, y: Double) {
      (self.seconds, self.x, self.y) = (seconds, x, y)
    }
  }

  public var places: [Place]

  public init(_ places: [Place]) { self.places = places }

  /// Follows the disc through pictures of a camera whose plane on the belt, and lens if it has
  /// distortion, are known.
  public init(
    _ shots: [BeltShot], plane: Homography<ColorFrame, BeltFrame>,
    lens: LensModel? = nil,
    finder: DiscFinder = DiscFinder()
  ) throws(TimingError) {
    places = []
    let view = StraightView(lens)
    var last: Double?
    for shot in shots {
      if let last, shot.seconds <= last {
        throw TimingError(shot.name, .timesGoBack(seconds: shot.seconds, after: last))
      }
      last = shot.seconds
      guard let seen = try finder.find(in: shot.picture, named: shot.name),
        let place = view.straight(seen.place)
      else { continue }
      let belt = plane(place)
      places.append(Place(seconds: shot.seconds, x: belt.x, y: belt.y))
    }
    guard !places.isEmpty else { throw TimingError(shots.first?.name ?? "shots", .noDisc) }
  }

  /// The disc's straight way: its speed along the belt, and its place at the last picture.
  public func approach(
    named name: String
  ) throws(TimingError) -> (millimetersPerSecond: Double, seconds: Double, y: Double, x: Double) {
    guard places.count >= 3, let last = places.last else {
      throw TimingError(name, .fewSightings(found: places.count))
    }
    let times = places.map { $0.seconds - last.seconds }
    guard let along = RobustLine(times, places.map(\.y)),
      let across = RobustLine(times, places.map(\.x)), -along.slope > 1
    else { throw TimingError(name, .beltStandsStill) }
    return (-along.slope, last.seconds, along.offset, across.offset)
  }

  /// When and where the air struck: the disc leaves its straight way there.
  ///
  /// Two straight ways that meet are laid through all places, for every possible moment between;
  /// the moment whose ways fit best is taken. Places before it must be three, after it two.
  public func strike(
    named name: String
  ) throws(TimingError) -> (seconds: Double, uncertainty: Double, y: Double, x: Double) {
    guard places.count >= 5 else {
      throw TimingError(name, .fewSightings(found: places.count))
    }
    let times = places.map(\.seconds)
    let (first, last) = (times[2], times[times.count - 2])
    let candidates = (0...400).map { first + (last - first) * Double($0) / 400 }
    let fits = candidates.compactMap { time in BentWay(places, at: time).map { (time, $0) } }
    guard let best = fits.min(by: { $0.1.squares < $1.1.squares }) else {
      throw TimingError(name, .noStrike)
    }
    let freedom = Double(max(1, 2 * places.count - 7))
    let straight = BentWay.straightSquares(places)
    // Three more numbers explain a little of any noise; a strike explains far more.
    guard straight > best.1.squares * (1 + 20 / freedom), straight > 1e-9 else {
      throw TimingError(name, .noStrike)
    }
    let limit = best.1.squares * (1 + 4 / freedom)
    let near = fits.filter { $0.1.squares <= limit }.map { $0.0 }
    let width = max((near.max() ?? best.0) - best.0, best.0 - (near.min() ?? best.0))
    return (
      best.0, max(width, (last - first) / 400), best.1.y, best.1.x
    )
  }
}

/// Two straight ways that meet at a moment: a place there, a velocity before and one after.
private struct BentWay {
  let squares: Double
  let x: Double
  let y: Double

  init?(_ places: [DiscTrack.Place], at time: Double) {
    guard let along = Self.fit(places.map(\.y), places.map { $0.seconds - time }),
      let across = Self.fit(places.map(\.x), places.map { $0.seconds - time })
    else { return nil }
    squares = along.squares + across.squares
    (x, y) = (across.place, along.place)
  }

  /// Squares of what a single straight way leaves.
  static func straightSquares(_ places: [DiscTrack.Place]) -> Double {
    let times = places.map { $0.seconds - places[0].seconds }
    return [places.map(\.x), places.map(\.y)].reduce(0) { sum, values in
      let count = Double(values.count)
      let (meanTime, mean) = (times.reduce(0, +) / count, values.reduce(0, +) / count)
      let variance = times.reduce(0) { $0 + ($1 - meanTime) * ($1 - meanTime) }
      let slope =
        zip(times, values).reduce(0) { $0 + ($1.0 - meanTime) * ($1.1 - mean) }
        / max(variance, 1e-12)
      return zip(times, values).reduce(sum) { sum, pair in
        let rest = pair.1 - mean - slope * (pair.0 - meanTime)
        return sum + rest * rest
      }
    }
  }

  private static func fit(
    _ values: [Double], _ times: [Double]
  ) -> (place: Double, squares: Double)? {
    var normal = [Double](repeating: 0, count: 9)
    var right = [0.0, 0, 0]
    for (value, time) in zip(values, times) {
      let row = [1, min(time, 0), max(time, 0)]
      for i in 0..<3 {
        right[i] += row[i] * value
        for j in 0..<3 { normal[i * 3 + j] += row[i] * row[j] }
      }
    }
    guard let found = LeastSquaresFit.solved(normal, right) else { return nil }
    let squares = zip(values, times).reduce(0.0) { sum, pair in
      let rest = pair.0 - found[0] - found[1] * min(pair.1, 0) - found[2] * max(pair.1, 0)
      return sum + rest * rest
    }
    return (found[0], squares)
  }
}
