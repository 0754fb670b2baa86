import Diagnostics
import Units

/// What a camera's reader is doing.
public enum CameraState: String, Sendable, Codable, CaseIterable {
  /// It looks for the camera among those that are plugged in.
  case searching
  /// It found the camera and sets it up.
  case opening
  /// Frames come.
  case streaming
  /// The stream runs, but no frame comes; it is restarted.
  case stalled
  /// The camera was unplugged, or failed.
  case lost
  /// The camera's input has no picture to give.
  case noSignal = "no signal"
}

/// A change of a camera's state, and why.
public struct CameraEvent: Sendable, Equatable, Codable {
  /// Time since the source began.
  public var seconds: Double
  public var state: CameraState
  /// In plain words.
  public var reason: String
}

/// The last changes of state, bounded, with the count of all.
public struct CameraEvents: Sendable {
  public static let capacity = 64

  public private(set) var count = 0
  public private(set) var recent: [CameraEvent] = []

  public init() {}

  mutating func note(_ event: CameraEvent) {
    count += 1
    if recent.count == Self.capacity { recent.removeFirst() }
    recent.append(event)
  }

  /// Those noted since `count` was `earlier`, as far as they are still kept.
  public func since(_ earlier: Int) -> ArraySlice<CameraEvent> {
    recent.suffix(max(0, count - earlier))
  }
}

/// How a camera is doing.
public struct CameraStatus: Sendable, Equatable, Codable {
  public var state = CameraState.searching
  public var reason = ""
  /// The camera's own name; nil before it was found.
  public var name: String?
  /// How it is told from others: `046d:0825:SERIAL`.
  public var identity: String?
  /// The device file that it has now.
  public var node: String?
  public var format: String?
  public var width: Int?
  public var height: Int?
  /// Why this format, size and rate.
  public var choice: String?
  /// Frames a second that the driver agreed to.
  public var nominalRate: Double?
  /// Frames a second that came in the last two seconds.
  public var rate: Double?
  /// Frames a second that the camera made, lost ones included.
  public var exposureRate: Double?
  /// Whether the measured rate is not the agreed one.
  public var isRateWrong = false
  /// Whether the driver numbers its frames, so that losses are known.
  public var countsLosses = true
  public var stamp: StampMeaning?
  /// From exposure, as far as it is known, to the moment when the last frame was handed out.
  public var ageMilliseconds: Double?
  public var exposureMilliseconds: Double?
  public var account = SourceAccount()
  /// Of the lost frames, those that came but could not be used.
  public var bad = 0
  /// How often the stream was started again because no frame came.
  public var restarts = 0
  /// How often the camera was lost and found again.
  public var reconnects = 0
  /// How often a fixed control was found changed.
  public var drifts = 0
}

/// Lets one complaint of a kind through each second, and counts the others into the next.
struct ComplaintGate: Sendable {
  /// What may come with every frame.
  enum Kind: Sendable, CaseIterable {
    case gap
    case flagged
    case empty
    case truncated
    case undecodable
    case misplaced
  }

  private var last: [Kind: Int64] = [:]
  private var held: [Kind: Int] = [:]

  private static let quietNanoseconds: Int64 = 1_000_000_000

  init() {}

  /// How many of a kind to tell of now; nil to be silent.
  mutating func pass(_ kind: Kind, count: Int, at now: Int64) -> Int? {
    let total = held[kind, default: 0] + count
    if let last = last[kind], now - last < Self.quietNanoseconds {
      held[kind] = total
      return nil
    }
    last[kind] = now
    held[kind] = 0
    return total
  }
}
