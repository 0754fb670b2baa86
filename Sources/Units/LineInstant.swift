/// A moment on the line's own clock, counted from the start of the run.
///
/// Real and simulated clocks give the same type, so that nothing behind them knows which it is.
public struct LineInstant: InstantProtocol, Hashable, Sendable, Codable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Seconds since the start; beyond ± 290 years the nearest instant that can be told.
  public init(seconds: Double) {
    nanoseconds = Self.clamped(seconds * 1e9)
  }

  /// Reads seconds, as `encode` writes them.
  public init(from decoder: any Decoder) throws {
    self.init(seconds: try decoder.singleValueContainer().decode(Double.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(seconds)
  }

  public var seconds: Double { Double(nanoseconds) / 1e9 }

  /// The instant `duration` later; stops at the last one that there is.
  public func advanced(by duration: Duration) -> LineInstant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(Self.nanoseconds(duration))
    return LineInstant(nanoseconds: overflow ? .max : sum)
  }

  /// How much later `other` is; negative where it is earlier.
  public func duration(to other: LineInstant) -> Duration {
    .nanoseconds(other.nanoseconds.subtractingReportingOverflow(nanoseconds).partialValue)
  }

  public static func < (first: Self, second: Self) -> Bool {
    first.nanoseconds < second.nanoseconds
  }

  private static func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, beyond) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    return beyond ? (seconds < 0 ? .min : .max) : sum
  }

  private static func clamped(_ value: Double) -> Int64 {
    guard !value.isNaN else { return 0 }
    return Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
  }
}

extension Duration {
  /// This duration in seconds, as a plain number for arithmetic within a loop.
  public var seconds: Double { self / .seconds(1) }
}
