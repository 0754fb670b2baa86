/// What a set of views still lacks, as a person can do it.
public enum CoachWish: Equatable, Sendable {
  case hold(ViewCoverage.Region)
  /// Turn this side of the board towards the camera; degrees of the last view, if it was that way.
  case tilt(BoardSide, now: Double?)
  case closer
  case farther
  case another(count: Int)
  case nothing

  /// The sentence that is shown.
  public var text: String {
    switch self {
    case .hold(let region): "hold the board in the \(region.text) of the picture, right to its edge"
    case .tilt(let side, let now?) where now >= 5:
      "tilt more: turn its \(side.rawValue) side towards the camera, \(Int(now.rounded()))° now, "
        + "20° to 45° wanted"
    case .tilt(let side, _):
      "tilt the board: turn its \(side.rawValue) side towards the camera by 20° to 45°"
    case .closer: "hold it closer to the camera"
    case .farther: "hold it farther from the camera"
    case .another(let count):
      count == 1 ? "one more view, as you like" : "\(count) more views, each from another side"
    case .nothing: "enough views: the picture is covered"
    }
  }
}

/// What a set of views must have.
public struct CoachGoals: Codable, Equatable, Sendable {
  public var views = 12
  /// Share of the cells of each ninth of the picture.
  public var regionShare = 0.5
  /// Views tilted each of four ways.
  public var tilts = 1
  /// Largest over smallest scale.
  public var scaleRatio = 1.25

  public init() {}
}

extension ViewCoverage {
  /// What is most wanted next, with the last sighting to say "more" where it began.
  public func wish(for goals: CoachGoals, last: BoardSighting? = nil) -> CoachWish {
    let open = Self.regions.filter { share(of: $0) < goals.regionShare }
    let flat = BoardSide.allCases.filter { tilts($0) < goals.tilts }
    // A tilt in between keeps a person from holding the board flat everywhere.
    if let side = flat.first, attitudes.count >= 2, (attitudes.count % 2 == 0 || open.isEmpty) {
      return .tilt(side, now: Self.degrees(of: last, near: side))
    }
    if let region = open.first { return .hold(region) }
    if let side = flat.first { return .tilt(side, now: Self.degrees(of: last, near: side)) }
    if scaleRatio < goals.scaleRatio, let scale = attitudes.last?.pixelsPerMillimeter {
      let most = attitudes.map(\.pixelsPerMillimeter).max() ?? scale
      return scale < most ? .closer : .farther
    }
    let missing = goals.views - attitudes.count
    return missing > 0 ? .another(count: missing) : .nothing
  }

  private static func degrees(of sighting: BoardSighting?, near side: BoardSide) -> Double? {
    guard let attitude = sighting?.attitude, BoardSide(degrees: attitude.nearSideDegrees) == side
    else { return nil }
    return attitude.tiltDegrees
  }

  /// Whether a sighting shows what was not seen before.
  public func isNew(_ sighting: BoardSighting) -> Bool {
    let fresh = Set(cells(of: sighting).filter { counts[$0] == 0 })
    if fresh.count >= 2 { return true }
    let own = sighting.attitude
    let side = BoardSide(degrees: own.nearSideDegrees)
    if own.tiltDegrees >= Self.leastTiltDegrees, tilts(side) == 0 { return true }
    return !attitudes.contains { $0.isLike(own, width: width) }
  }
}

extension BoardAttitude {
  /// Whether two views say nearly the same.
  func isLike(_ other: BoardAttitude, width: Int) -> Bool {
    let (dx, dy) = (center.x - other.center.x, center.y - other.center.y)
    let turn = abs(nearSideDegrees - other.nearSideDegrees)
    let tilted = min(tiltDegrees, other.tiltDegrees) > 10
    return (dx * dx + dy * dy).squareRoot() < 0.08 * Double(width)
      && abs(tiltDegrees - other.tiltDegrees) < 8 && (!tilted || min(turn, 360 - turn) < 40)
      && abs(pixelsPerMillimeter - other.pixelsPerMillimeter) < 0.1 * pixelsPerMillimeter
  }
}
