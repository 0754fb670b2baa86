import Conveyor
import Diagnostics
import Foundation
import Units

/// How much is kept of what the camera saw, and where.
public struct RecorderSettings: Sendable, Equatable {
  /// Bounds of the seconds before and after an event.
  public static let secondBounds = 1.0...60.0

  public var folder: URL
  /// Seconds of frames before an event, and after it.
  public var before = 5.0
  public var after = 5.0
  /// What frames may take in memory; a recording that comes to this ends there.
  public var bytesInMemory = 256 << 20
  /// Recordings that are kept, and what they may take together; the oldest go.
  public var recordings = 50
  public var bytesOnDisk = 2_000_000_000
  /// Share of unknown pieces among the last `uncertainWindow` beyond which that is an event.
  public var uncertainShare = 0.5
  public static let uncertainWindow = 40
  /// Between the end of a recording and the next that nobody asked for.
  public var quietSeconds = 60.0
  /// Of the pictures, as JPEG without chroma subsampling.
  public var quality = 92

  public init(folder: URL) { self.folder = folder }
}

/// Why something is recorded.
public struct RecordingReason: Codable, Sendable, Equatable {
  /// What kind of event it was.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// An alarm began.
    case alarm
    /// A piece was decided too late.
    case late
    /// More of the last pieces than usual were not known.
    case uncertain
    /// Somebody asked for it.
    case asked
  }

  public var kind: Kind
  /// The alarm's name, or who asked and why, in a sentence.
  public var text: String
  /// On the line's clock.
  public var at: LineInstant

  public init(_ kind: Kind, _ text: String, at: LineInstant) {
    (self.kind, self.text, self.at) = (kind, text, at)
  }
}

/// What was in force while it was recorded.
public struct RecordedSetup: Codable, Sendable, Equatable {
  public var bundle: String
  public var source: String
  /// The name of the rig's calibration.
  public var calibration: String
  public var recipe: String?
  /// Changes of recipe since the start.
  public var change = 0
  public var ejected: [String] = []
  /// Least probability at which a piece counts as of a class.
  public var thresholds: [String: Double] = [:]

  public init(bundle: String, source: String, calibration: String) {
    (self.bundle, self.source, self.calibration) = (bundle, source, calibration)
  }
}

/// `event.json` of a recording: why, when, by what recipe, and what was decided.
public struct EventDocument: Codable, Sendable {
  /// The recording on one line.
  public struct Summary: Codable, Sendable, Equatable {
    /// The name of its folder.
    public var name: String
    /// When the event was, in UTC.
    public var at: String
    /// All that happened while it was recorded, the first first.
    public var reasons: [RecordingReason]
    /// From the first frame to the event, and from there to the last.
    public var secondsBefore: Double
    public var secondsAfter: Double
    public var frames: Int
    /// Frames between the first and the last that it lacks.
    public var framesMissed: Int
    public var pieces: Int
    /// Of its pictures.
    public var bytes: Int
    /// Whether it ended early, for want of memory or as the run ended.
    public var isCut: Bool
    /// The picture at the event.
    public var picture: String?
  }

  /// Of this kind of document.
  public var version = 1
  public var summary: Summary
  public var setup: RecordedSetup?
  /// The line's clock at the first frame: times in `frames.json` begin there.
  public var firstExposure: LineInstant
  /// Of the pieces whose best frame is among these.
  public var decisions: [PieceDecision]
}

/// A frame as it is kept: `jpeg` holds its picture as the camera took it.
struct KeptFrame: Sendable {
  var sequence: Int
  var exposedAt: LineInstant
  var beltMillimeters: Double
  var jpeg: Data
}

/// A recording that is whole, and not on the disk yet.
struct EventRecording: Sendable {
  var reasons: [RecordingReason]
  var frames: [KeptFrame]
  var decisions: [PieceDecision]
  var setup: RecordedSetup?
  var isCut: Bool
  /// Of the wall, at the first reason.
  var at: Date

  /// The document of a recording with frames, under a name; nil without any.
  func document(_ name: String) -> EventDocument? {
    guard let first = frames.first, let last = frames.last, let reason = reasons.first else {
      return nil
    }
    let shown = frames.lastIndex { $0.exposedAt <= reason.at } ?? 0
    let numbers = first.sequence...max(first.sequence, last.sequence)
    let told = decisions.filter { numbers.contains($0.frame) }
    return EventDocument(
      summary: EventDocument.Summary(
        name: name, at: at.formatted(.iso8601), reasons: reasons,
        secondsBefore: max(0, first.exposedAt.duration(to: reason.at).seconds),
        secondsAfter: max(0, reason.at.duration(to: last.exposedAt).seconds),
        frames: frames.count, framesMissed: numbers.count - frames.count, pieces: told.count,
        bytes: frames.reduce(0) { $0 + $1.jpeg.count }, isCut: isCut,
        picture: EventFolder.pictureName(shown)),
      setup: setup, firstExposure: first.exposedAt, decisions: told)
  }
}
