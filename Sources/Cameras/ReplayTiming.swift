import Diagnostics
import Units

/// When the frames of a recording were exposed and where the belt was.
public struct ReplayTiming: Sendable, Equatable {
  /// Frames a second where nothing else tells.
  static let usualRate = 25.0

  /// Frames a second; nil is as the recording says, or 25.
  public var framesPerSecond: Double?
  /// The belt's speed where the recording does not tell its position.
  public var speedMillimetersPerSecond: Double?
  /// Frames exposed later than this are left out; nil plays all.
  public var seconds: Double?

  public init(
    framesPerSecond: Double? = nil, speedMillimetersPerSecond: Double? = nil,
    seconds: Double? = nil
  ) {
    self.framesPerSecond = framesPerSecond
    self.speedMillimetersPerSecond = speedMillimetersPerSecond
    self.seconds = seconds
  }
}
