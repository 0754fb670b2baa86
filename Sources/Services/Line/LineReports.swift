import Units

/// A class of the bundle, as it is shown.
public struct ShownClass: Sendable, Codable, Equatable {
  public var name: String
  /// `#rrggbb`.
  public var color: String
  /// Least probability at which a piece counts as of the class.
  public var threshold: Double
  public var isEjected: Bool

  public init(name: String, color: String, threshold: Double, isEjected: Bool) {
    self.name = name
    self.color = color
    self.threshold = threshold
    self.isEjected = isEjected
  }
}

/// What stays as it is until another recipe is sorted by.
public struct LineFacts: Sendable, Codable, Equatable {
  /// The recipe's name; nil where the run has none.
  public var recipe: String?
  /// The configuration's file; nil where all came on the command line.
  public var configuration: String?
  /// Changes of recipe or configuration since the start.
  public var change = 0
  public var bundle: String
  public var source: String
  public var classes: [ShownClass]
  /// The stages of a frame's work, in order.
  public var stages: [String]
  /// What was found at the start that makes sorting worse, each with what to do.
  public var warnings: [LineReason] = []

  public init(bundle: String, source: String, classes: [ShownClass], stages: [String]) {
    self.bundle = bundle
    self.source = source
    self.classes = classes
    self.stages = stages
  }
}

/// Counts of frames since the start: `exposed = decided + late + dropped + lost`.
public struct FrameCounts: Sendable, Codable, Equatable {
  public var decided = 0
  public var late = 0
  public var dropped = 0
  public var lost = 0

  public var exposed: Int { decided + late + dropped + lost }

  public init(decided: Int = 0, late: Int = 0, dropped: Int = 0, lost: Int = 0) {
    self.decided = decided
    self.late = late
    self.dropped = dropped
    self.lost = lost
  }
}

/// One frame that was worked through, with all counts as they stood then.
public struct FrameReport: Sendable {
  public var exposedAt: LineInstant
  public var doneAt: LineInstant
  public var speedMillimetersPerSecond: Double?
  /// Frames that were worked through, with every decision in time, and with one too late.
  public var framesDecided: Int
  public var framesLate: Int
  public var piecesLost: Int
  public var blastsFired: Int
  public var blastsLate: Int
  public var blastsDropped: Int
  /// How closely pieces are looked at; nil where that never changes.
  public var overload: OverloadStatus?
  /// Seconds that each stage took.
  public var stages: [Double]

  public init(
    exposedAt: LineInstant, doneAt: LineInstant, speedMillimetersPerSecond: Double?,
    stages: [Double]
  ) {
    self.exposedAt = exposedAt
    self.doneAt = doneAt
    self.speedMillimetersPerSecond = speedMillimetersPerSecond
    self.stages = stages
    (framesDecided, framesLate, piecesLost) = (0, 0, 0)
    (blastsFired, blastsLate, blastsDropped) = (0, 0, 0)
  }
}

/// One decided piece.
public struct PieceReport: Sendable, Codable, Equatable {
  public var piece: Int
  /// Which change of recipe it was decided under; set by the watch that it is told to.
  public internal(set) var change = 0
  public var `class`: String
  public var likeliest: String
  public var confidence: Double
  /// Of each class, in the bundle's order.
  public var probabilities: [Double]
  public var energy: Double
  public var views: Int
  public var isEjected: Bool
  public var isLate: Bool
  public var squareMillimeters: Double
  /// Where its middle lies across the belt.
  public var acrossMillimeters: Double
  public var exposedAt: LineInstant
  public var decidedAt: LineInstant
  public var deadline: LineInstant?
  public var slackMilliseconds: Double?

  public init(
    piece: Int, class: String, likeliest: String, confidence: Double, probabilities: [Double],
    exposedAt: LineInstant, decidedAt: LineInstant
  ) {
    self.piece = piece
    self.class = `class`
    self.likeliest = likeliest
    self.confidence = confidence
    self.probabilities = probabilities
    self.exposedAt = exposedAt
    self.decidedAt = decidedAt
    (energy, views, isEjected, isLate) = (0, 0, false, false)
    (squareMillimeters, acrossMillimeters) = (0, 0)
  }
}

/// How the camera is, where there is one.
public struct CameraHealth: Sendable, Codable, Equatable {
  public var isStreaming: Bool
  /// In plain words.
  public var reason: String
  /// Times that it was lost and found again.
  public var reconnects: Int

  public init(isStreaming: Bool, reason: String, reconnects: Int) {
    self.isStreaming = isStreaming
    self.reason = reason
    self.reconnects = reconnects
  }
}

/// Something that is not as it should be, and what to do about it.
public struct LineReason: Sendable, Codable, Equatable {
  /// Stays the same for all time, for those who look it up: `no-frames`.
  public var id: String
  public var problem: String
  public var remedy: String
  /// Whether the line is not fit to sort because of it.
  public var isUnfit: Bool

  public init(_ id: String, _ problem: String, remedy: String, isUnfit: Bool = true) {
    self.id = id
    self.problem = problem
    self.remedy = remedy
    self.isUnfit = isUnfit
  }
}

/// The states of a machine vision system.
///
/// Source: OPC 40100-1, *OPC UA for Machine Vision, Part 1*, 2019, the state machines of a vision
/// system and of its automatic mode.
public enum VisionState: String, Sendable, Codable, CaseIterable {
  /// It starts: the bundle is opened and tried.
  case preoperational = "Preoperational"
  /// All is loaded; no picture came yet.
  case initialized = "Initialized"
  /// It would sort, and the belt stands.
  case ready = "Ready"
  case continuousExecution = "ContinuousExecution"
  /// It cannot sort.
  case error = "Error"
  case halted = "Halted"

  /// What an operator calls it.
  public var word: String {
    switch self {
    case .preoperational: "STARTING"
    case .initialized: "WAITING FOR A PICTURE"
    case .ready: "WAITING FOR THE BELT"
    case .continuousExecution: "SORTING"
    case .error: "NO PICTURE"
    case .halted: "STOPPED"
    }
  }
}
