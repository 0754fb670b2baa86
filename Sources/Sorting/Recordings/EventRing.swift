import Foundation
import Units

/// The last seconds of frames, and what is made of them when something happens: pure, on the times
/// of the frames and of those who call.
struct EventRing: Sendable {
  /// Decisions that are remembered, at most.
  static let decisionLimit = 4096
  /// For frames that are worked through late.
  static let patience = Duration.seconds(4)
  /// What happened while a recording was made, at most.
  static let reasonLimit = 50

  private struct Open: Sendable {
    var reasons: [RecordingReason]
    var at: Date
    var start: LineInstant
    var end: LineInstant
    var isCut = false
  }

  private let settings: RecorderSettings
  private var frames: [KeptFrame] = []
  private var decisions: [PieceDecision] = []
  private var recent: [Bool] = []
  private var open: Open?
  private var quietUntil: LineInstant?
  /// What the frames take.
  private(set) var bytes = 0
  /// Events that nobody asked to record and that came too soon after the last.
  private(set) var passedOver = 0
  var setup: RecordedSetup?

  init(_ settings: RecorderSettings) { self.settings = settings }

  var isRecording: Bool { open != nil }
  var count: Int { frames.count }

  /// Takes in a frame; gives a recording that has no room for more.
  mutating func add(_ frame: KeptFrame) -> EventRecording? {
    frames.append(frame)
    bytes += frame.jpeg.count
    if open != nil {
      guard bytes > settings.bytesInMemory else { return nil }
      open?.isCut = true
      return close()
    }
    let start = frame.exposedAt.advanced(by: .seconds(-settings.before))
    let old = frames.firstIndex { $0.exposedAt >= start } ?? 0
    drop(old)
    var surplus = 0
    var left = bytes
    while left > settings.bytesInMemory, surplus < frames.count - 1 {
      left -= frames[surplus].jpeg.count
      surplus += 1
    }
    drop(surplus)
    return nil
  }

  /// Takes in a decision; gives what is worth recording about it.
  mutating func note(_ decision: PieceDecision) -> RecordingReason? {
    if decisions.count == Self.decisionLimit { decisions.removeFirst(Self.decisionLimit / 4) }
    decisions.append(decision)
    recent.append(decision.class == PieceDecision.unknown)
    if recent.count > RecorderSettings.uncertainWindow { recent.removeFirst() }
    if decision.isLate {
      return RecordingReason(
        .late, "piece \(decision.piece) was decided too late", at: decision.decidedAt)
    }
    let unknown = recent.count { $0 }
    guard recent.count == RecorderSettings.uncertainWindow,
      Double(unknown) > settings.uncertainShare * Double(recent.count)
    else { return nil }
    recent.removeAll(keepingCapacity: true)
    return RecordingReason(
      .uncertain, "\(unknown) of the last \(RecorderSettings.uncertainWindow) pieces were unknown",
      at: decision.decidedAt)
  }

  /// Something happened: a recording begins, or the one that is made is told so.
  ///
  /// - Parameter wall: the wall clock's time.
  mutating func record(_ reason: RecordingReason, wall: Date) {
    guard open == nil else {
      if (open?.reasons.count ?? 0) < Self.reasonLimit { open?.reasons.append(reason) }
      return
    }
    if reason.kind != .asked, let quietUntil, reason.at < quietUntil {
      passedOver += 1
      return
    }
    // Where pictures come late, or come no more, the last of them show what led to it.
    let newest = min(frames.last?.exposedAt ?? reason.at, reason.at)
    open = Open(
      reasons: [reason], at: wall, start: newest.advanced(by: .seconds(-settings.before)),
      end: reason.at.advanced(by: .seconds(settings.after)))
  }

  /// Gives the recording that is made, if its time is over; where no frames come any more, some
  /// seconds later.
  mutating func due(at now: LineInstant) -> EventRecording? {
    guard let open else { return nil }
    let isSeen = frames.last.map { $0.exposedAt >= open.end } ?? false
    guard isSeen || now >= open.end.advanced(by: Self.patience) else { return nil }
    return close()
  }

  /// Gives the recording that is made, as the run ends.
  mutating func cut() -> EventRecording? {
    guard open != nil else { return nil }
    open?.isCut = true
    return close()
  }

  private mutating func close() -> EventRecording? {
    guard let made = open else { return nil }
    open = nil
    quietUntil = made.end.advanced(by: .seconds(settings.quietSeconds))
    let recording = EventRecording(
      reasons: made.reasons,
      frames: frames.filter { $0.exposedAt >= made.start && $0.exposedAt <= made.end },
      decisions: decisions, setup: setup, isCut: made.isCut, at: made.at)
    let newest = frames.last?.exposedAt ?? made.end
    let keep = newest.advanced(by: .seconds(-settings.before))
    drop(frames.firstIndex { $0.exposedAt >= keep } ?? frames.count)
    return recording
  }

  private mutating func drop(_ count: Int) {
    guard count > 0 else { return }
    bytes -= frames.prefix(count).reduce(0) { $0 + $1.jpeg.count }
    frames.removeFirst(count)
  }
}
