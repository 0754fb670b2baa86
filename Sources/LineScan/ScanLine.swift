import Units

/// One line of a push-broom camera: all bands of all pixels across the belt, at one moment.
public struct ScanLine: Sendable, Equatable {
  /// `[bands, samples]`, as an ENVI file with interleave `bil` holds it.
  public var counts: [UInt16]
  /// The line's number since the source began, from 0; lines that were lost have numbers too.
  public var sequence: Int
  /// The camera's own time, from a zero that only the camera knows; nil where it has none.
  public var cameraNanoseconds: Int64?
  /// When the line was complete on this computer, counted from the source's start.
  public var arrivedAt: LineInstant
  /// How far the belt had traveled, in millimeters, as an encoder tells; nil without one.
  public var beltMillimeters: Double?
  /// Lines between this one and the one handed out before it, whatever became of them.
  public var lostBefore = 0
  /// Whether `lostBefore` holds lines that nobody counted: reckoned from belt or time after the
  /// connection had broken.
  public var isLossEstimated = false

  public init(
    counts: [UInt16], sequence: Int, cameraNanoseconds: Int64? = nil,
    arrivedAt: LineInstant, beltMillimeters: Double? = nil
  ) {
    self.counts = counts
    self.sequence = sequence
    self.cameraNanoseconds = cameraNanoseconds
    self.arrivedAt = arrivedAt
    self.beltMillimeters = beltMillimeters
  }
}

/// How a source of lines is doing.
public enum LineSourceState: Sendable, Equatable, CustomStringConvertible {
  /// Lines come.
  case running
  /// The source is there and no line comes: the belt stands, or no trigger arrives.
  case waiting(reason: String)
  /// The source is gone; the next attempt follows after a pause.
  case disconnected(reason: String, retryAfter: Duration)
  /// No line will come any more.
  case ended(reason: String)

  public var description: String {
    switch self {
    case .running: "lines come"
    case .waiting(let reason): "waits: \(reason)"
    case .disconnected(let reason, let pause):
      "not connected: \(reason); next attempt in \(Int((pause.seconds * 1000).rounded())) ms"
    case .ended(let reason): "ended: \(reason)"
    }
  }
}

/// What a source of lines has to say, in the order in which it happened.
public enum LineEvent: Sendable, Equatable {
  case line(ScanLine)
  case state(LineSourceState)
}

/// What became of the lines of a source: `exposed = delivered + queued + lost`.
public struct LineAccount: Sendable, Equatable, Codable {
  /// Handed out by `next(within:)`.
  public var delivered = 0
  /// Here, and not asked for yet.
  public var queued = 0
  /// Never came: the numbers of the lines around them tell.
  public var missing = 0
  /// Came, but not whole.
  public var damaged = 0
  /// Came while the queue was full.
  public var overflowed = 0
  /// Passed while the source was gone, reckoned from belt or time.
  public var estimated = 0

  /// All lines that are not in any cube.
  public var lost: Int { missing + damaged + overflowed + estimated }

  public var exposed: Int { delivered + queued + lost }

  public init(
    delivered: Int = 0, queued: Int = 0, missing: Int = 0, damaged: Int = 0, overflowed: Int = 0,
    estimated: Int = 0
  ) {
    self.delivered = delivered
    self.queued = queued
    self.missing = missing
    self.damaged = damaged
    self.overflowed = overflowed
    self.estimated = estimated
  }

  /// `3 missing, 1 damaged`, or `none`.
  public var lossText: String {
    let parts = [
      (missing, "missing"), (damaged, "damaged"), (overflowed, "overflowed"),
      (estimated, "while the source was gone"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return parts.isEmpty ? "none" : parts.joined(separator: ", ")
  }
}
