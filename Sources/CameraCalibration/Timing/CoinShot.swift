import Foundation

/// One shot of the coin test: a disc was seen, a valve was told, and something was struck or not.
public struct CoinShot: Codable, Equatable, Sendable {
  public var name: String
  public var beltMillimetersPerSecond: Double
  /// The picture's time, and where on the belt (y at belt position 0) it shows the disc's middle.
  public var seconds: Double
  public var discMillimeters: Double
  /// When the valve was told to open, on the same clock.
  public var commandSeconds: Double
  /// Where the air struck, from the disc's middle along the belt's y: positive is behind it, the
  /// air came late; nil where only hit or miss is known.
  public var strikeMillimeters: Double?
  /// Whether the disc was blown out.
  public var isHit: Bool?

  public init(
    name: String, beltMillimetersPerSecond: Double, seconds: Double, discMillimeters: Double,
    commandSeconds: Double, strikeMillimeters: Double? = nil, isHit: Bool? = nil
  ) {
    self.name = name
    self.beltMillimetersPerSecond = beltMillimetersPerSecond
    self.seconds = seconds
    self.discMillimeters = discMillimeters
    self.commandSeconds = commandSeconds
    self.strikeMillimeters = strikeMillimeters
    self.isHit = isHit
  }

  /// Where the disc would be at the command if picture and air came without delay.
  var atCommand: Double {
    discMillimeters - beltMillimetersPerSecond * (commandSeconds - seconds)
  }

  func check() throws(TimingError) {
    let numbers =
      [beltMillimetersPerSecond, seconds, discMillimeters, commandSeconds]
      + [strikeMillimeters].compactMap { $0 }
    guard numbers.allSatisfy(\.isFinite) else { throw TimingError(name, .notFinite) }
    guard beltMillimetersPerSecond > 1 else { throw TimingError(name, .beltStandsStill) }
    guard commandSeconds >= seconds else {
      throw TimingError(name, .commandBeforePicture(seconds: seconds - commandSeconds))
    }
  }
}

/// What is known beside the shots.
public struct TimingSetup: Codable, Equatable, Sendable {
  /// Distance from belt position 0 to the bar by tape, and its 95 % uncertainty.
  public var barMillimeters: Double?
  public var barUncertaintyMillimeters = 2.0
  /// Deviation of reading where the air struck.
  public var readingMillimeters = 1.0
  /// Latency of the camera's time stamps, where it is known.
  public var cameraLatencyMilliseconds: Double?
  /// Radius of the disc, for hits and misses.
  public var discRadiusMillimeters = 12.0

  public init() {}
}

/// A number with its 95 % interval.
public struct Interval: Codable, Equatable, Sendable {
  public var value: Double
  public var low: Double
  public var high: Double

  public init(_ value: Double, _ low: Double, _ high: Double) {
    (self.value, self.low, self.high) = (value, low, high)
  }

  public init(_ value: Double, plusMinus: Double) {
    self.init(value, value - plusMinus, value + plusMinus)
  }

  /// The larger distance from the value to an end.
  public var uncertainty: Double { max(high - value, value - low) }

  /// Whether a value lies between the ends.
  public func contains(_ truth: Double) -> Bool { (low...high).contains(truth) }
}
