import Units

/// How the belt moves: a straight line through the last positions that frames told.
///
/// A least-squares line evens out the jitter of encoder and exposure times; a dozen frames are
/// short enough to follow a drive that drifts. A frame that lies off the line by more than
/// `surpriseMillimeters` (the belt stops, starts, or the encoder was reset) begins a new line.
public struct BeltMotion: Sendable {
  /// Frames that the line is laid through.
  public static let memory = 12
  /// Distance from the line beyond which the belt no longer moves as it did.
  public static let surpriseMillimeters = 3.0

  private var times: [Double] = []
  private var positions: [Double] = []
  private var line: (position: Double, seconds: Double)?
  /// The belt's speed; nil before two frames at different times.
  public private(set) var speedMillimetersPerSecond: Double?
  /// Time between the last two frames.
  public private(set) var interval: Duration?
  /// When the belt was last looked at.
  public private(set) var last: LineInstant?

  public init() {}

  /// Takes in where the belt was at an instant; one before the last is ignored.
  public mutating func observe(_ beltMillimeters: Double, at instant: LineInstant) {
    if let last, instant > last { interval = last.duration(to: instant) }
    if let last, instant < last { return }
    // The line through the first two frames after a change may lie across it, and is left again.
    if times.count >= 2, let expected = position(at: instant),
      abs(beltMillimeters - expected) > Self.surpriseMillimeters
    {
      times.removeFirst(times.count - 1)
      positions.removeFirst(positions.count - 1)
    }
    last = instant
    if times.count == Self.memory {
      times.removeFirst()
      positions.removeFirst()
    }
    times.append(instant.seconds)
    positions.append(beltMillimeters)
    fit()
  }

  /// When the belt will have traveled to `beltMillimeters`; nil while its speed is unknown or it
  /// stands still.
  public func instant(at beltMillimeters: Double) -> LineInstant? {
    guard let line, let speed = speedMillimetersPerSecond, speed > 1 else { return nil }
    return LineInstant(seconds: line.seconds + (beltMillimeters - line.position) / speed)
  }

  /// How far the belt has traveled at an instant; nil before the first frame.
  public func position(at instant: LineInstant) -> Double? {
    guard let line else { return nil }
    return line.position + (instant.seconds - line.seconds) * (speedMillimetersPerSecond ?? 0)
  }

  private mutating func fit() {
    let count = Double(times.count)
    let meanTime = times.reduce(0, +) / count
    let meanPosition = positions.reduce(0, +) / count
    var covariance = 0.0
    var variance = 0.0
    for (time, position) in zip(times, positions) {
      covariance += (time - meanTime) * (position - meanPosition)
      variance += (time - meanTime) * (time - meanTime)
    }
    speedMillimetersPerSecond = variance > 0 ? max(0, covariance / variance) : nil
    line = (meanPosition, meanTime)
  }
}
