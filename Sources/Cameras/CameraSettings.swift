/// What is wanted of a camera; what is nil is chosen from what the camera offers.
public struct CameraSettings: Sendable, Equatable, Codable {
  /// What to do with the camera's controls.
  public enum Controls: Sendable, Equatable, Codable {
    /// They stay as they are.
    case leave
    /// They are fixed, read back, set again after each reconnect and guarded in between.
    case lock(ControlLock)
  }

  /// What to do when the camera is not there, or not free, at the start.
  public enum Start: String, Sendable, Equatable, Codable {
    /// Give up after a few seconds, with the reason.
    case now
    /// Wait for it, however long.
    case whenItComes
  }

  public var width: Int?
  public var height: Int?
  public var framesPerSecond: Double?
  /// The four letters of a pixel format, as `YUYV`.
  public var format: String?
  /// Which input of a grabber, from 0; nil leaves the one that is set.
  public var input: Int?
  public var controls = Controls.lock(ControlLock())
  public var start = Start.now
  /// Driver buffers to ask for.
  public var buffers = 4
  /// The stream counts as stalled when no frame came for so many of its periods.
  public var stallPeriods = 10
  /// A stall is never called sooner than this, in milliseconds.
  public var stallMilliseconds = 500
  /// How long `Start.now` waits for the first frame, in milliseconds.
  public var patienceMilliseconds = 4000
  /// The share by which the measured rate may differ from the agreed one.
  public var rateTolerance = 0.1

  public init() {}
}

/// Exposure and color, fixed: what a classifier learned must not change with the light outside.
public struct ControlLock: Sendable, Equatable, Codable {
  /// The frequency of the mains, against flicker of lamps.
  public enum PowerLine: Int32, Sendable, Equatable, Codable {
    case off = 0
    case hertz50 = 1
    case hertz60 = 2
  }

  /// Exposure time; nil freezes what is set.
  public var exposureMilliseconds: Double?
  /// Gain in the camera's own unit; nil freezes what is set.
  public var gain: Int?
  /// Color temperature of the light; nil freezes what is set.
  public var whiteBalanceKelvin: Int?
  /// nil keeps what is set, or 50 Hz where the camera guesses.
  public var powerLine: PowerLine?

  public init() {}
}
