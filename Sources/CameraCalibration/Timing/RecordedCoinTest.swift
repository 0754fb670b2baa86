import Units

/// A shot as the recordings tell it: what is not told is read from pictures.
public struct RecordedShot: Codable, Equatable, Sendable {
  public var name: String
  public var commandSeconds: Double
  /// Pictures of the disc on its way, a folder with `frames.json`; instead of the next three.
  public var frames: String?
  public var beltMillimetersPerSecond: Double?
  public var seconds: Double?
  public var discMillimeters: Double?
  /// Pictures of the disc at the bar, a folder with `frames.json`; instead of what follows.
  public var barFrames: String?
  public var strikeMillimeters: Double?
  public var isHit: Bool?

  public init(name: String, commandSeconds: Double) {
    self.name = name
    self.commandSeconds = commandSeconds
  }

  /// A shot all of whose numbers are known.
  public init(_ shot: CoinShot) {
    self.init(name: shot.name, commandSeconds: shot.commandSeconds)
    beltMillimetersPerSecond = shot.beltMillimetersPerSecond
    seconds = shot.seconds
    discMillimeters = shot.discMillimeters
    strikeMillimeters = shot.strikeMillimeters
    isHit = shot.isHit
  }
}

/// What `timing.json` in the recordings says.
public struct RecordedCoinTest: Codable, Equatable, Sendable {
  public var shots: [RecordedShot]
  public var nozzleShots: [NozzleShot]?
  /// Nozzles of the bar.
  public var nozzles: Int?
  /// The bar's own camera: from its pictures to the belt's frame, in which the bar lies at y = 0.
  public var barCamera: Homography<ColorFrame, BeltFrame>?

  public init(shots: [RecordedShot]) { self.shots = shots }
}
