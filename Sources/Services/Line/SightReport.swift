import Units

/// A piece on its way, before it is decided.
public struct SightReport: Sendable, Codable, Equatable {
  /// What is new about it.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// It came into view.
    case new
    /// Its views speak for a class, or for another than before.
    case update
  }

  public var type: Kind
  public var piece: Int
  /// The frame that shows it best so far, and when that was exposed.
  public var frame: Int
  public var exposedAt: LineInstant
  /// The most probable class so far, and its probability; nil before a view showed it whole.
  public var likeliest: String?
  public var confidence: Double?
  /// Views that spoke so far.
  public var views = 0
  /// Its middle on the belt, across and along the travel.
  public var acrossMillimeters = 0.0
  public var alongMillimeters = 0.0

  public init(_ type: Kind, piece: Int, frame: Int, exposedAt: LineInstant) {
    (self.type, self.piece, self.frame, self.exposedAt) = (type, piece, frame, exposedAt)
  }
}

/// The end of a piece's way: it is decided, or left undecided.
struct PathEnd: Encodable, Equatable {
  /// What became of it.
  enum Outcome: String, Encodable { case decided, late, lost }

  let type = "final"
  var piece: Int
  var outcome: Outcome
  var `class`: String?
  var likeliest: String?
  var confidence: Double?
  var views: Int?
  var isEjected = false
  /// Why it was lost.
  var reason: String?

  init(_ piece: PieceReport) {
    self.piece = piece.piece
    outcome = piece.isLate ? .late : .decided
    (self.class, likeliest, confidence) = (piece.class, piece.likeliest, piece.confidence)
    (views, isEjected) = (piece.views, piece.isEjected)
  }

  init(_ loss: LossReport) { (piece, outcome, reason) = (loss.piece, .lost, loss.reason) }
}
