import Diagnostics
import Foundation
import Services

/// What a shift or a lot came to, read from a store.
public struct ShiftReport: Sendable {
  /// One class over the whole time.
  public struct ClassFigures: Sendable, Equatable {
    public var name: String
    /// `#rrggbb`; gray where no bundle in force knew it.
    public var color: String
    public var pieces: Int
    public var ejected: Int
    public var share: Proportion
  }

  /// An alarm within the time.
  public struct AlarmTime: Sendable, Equatable {
    public var reason: LineReason
    public var from: WallTime
    /// The end of the time where it was still so.
    public var to: WallTime
    public var isOpen: Bool

    public var seconds: Double { Double(to.microseconds - from.microseconds) / 1e6 }
  }

  public let store: String
  public let lot: String?
  public let from: WallTime
  public let to: WallTime
  /// The clock on the wall, for all times that are shown.
  public let zone: TimeZone
  public let pieces: Int
  public let ejected: Int
  public let late: Int
  public let blasts: Int
  /// Pieces that left undecided, by the pipeline's reason.
  public let losses: [String: Int]
  /// Most first.
  public let classes: [ClassFigures]
  /// Which share of what was blown out is of a class that was to be, by the student's
  /// probabilities; nil where nothing was.
  public let purity: Proportion?
  /// Which share of what was to be blown out is, by the same.
  public let recovery: Proportion?
  public let slices: [TimeSlice]
  public let slack: SlackCounts
  public let alarms: [AlarmTime]
  public let setups: [StoredSetup]
  public let runs: [StoredRun]
  public private(set) var account = ShiftAccount()

  public var lost: Int { losses.values.reduce(0, +) }
  public var unknown: Int { classes.first { $0.name == "unknown" }?.pieces ?? 0 }

  /// Reads a store once from begin to end; a daemon may write it meanwhile.
  ///
  /// - Throws: a `StoreError`, or a `Complaint` where nothing is there of what was asked for.
  public init(
    _ file: URL, _ wanted: StoreSelection, now: WallTime = .now, zone: TimeZone = .current
  ) throws {
    let reader = try StoreReader(file)
    guard let extent = try reader.extent(wanted) else {
      throw try Self.nothing(file, wanted, reader)
    }
    (from, to) = (wanted.from ?? extent.first, wanted.to ?? extent.last)
    (store, lot) = (file.relativePath, wanted.lot)
    self.zone = zone
    let all = try reader.setups()
    let mine = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0.setup) })
    let targets = mine.mapValues { $0.classes.map(\.isEjected) }
    var tally = ShiftTally(from: from, to: to, zone: zone.secondsFromGMT(for: to.date))
    var seen: Set<Int64> = []
    try reader.pieces(wanted) { piece in
      seen.insert(piece.setup)
      tally.note(piece, targets: targets[piece.setup] ?? [])
    }
    try reader.losses(wanted) { tally.note($1, at: $0) }
    try reader.blasts(wanted) { _, _ in tally.noteBlast() }
    var minutes: [StoredMinute] = []
    try reader.minutes(wanted) { minutes.append($0) }
    seen.formUnion(minutes.map(\.setup))
    setups = all.filter { seen.contains($0.key) }
    let keys = Set(setups.map(\.run))
    runs = try reader.runs().filter { keys.contains($0.key) }
    account = ShiftAccount(minutes, all, runs, since: wanted.from)
    (pieces, ejected, late, blasts) = (tally.pieces, tally.ejected, tally.late, tally.blasts)
    (losses, slack, slices) = (tally.losses, tally.slack, tally.row)
    purity = tally.blownOut.purity
    recovery = tally.blownOut.recovery(beside: tally.leftOn)
    let colors = Dictionary(
      mine.values.flatMap(\.classes).map { ($0.name, $0.color) }, uniquingKeysWith: { $1 })
    classes = tally.classes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { name, count in
        ClassFigures(
          name: name, color: Self.color(colors[name]), pieces: count,
          ejected: tally.ejectedByClass[name] ?? 0, share: tally.share(of: name))
      }
    let span = StoreSelection(from: from, to: to.advanced(by: .microseconds(1)))
    let (from, to) = (from, to)
    let end = min(to, max(now, from))
    alarms = try reader.alarms(span).filter { keys.contains($0.run) }.map { _, alarm in
      AlarmTime(
        reason: alarm.reason, from: max(alarm.beganAt, from),
        to: max(min(alarm.endedAt ?? end, to), alarm.beganAt), isOpen: alarm.endedAt == nil)
    }
  }

  /// A color as it may stand in a style; a store comes from outside.
  private static func color(_ text: String?) -> String {
    guard let text, text.wholeMatch(of: /#[0-9a-fA-F]{6}/) != nil else { return "#7b838b" }
    return text
  }

  private static func nothing(
    _ file: URL, _ wanted: StoreSelection, _ reader: StoreReader
  ) throws -> Complaint {
    let place = file.relativePath
    if let lot = wanted.lot, try reader.setups(of: lot).isEmpty {
      let known = Set(try reader.setups().compactMap(\.setup.lot)).sorted()
      return Complaint(
        place, "knows no lot '\(lot)'",
        remedy: known.isEmpty
          ? "no lot was named; begin one with 'miraged run --lot'"
          : "there are " + known.suffix(10).joined(separator: ", "))
    }
    guard let whole = try reader.extent(.init()) else {
      return Complaint(place, "holds no piece yet", remedy: "let the line run for some seconds")
    }
    let style = ShiftTimes(.current)
    return Complaint(
      place, "holds no piece of that time",
      remedy: "its pieces are from \(style.text(whole.first)) to \(style.text(whole.last))")
  }
}

/// Frames and blasts over a stretch of time, from the counts of each minute.
public struct ShiftAccount: Sendable, Equatable {
  public var frames = FrameCounts()
  public var blastsFired = 0
  public var blastsLate = 0
  public var blastsDropped = 0
  /// Time that counts know of, in seconds; the first and last minute may be missing.
  public var seconds = 0.0

  init() {}

  /// - Parameter since: counts of runs that began before it are taken from their first row on.
  init(
    _ minutes: [StoredMinute], _ setups: [StoredSetup], _ runs: [StoredRun], since: WallTime?
  ) {
    let runOfSetup = Dictionary(uniqueKeysWithValues: setups.map { ($0.key, $0.run) })
    let firstSetup = Dictionary(setups.map { ($0.run, $0.key) }, uniquingKeysWith: min)
    for run in runs {
      let mine = minutes.filter { runOfSetup[$0.setup] == run.key }.sorted { $0.at < $1.at }
      guard let first = mine.first, let last = mine.last else { continue }
      let isWhole = run.beganAt >= since ?? run.beganAt && first.setup == firstSetup[run.key]
      add(last.counts, 1)
      if !isWhole { add(first.counts, -1) }
      let start = isWhole ? run.beganAt : first.at
      seconds += Double(max(0, last.at.microseconds - start.microseconds)) / 1e6
    }
  }

  private mutating func add(_ counts: MinuteCounts, _ sign: Int) {
    frames.decided += sign * counts.frames.decided
    frames.late += sign * counts.frames.late
    frames.dropped += sign * counts.frames.dropped
    frames.lost += sign * counts.frames.lost
    blastsFired += sign * counts.blastsFired
    blastsLate += sign * counts.blastsLate
    blastsDropped += sign * counts.blastsDropped
  }
}
