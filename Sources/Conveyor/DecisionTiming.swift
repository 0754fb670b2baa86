import Units

/// When a piece is decided: once enough frames spoke, or when waiting on would cost the decision.
public struct DecisionTiming: Codable, Equatable, Sendable {
  /// Whole views after which a piece is decided at once.
  public var views = 3
  /// Time that the work on one frame may take, from exposure to decision.
  public var workMilliseconds: Double = 40

  public init() {}

  /// Whether `track` is to be decided at this frame.
  ///
  /// - Parameter nextFrame: the expected time until the next frame.
  public func isDue(
    _ track: Track, deadline: Deadline, nextFrame: Duration, isLeaving: Bool
  ) -> Bool {
    guard !track.isDecided, track.evidence.views > 0 else { return false }
    if track.wholeViews >= views || isLeaving { return true }
    guard let slack = deadline.slack else { return false }
    return slack < nextFrame + .nanoseconds(Int64(workMilliseconds * 1e6))
  }
}
