import CameraCalibration
import Diagnostics

/// Chooses views out of a stream of frames and says what to do next: pure, without a camera.
public struct BoardCoach: Sendable {
  public let goals: CoachGoals
  /// Views that were accepted, in order.
  public private(set) var accepted: [BoardSighting] = []
  public private(set) var coverage: ViewCoverage?
  private var last: BoardSighting?

  /// More motion from frame to frame than this is refused, in pixels.
  private static let stillPixels = 0.7

  public init(_ goals: CoachGoals = CoachGoals()) { self.goals = goals }

  /// What is most wanted next.
  public var wish: CoachWish {
    coverage?.wish(for: goals, last: last)
      ?? .hold(ViewCoverage.Region(column: 1, row: 1))
  }

  /// Whether the views are enough.
  public var isDone: Bool { wish == .nothing }

  /// Accepts a sighting, or says why not.
  ///
  /// In a row of frames the board must be still: a view counts only where it agrees with the frame
  /// before.
  ///
  /// - Throws: a `ViewRefusal`: another size than before, moving, or nothing new.
  public mutating func look(at sighting: BoardSighting) throws(ViewRefusal) {
    let before = last
    last = sighting
    try checkSize(of: sighting)
    guard let before else { throw ViewRefusal(sighting.view.name, .firstSight) }
    let motion = Self.motion(from: before.view, to: sighting.view)
    guard motion <= Self.stillPixels else {
      throw ViewRefusal(sighting.view.name, .moving(pixels: motion, most: Self.stillPixels))
    }
    guard coverage?.isNew(sighting) ?? true else {
      throw ViewRefusal(sighting.view.name, .nothingNew)
    }
    accept(sighting)
  }

  /// Accepts a sighting of a picture that somebody chose already: only its size must fit.
  public mutating func take(_ sighting: BoardSighting) throws(ViewRefusal) {
    last = sighting
    try checkSize(of: sighting)
    accept(sighting)
  }

  /// Notes a frame without a usable board.
  public mutating func lose() { last = nil }

  private mutating func accept(_ sighting: BoardSighting) {
    var coverage =
      coverage ?? ViewCoverage(width: sighting.view.width, height: sighting.view.height)
    coverage.add(sighting)
    self.coverage = coverage
    accepted.append(sighting)
  }

  private func checkSize(of sighting: BoardSighting) throws(ViewRefusal) {
    guard let coverage else { return }
    let view = sighting.view
    guard view.width == coverage.width, view.height == coverage.height else {
      throw ViewRefusal(
        view.name,
        .otherSize(
          width: view.width, height: view.height, wantedWidth: coverage.width,
          wantedHeight: coverage.height))
    }
  }

  /// Median distance in pixels that corners moved; infinite where fewer than four are in both.
  static func motion(from first: BoardView, to second: BoardView) -> Double {
    let places = Dictionary(
      first.corners.map { ($0.number, $0.picture) }, uniquingKeysWith: { first, _ in first })
    let moves = second.corners.compactMap { corner -> Double? in
      guard let place = places[corner.number] else { return nil }
      let (x, y) = (corner.picture.x - place.x, corner.picture.y - place.y)
      return (x * x + y * y).squareRoot()
    }.sorted()
    return moves.count < 4 ? .infinity : moves[moves.count / 2]
  }
}
