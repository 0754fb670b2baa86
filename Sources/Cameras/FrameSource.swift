import Diagnostics
import Imaging
import Units

/// One exposure of the RGB camera over the belt.
public struct CameraFrame: Sendable {
  /// `[height, width, 3]`; every frame of a source has the same size.
  public var picture: Picture
  /// The frame's number since the source began, from 0; what is missing never came through.
  public var sequence: Int
  /// When the middle of the exposure was, on the line's clock.
  public var exposedAt: LineInstant
  /// How far the belt had traveled then, in millimeters, as the encoder tells.
  public var beltMillimeters: Double
  /// Frames between this and the one handed out before it that were dropped or lost.
  public var lostBefore: Int
  /// What the time in `exposedAt` was made from.
  public var stamp: StampMeaning

  public init(
    picture: Picture, sequence: Int, exposedAt: LineInstant, beltMillimeters: Double,
    lostBefore: Int = 0, stamp: StampMeaning = .exposure
  ) {
    self.picture = picture
    self.sequence = sequence
    self.exposedAt = exposedAt
    self.beltMillimeters = beltMillimeters
    self.lostBefore = lostBefore
    self.stamp = stamp
  }
}

/// What the time of a frame was made from, best first.
public enum StampMeaning: String, Codable, Sendable, CaseIterable {
  /// The middle of the exposure itself, as a simulated or recorded frame knows it.
  case exposure
  /// The camera's stamp of the start of the exposure.
  case startOfExposure = "start of exposure"
  /// The camera's stamp of the end of the frame's transfer, later than the exposure.
  case endOfFrame = "end of frame"
  /// The moment when the frame came to this program, as the camera's own stamp was of no use.
  case arrival
}

/// What became of the frames of a source: `exposed = delivered + dropped + lost`.
public struct SourceAccount: Sendable, Equatable, Codable {
  /// Handed out by `next()`.
  public var delivered = 0
  /// Came through, but a fresher one overtook it before it was asked for.
  public var dropped = 0
  /// Never came through: unreadable, of the wrong size, or missed by a source that fell behind.
  public var lost = 0

  public var exposed: Int { delivered + dropped + lost }

  public init(delivered: Int = 0, dropped: Int = 0, lost: Int = 0) {
    self.delivered = delivered
    self.dropped = dropped
    self.lost = lost
  }
}

/// Where frames come from: a folder, the simulated belt, a camera.
///
/// `next()` is called on the frame thread and may wait there for the next frame. Numbers rise
/// strictly, times and belt positions never fall, and all pictures have one size; a frame that
/// cannot be had is counted as lost and told in `troubles`, never thrown. What is thrown is the
/// end of the source's usefulness.
public protocol FrameSource: Sendable {
  /// The next frame, or nil once the source has ended; nil stays nil.
  mutating func next() throws -> CameraFrame?
  /// When the next frame is or was exposed; nil where there is none or nobody knows.
  var nextExposure: LineInstant? { get }
  /// Passes over the next frame without the work of making it; it is lost.
  mutating func skip()
  /// What became of the frames so far. After the end: of all frames.
  var account: SourceAccount { get }
  /// The most recent reasons why frames were lost, oldest first, at most
  /// `SourceTroubles.capacity` of them.
  var troubles: SourceTroubles { get }
}

/// The last few reasons for lost frames, bounded, with the count of all.
public struct SourceTroubles: Sendable {
  public static let capacity = 16

  public private(set) var count = 0
  public private(set) var recent: [any Explained] = []

  public init() {}

  /// Counts `trouble` and keeps it among the recent ones.
  public mutating func note(_ trouble: any Explained) {
    count += 1
    if recent.count == Self.capacity { recent.removeFirst() }
    recent.append(trouble)
  }

  /// Those noted since `count` was `earlier`, as far as they are still kept.
  public func since(_ earlier: Int) -> ArraySlice<any Explained> {
    recent.suffix(max(0, count - earlier))
  }
}

extension Explained where Self == Complaint {
  /// There was no time to read or draw a frame.
  static func passedOver(frame number: Int) -> Complaint {
    Complaint("frame \(number)", "passed over: there was no time to make it")
  }
}
