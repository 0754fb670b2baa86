import Conveyor
import Units

/// What the work on one frame came to, with all counts as they stood then.
///
/// Holds no memory of its own, so that the frame thread may hand it over for nothing.
public struct FrameOutcome: Sendable {
  /// The rung in force, the one that was announced, and how often it changed.
  public struct Overload: Sendable, Equatable {
    public var rung: SortingRung
    public var coming: SortingRung?
    public var steps: Int

    init(_ ladder: OverloadLadder) {
      (rung, coming, steps) = (ladder.rung, ladder.coming?.rung, ladder.steps)
    }
  }

  public var exposedAt: LineInstant
  /// When the last event of the frame was handed out.
  public var doneAt: LineInstant
  public var speedMillimetersPerSecond: Double?
  /// Frames that were worked through; the source knows of the others.
  public var framesDecided: Int
  public var framesLate: Int
  public var pieces: PieceAccount
  /// Which change of recipe the frame was sorted by.
  public var recipeChange: Int
  public var blastsFired: Int
  public var blastsLate: Int
  public var blastsDropped: Int
  /// How closely pieces are looked at; nil where that never changes.
  public var overload: Overload?
  /// How long each stage took, in the order of `Stage.allCases`.
  public var stages: [10 of Duration]

  init<Classifier, Clock>(
    _ pipeline: Pipeline<Classifier, Clock>, exposedAt: LineInstant, doneAt: LineInstant
  ) {
    self.exposedAt = exposedAt
    self.doneAt = doneAt
    speedMillimetersPerSecond = pipeline.beltSpeed
    framesDecided = pipeline.frames.decided
    framesLate = pipeline.frames.late
    pieces = pipeline.pieces
    recipeChange = pipeline.recipeChange
    blastsFired = pipeline.ejections.fired
    blastsLate = pipeline.ejections.late
    blastsDropped = pipeline.ejections.dropped
    stages = pipeline.times.latest
  }
}
