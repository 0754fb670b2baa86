/// What became of the pieces: `found = decided + late + dropped + lost + open`, always.
public struct PieceAccount: Codable, Equatable, Sendable {
  /// Pieces that were given a number.
  public var found = 0
  /// Decided before their deadline.
  public var decided = 0
  /// Decided after their deadline: the decision is told and never fires.
  public var late = 0
  /// Given up because as many pieces as we follow at a time were in view.
  public var dropped = 0
  /// Left without a decision: never seen whole, or not seen often enough to exist.
  public var lost = 0
  /// Still under way; 0 once the run is finished.
  public var open = 0

  public var isBalanced: Bool { found == decided + late + dropped + lost + open }

  public init() {}

  /// Traps where a piece was counted twice or not at all: that is our mistake, not the world's.
  public func audit() {
    precondition(
      isBalanced,
      "pieces: \(found) found, but \(decided) decided, \(late) late, \(dropped) dropped, "
        + "\(lost) lost and \(open) open")
  }
}

/// What became of the frames: `exposed = decided + late + dropped + lost`, always.
public struct FrameAccount: Codable, Equatable, Sendable {
  /// Worked through, and every decision taken at them was in time.
  public var decided = 0
  /// Worked through, and a decision taken at them came after its deadline.
  public var late = 0
  /// Came through and were overtaken by a fresher frame before their turn.
  public var dropped = 0
  /// Never came through.
  public var lost = 0

  public var exposed: Int { decided + late + dropped + lost }

  public init() {}
}
