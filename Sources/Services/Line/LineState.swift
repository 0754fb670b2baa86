/// All that is shown of the line at one moment, as the operator's page and other programs read it.
public struct LineState: Sendable, Codable {
  /// The last minute.
  public struct Minute: Sendable, Codable, Equatable {
    public var pieces = 0
    public var framesPerSecond = 0.0
    /// Pieces that were decided too late.
    public var late = 0
    /// From decision to deadline.
    public var slackLeastMilliseconds: Double?
    public var slackMedianMilliseconds: Double?
    /// The same as travel of the belt.
    public var slackLeastMillimeters: Double?
    public var slackMedianMillimeters: Double?
    /// From exposure to the end of the work, of the latest frame.
    public var frameMilliseconds: Double?
  }

  /// A share of the pieces since the start, with its 95 % interval.
  public struct Share: Sendable, Codable, Equatable {
    public var `class`: String
    public var pieces: Int
    public var share: Double
    public var low: Double
    public var high: Double
  }

  public var state: VisionState
  public var word: String
  /// What the word means just now, in a sentence.
  public var sentence: String
  public var isFit: Bool
  /// Worst first.
  public var alarms: [LineReason]
  public var facts: LineFacts?
  /// Those that earlier pieces among the last hundred were decided under, the newest first.
  public var formerFacts: [LineFacts]
  /// Since the daemon started.
  public var seconds: Double
  /// Since the work on the last picture ended.
  public var ageSeconds: Double?
  public var frames: FrameCounts
  public var piecesDecided: Int
  public var piecesLost: Int
  public var blastsFired: Int
  public var blastsLate: Int
  public var blastsDropped: Int
  public var beltMillimetersPerSecond: Double?
  public var minute: Minute
  public var composition: [Share]
  public var valves: ValveStatus?
  public var camera: CameraHealth?
  public var overload: OverloadStatus?
  public var store: StoreStatus?
  public var broker: BrokerStatus?
  public var recording: RecordingStatus?
  public var shadow: ShadowStatus?
  /// The last hundred, newest first.
  public var pieces: [PieceReport]

  /// What held when a piece was decided, as far as it is known still.
  func facts(of piece: PieceReport) -> LineFacts? {
    if let facts, facts.change == piece.change { return facts }
    return formerFacts.first { $0.change == piece.change }
  }
}

extension LineState.Share {
  /// The share of `pieces` in `total`.
  ///
  /// Source: Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, 1927.
  /// The interval takes each piece for independent of the others.
  init(_ name: String, _ pieces: Int, of total: Int) {
    self.class = name
    self.pieces = pieces
    let (n, z) = (Double(total), 1.96)
    let p = total > 0 ? Double(pieces) / n : 0
    share = p
    guard total > 0 else {
      (low, high) = (0, 1)
      return
    }
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    (low, high) = (max(0, middle - half), min(1, middle + half))
  }
}
