import Foundation

/// When the air comes and where: what the valves are timed by.
public struct EjectionTiming: Codable, Equatable, Sendable {
  /// One shot and how far the air struck from where the result puts it.
  public struct Shot: Codable, Equatable, Sendable {
    public var name: String
    public var beltMillimetersPerSecond: Double
    /// How much later than told by the result the air came; nil for hits and misses.
    public var lateMilliseconds: Double?
    /// For hits and misses: the air's time against the disc's middle by the result.
    public var offsetMilliseconds: Double?
    public var isHit: Bool?
  }

  /// From belt position 0 of the picture to the bar, in millimeters along the travel.
  public var barMillimeters: Interval
  /// From the exposure to its time stamp and from the command to the air, together.
  public var delayMilliseconds: Interval
  /// The valve's share of the delay, where the camera's latency is known.
  public var valveDelayMilliseconds: Double?
  public var cameraLatencyMilliseconds: Double?
  /// Deviation of the delay from shot to shot.
  public var jitterMilliseconds: Interval
  /// The distance was measured by shots at several speeds, not given.
  public var isBarMeasured: Bool
  /// Half of the length along the belt within which the disc is blown out; hits and misses only.
  public var reachMillimeters: Double?
  /// Speeds of the shots.
  public var speeds: [Double]
  public var shots: [Shot]
  /// Shortest blast that meets a piece's middle in 99 of 100 cases.
  public var leastBlastMilliseconds: Double
  public var nozzles: NozzleRow?

  /// What timing is held to.
  public struct Limits: Codable, Equatable, Sendable {
    /// Within this of its time the air must come, 999 times of 1000.
    public var windowMilliseconds = 2.0
    /// 95 % bound of the delay.
    public var delayMilliseconds = 1.0
    /// 95 % bound of where the air strikes at the highest speed.
    public var strikeMillimeters = 3.0

    public init() {}
  }

  /// 95 % bound of where the mean blast strikes at a speed, in millimeters along the belt.
  public func strikeUncertainty(at speed: Double) -> Double {
    // At the middle of the speeds that were tried the two errors cancel in part.
    let (bar, delay) = (barMillimeters.uncertainty, speed * delayMilliseconds.uncertainty / 1000)
    guard isBarMeasured, let low = speeds.min(), let high = speeds.max(), high > low else {
      return hypot(bar, delay)
    }
    let (slope, middle) = (delayMilliseconds.uncertainty / 1000, (low + high) / 2)
    let offset = max(0, bar * bar - slope * slope * middle * middle).squareRoot()
    return hypot(offset, slope * (speed - middle))
  }

  /// Whether the timing is good, and what is to be done next.
  public func judgement(_ limits: Limits = Limits()) -> Judgement {
    let fastest = speeds.max() ?? 0
    let spread = 3.29 * jitterMilliseconds.value
    let strike = strikeUncertainty(at: fastest)
    var figures = [
      Figure(
        "delay from exposure to air, without the way", delayMilliseconds.value, "ms",
        uncertainty: delayMilliseconds.uncertainty),
      Figure(
        "delay, 95 % bound", delayMilliseconds.uncertainty, "ms",
        .atMost(limits.delayMilliseconds)),
      Figure(
        "distance to the valve bar", barMillimeters.value, "mm",
        uncertainty: barMillimeters.uncertainty),
      Figure(
        "jitter, deviation", jitterMilliseconds.value, "ms",
        uncertainty: jitterMilliseconds.uncertainty),
      Figure(
        "jitter, 999 of 1000 within ±", spread, "ms", .atMost(limits.windowMilliseconds)),
      Figure(
        "where the mean blast strikes at \(rounded(fastest, 0)) mm/s, 95 % bound", strike, "mm",
        .atMost(limits.strikeMillimeters)),
      Figure("shortest blast for 99 of 100 pieces", leastBlastMilliseconds, "ms"),
      Figure("the same on the belt", leastBlastMilliseconds / 1000 * fastest, "mm"),
    ]
    if let valveDelayMilliseconds {
      figures.append(Figure("of the delay, the valve's", valveDelayMilliseconds, "ms"))
    }
    var advice: [Advice] = []
    if spread > limits.windowMilliseconds {
      advice.append(
        Advice(
          .failure,
          "the air's time scatters by ±\(rounded(spread, 2)) ms, "
            + "±\(rounded(limits.windowMilliseconds, 2)) ms was wanted",
          remedy: "check pressure, valve supply and the output card's cycle time, or blow for "
            + "\(rounded(leastBlastMilliseconds, 1)) ms at least"))
    }
    if delayMilliseconds.uncertainty > limits.delayMilliseconds || strike > limits.strikeMillimeters
    {
      advice.append(
        Advice(
          .failure, "the delay is known to \(rounded(delayMilliseconds.uncertainty, 2)) ms only",
          remedy: isBarMeasured
            ? "shoot more often, at speeds further apart"
            : "measure the distance to the bar better, or shoot at a second speed"))
    }
    nozzles?.judge(&figures, &advice)
    return Judgement(figures: figures, advice: advice)
  }
}
