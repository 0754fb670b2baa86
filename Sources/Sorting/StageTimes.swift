import Units

/// A stage of the pipeline, in order.
public enum Stage: String, CaseIterable, Sendable, Codable {
  case rectify, register, segment, track, sample, infer, decide, schedule, eject, learn
}

/// How long the work takes, in buckets that grow by a tenth; fixed memory however long the run.
public struct Durations: Sendable {
  /// From 1 microsecond to about 20 minutes.
  private var buckets = [Int](repeating: 0, count: 220)
  public private(set) var count = 0
  public private(set) var worst = Duration.zero

  public init() {}

  /// Counts one duration.
  public mutating func note(_ duration: Duration) {
    var limit = 1e-6
    var bucket = 0
    let seconds = duration.seconds
    while seconds > limit, bucket < buckets.count - 1 {
      limit *= 1.1
      bucket += 1
    }
    buckets[bucket] += 1
    count += 1
    worst = max(worst, duration)
  }

  /// The duration in milliseconds that this share of all did not exceed, to a tenth of itself.
  public func milliseconds(at share: Double) -> Double {
    guard count > 0 else { return 0 }
    var seen = 0
    var limit = 1e-3
    for bucket in buckets {
      seen += bucket
      if Double(seen) >= share * Double(count) { break }
      limit *= 1.1
    }
    return min(limit, worst.seconds * 1e3)
  }
}

/// How long each stage and the whole took.
public struct StageTimes: Sendable {
  public private(set) var stages = [Durations](repeating: Durations(), count: Stage.allCases.count)
  public private(set) var frame = Durations()
  /// How long each stage of the latest frame took.
  public private(set) var latest = [10 of Duration](repeating: .zero)
  private var frameStart: ContinuousClock.Instant?
  private var stageStart: ContinuousClock.Instant?

  public init() {}

  mutating func beginFrame() {
    frameStart = .now
    stageStart = frameStart
  }

  mutating func end(_ stage: Stage) {
    let now = ContinuousClock.now
    if let stageStart, let index = Stage.allCases.firstIndex(of: stage) {
      latest[index] = stageStart.duration(to: now)
      stages[index].note(latest[index])
    }
    stageStart = now
  }

  mutating func endFrame() {
    if let frameStart { frame.note(frameStart.duration(to: .now)) }
  }
}
