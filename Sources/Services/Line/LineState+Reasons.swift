import Foundation
import Units

extension LineState {
  /// Shares of the last minute beyond which something is wrong.
  private static let lateLimit = 0.01
  private static let framesLimit = 0.02
  /// Slack below which the next hiccup makes decisions late.
  private static let slackLimit = 10.0

  /// What is not as it should be, worst first, each with one thing to do.
  func reasons(_ books: LineWatch.Books, at now: LineInstant) -> [LineReason] {
    var reasons: [LineReason] = []
    if state == .error { reasons.append(books.held ?? noPicture(books, at: now)) }
    if let advice = valves?.advice, let valves, !isSeekingStill(valves) {
      let parts = advice.split(separator: ":", maxSplits: 1)
      reasons.append(
        LineReason(
          "valves-\(valves.state.rawValue)", String(parts[0]),
          remedy: parts.last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""))
    }
    if minute.pieces > 0, Double(minute.late) > Self.lateLimit * Double(minute.pieces) {
      reasons.append(
        LineReason(
          "late-decisions", "\(minute.late) of \(minute.pieces) pieces were decided too late",
          remedy: "slow the belt, or take other work off this computer"))
    } else if let least = slackLow, least < Self.slackLimit {
      reasons.append(
        LineReason(
          "short-slack", "decisions come \(Self.short(least)) ms before it is too late",
          remedy: "slow the belt a little, or take other work off this computer", isUnfit: false))
    }
    if let reason = overload?.reason { reasons.append(reason) }
    reasons += frameReasons(books)
    reasons += [store?.trouble, broker?.trouble, recording?.trouble, shadow?.trouble]
      .compactMap { $0 }
    return reasons + (facts?.warnings ?? [])
  }

  private func noPicture(_ books: LineWatch.Books, at now: LineInstant) -> LineReason {
    let since = books.latest.map { $0.doneAt.duration(to: now).seconds }
    let problem =
      since.map { "no picture for \(Int($0)) s" } ?? "no picture has come"
    return LineReason(
      "no-frames", problem + (camera.map { $0.isStreaming ? "" : ": \($0.reason)" } ?? ""),
      remedy: "check the camera's cable and lamp; it is taken up again by itself")
  }

  /// A box that has a second to answer after the start is no alarm yet.
  private func isSeekingStill(_ valves: ValveStatus) -> Bool {
    valves.state == .seeking && seconds < 2
  }

  private var slackLow: Double? { minute.slackLeastMilliseconds }

  private func frameReasons(_ books: LineWatch.Books) -> [LineReason] {
    guard let first = books.seconds.first?.frames else { return [] }
    let exposed = frames.exposed - first.exposed
    guard exposed >= 20 else { return [] }
    var reasons: [LineReason] = []
    let (lost, dropped) = (frames.lost - first.lost, frames.dropped - first.dropped)
    if Double(lost) > Self.framesLimit * Double(exposed) {
      reasons.append(
        LineReason(
          "frames-lost", "\(lost) of the last \(exposed) pictures never came",
          remedy: camera == nil
            ? "take other work off this computer, or ask for fewer pictures a second"
            : "check the camera's cable and hub; pieces were not seen"))
    }
    if Double(dropped) > Self.framesLimit * Double(exposed) {
      reasons.append(
        LineReason(
          "frames-dropped", "there was no time for \(dropped) of the last \(exposed) pictures",
          remedy: "take other work off this computer, or lower the camera's rate",
          isUnfit: Double(dropped) > 0.2 * Double(exposed)))
    }
    if let before = books.seconds.first?.late, blastsLate > before {
      reasons.append(
        LineReason(
          "blasts-late", "\(Self.counted(blastsLate - before, "blast")) came too late, not fired",
          remedy: "check that the belt runs evenly, and slow it", isUnfit: false))
    }
    return reasons
  }

  /// The state in a sentence.
  var currentSentence: String {
    switch state {
    case .preoperational: "The bundle is being opened and tried."
    case .initialized: "Everything is loaded; no picture has come yet."
    case .ready: "The belt stands. Sorting begins by itself when it moves."
    case .continuousExecution:
      isFit
        ? "\(Self.counted(minute.pieces, "piece")) in the last minute."
        : "Sorting, but not as well as it should: see below."
    case .error: "It cannot sort: see below."
    case .halted: "The daemon was asked to end."
    }
  }

  private static func counted(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  private static func short(_ value: Double) -> String { String(format: "%.0f", value) }
}
