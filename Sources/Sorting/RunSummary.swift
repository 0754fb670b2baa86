import Cameras
import Conveyor
import Diagnostics
import Foundation
import Units

/// What a run came to: counts that add up, times, and the score where the truth is known.
public struct RunSummary: Codable, Sendable {
  /// Blasts handed to the valves, and those that were not.
  public struct Ejections: Codable, Sendable, Equatable {
    public var fired = 0
    public var late = 0
    public var dropped = 0
    /// Not due when the run ended: the belt stood.
    public var waiting = 0
  }

  /// Milliseconds: half of all stay below the median, 99 % below `most`.
  public struct Milliseconds: Codable, Sendable, Equatable {
    public var median: Double
    public var most: Double
    public var worst: Double
  }

  public var bundle = ""
  /// The recipe at the end, and how often it was changed.
  public var recipe: String?
  public var recipeChanges = 0
  public var source = ""
  public var isInterrupted = false
  /// Length of the run on the line's clock.
  public var seconds = 0.0
  public var frames = FrameAccount()
  public var framesExposed = 0
  public var pieces = PieceAccount()
  /// Decided pieces by class, `unknown` among them.
  public var classes: [String: Int] = [:]
  public var ejections = Ejections()
  /// From decision to deadline.
  public var slackMillisecondsLeast: Double?
  public var slackMillisecondsMedian: Double?
  /// Work on a frame, hand-over to the last event.
  public var work = Milliseconds(median: 0, most: 0, worst: 0)
  public var stages: [String: Milliseconds] = [:]
  /// Event lines and rendered frames that were dropped for want of time.
  public var eventsDropped = 0
  public var renderingsDropped = 0
  /// What became of what was sent to machines, by output and outcome: `valves`, `accepted`.
  public var outputs: [String: [String: Int]] = [:]
  /// The last reasons for lost frames.
  public var troubles: [String] = []
  public var score: Score?

  public init() {}

  /// Traps unless every frame and every piece is accounted for exactly once.
  func audit() {
    precondition(
      frames.exposed == framesExposed,
      "frames: \(framesExposed) exposed, but \(frames.decided) decided, \(frames.late) late, "
        + "\(frames.dropped) dropped and \(frames.lost) lost")
    pieces.audit()
  }
}

extension RunSummary {
  /// The summary as a person reads it, several lines.
  public var text: String {
    var lines = [
      "frames \(framesExposed) = \(frames.decided) decided + \(frames.late) late + "
        + "\(frames.dropped) dropped + \(frames.lost) lost",
      "pieces \(pieces.found) = \(pieces.decided) decided + \(pieces.late) late + "
        + "\(pieces.dropped) dropped + \(pieces.lost) lost"
        + (pieces.open > 0 ? " + \(pieces.open) open" : ""),
    ]
    let counts = classes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if !counts.isEmpty {
      lines.append("classes: " + counts.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }
    lines.append(
      "ejections: \(ejections.fired) fired, \(ejections.late) too late, "
        + "\(ejections.dropped) dropped, \(ejections.waiting) not due yet")
    if let least = slackMillisecondsLeast, let median = slackMillisecondsMedian {
      lines.append("slack: \(Self.short(least)) ms at least, \(Self.short(median)) ms median")
    }
    lines.append(
      "work on a frame: \(Self.short(work.median)) ms median, \(Self.short(work.most)) ms for "
        + "99 %, \(Self.short(work.worst)) ms at worst")
    if eventsDropped + renderingsDropped > 0 {
      lines.append(
        "for want of time, \(eventsDropped) event lines and \(renderingsDropped) rendered frames "
          + "were dropped")
    }
    if let score { lines += score.lines }
    return lines.joined(separator: "\n")
  }

  static func short(_ value: Double) -> String {
    String(format: abs(value) < 10 ? "%.1f" : "%.0f", value)
  }
}

extension Score {
  /// The score as a person reads it.
  var lines: [String] {
    var lines = [
      "truth: \(truePieces) pieces, \(missed) missed; \(falsePieces) decided pieces are none of "
        + "them; \(Self.percent(accuracy)) told right"
    ]
    if !targets.isEmpty {
      lines += [
        "ejecting \(targets.joined(separator: ", ")), by mass (\(massSource)): "
          + Self.sentence(ejected.byMass),
        "by count: " + Self.sentence(ejected.byCount)
          + "; \(falseEjects) pieces ejected wrongly",
      ]
    }
    for (name, figures) in classes.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "  \(name): purity \(Self.percent(figures.byMass.purity)), "
          + "recovery \(Self.percent(figures.byMass.recovery)) by mass; "
          + "\(Self.percent(figures.byCount.purity)), "
          + "\(Self.percent(figures.byCount.recovery)) by count")
    }
    return lines + table
  }

  /// The confusion as a table: a row for each true class, a column for each told one.
  private var table: [String] {
    let told = Set(confusion.values.flatMap(\.keys))
    let special = [PieceDecision.unknown, Self.missed]
    let columns = told.subtracting(special).sorted() + special.filter(told.contains)
    let rows = confusion.keys.sorted()
    let first = (rows + ["true \\ told"]).map(\.count).max() ?? 0
    func line(_ name: String, _ cells: [String]) -> String {
      let padded = zip(columns, cells).map { column, cell in
        String(repeating: " ", count: max(0, max(column.count, 4) - cell.count)) + cell
      }
      return ([name.padding(toLength: first, withPad: " ", startingAt: 0)] + padded)
        .joined(separator: "  ")
    }
    return [line("true \\ told", columns)]
      + rows.map { row in line(row, columns.map { "\(confusion[row]?[$0] ?? 0)" }) }
  }

  private static func sentence(_ figures: SortingFigures) -> String {
    "purity \(percent(figures.purity)), recovery \(percent(figures.recovery)), "
      + "false ejects \(percent(figures.falseEject)), pull \(percent(figures.pull))"
  }

  private static func percent(_ share: Double?) -> String {
    share.map { String(format: "%.1f %%", 100 * $0) } ?? "–"
  }
}
