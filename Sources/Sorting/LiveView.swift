import Diagnostics
import Foundation
import Imaging
import Synchronization
import Units

/// The picture of the belt for those who look on: outlines, classes, slack, the way to the valves.
///
/// Drawn only while someone asks for it, a few times a second, on a thread of its own. The frame
/// thread pays for it with the copy of a frame that it hands over, and only then.
public final class LiveView: Sendable {
  private struct State {
    var scene = DecidedScene()
    var picture: [UInt8]?
    var drawnAt: ContinuousClock.Instant?
  }

  private static let interval = Duration.milliseconds(200)
  private static let patience = Duration.seconds(3)

  private let start = ContinuousClock.now
  private let state = Mutex(State())
  /// Nanoseconds since the start: when someone asked last, when a frame was handed over last.
  private let askedAt = Atomic<Int64>(-1 << 60)
  private let handedAt = Atomic<Int64>(-1 << 60)

  public init() {}

  /// Whether a frame is to be handed over now; called on the frame thread.
  public func wantsFrame() -> Bool {
    let now = time
    guard now - askedAt.load(ordering: .relaxed) < Self.nanoseconds(Self.patience),
      now - handedAt.load(ordering: .relaxed) >= Self.nanoseconds(Self.interval)
    else { return false }
    handedAt.store(now, ordering: .relaxed)
    return true
  }

  /// Remembers what is to be drawn with the frames to come.
  public func note(_ event: SortEvent) { state.withLock { $0.scene.note(event) } }

  /// Draws a frame.
  public func draw(_ frame: PaintedFrame) {
    let drawing = state.withLock { state in
      state.scene.forget(passed: frame)
      return FrameDrawing(
        frame: frame, decisions: state.scene.decisions, ejections: state.scene.ejections)
    }
    let picture = drawing.picture.fitted(width: 1280, height: 1280)
    // A picture that cannot be coded is one fewer to look at.
    guard let bytes = try? PictureFile.encodeJPEG(picture, quality: 75) else { return }
    state.withLock { state in
      state.picture = [UInt8](bytes)
      state.drawnAt = .now
    }
  }

  /// The latest picture as JPEG, for someone who looks; nil where it is old, as nothing came.
  public func picture() -> [UInt8]? {
    askedAt.store(time, ordering: .relaxed)
    return state.withLock { state in
      guard let drawnAt = state.drawnAt, drawnAt.duration(to: .now) < Self.patience else {
        return nil
      }
      return state.picture
    }
  }

  private var time: Int64 { Self.nanoseconds(start.duration(to: .now)) }

  private static func nanoseconds(_ duration: Duration) -> Int64 {
    Int64(duration.seconds * 1e9)
  }
}

/// Decisions and blasts whose pieces have not passed the valve bar.
struct DecidedScene {
  /// Bound of what is remembered while no frame comes that tells what has passed.
  static let capacity = 2000

  private(set) var decisions: [Int: PieceDecision] = [:]
  private(set) var ejections: [PieceEjection] = []

  mutating func note(_ event: SortEvent) {
    switch event {
    case .decision(let decision):
      if decisions.count >= Self.capacity { decisions.removeAll() }
      decisions[decision.piece] = decision
    case .ejection(let ejection):
      if ejections.count >= Self.capacity { ejections.removeAll() }
      ejections.append(ejection)
    case .loss, .change: break
    }
  }

  /// Forgets what has passed the bar when `frame` was exposed.
  mutating func forget(passed frame: PaintedFrame) {
    let passed = frame.frame.beltMillimeters - frame.barMillimeters - 50
    decisions = decisions.filter {
      $0.value.beltMillimeters.y + $0.value.beltMillimeters.height > passed
    }
    let gone = frame.frame.exposedAt.advanced(by: .seconds(-1))
    ejections.removeAll { $0.closesAt < gone }
  }
}
