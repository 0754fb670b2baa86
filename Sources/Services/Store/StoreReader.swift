import Diagnostics
import Foundation
import Units

/// What is asked of a store.
public struct StoreSelection: Sendable, Equatable {
  /// From here on.
  public var from: WallTime?
  /// Up to here, and not from here on.
  public var to: WallTime?
  public var lot: String?

  public init(from: WallTime? = nil, to: WallTime? = nil, lot: String? = nil) {
    self.from = from
    self.to = to
    self.lot = lot
  }

  var bounds: [DatabaseValue] {
    [.integer(from?.microseconds ?? .min), .integer(to?.microseconds ?? .max)]
  }
}

/// A start of the daemon, as it is stored.
public struct StoredRun: Sendable, Equatable {
  public var key: Int64
  public var program: String
  public var beganAt: WallTime
  /// When it was last heard of.
  public var seenAt: WallTime
  /// Nil while it runs, and where it was killed.
  public var endedAt: WallTime?
  /// Pieces, blasts and losses that could not be stored.
  public var missed: Int
}

/// What was in force from a moment on, as it is stored.
public struct StoredSetup: Sendable, Equatable {
  public var key: Int64
  public var run: Int64
  public var at: WallTime
  public var setup: LineSetup
}

/// A decided piece, as it is stored.
public struct StoredPiece: Sendable, Equatable {
  public var setup: Int64
  /// When it was decided.
  public var at: WallTime
  public var piece: PieceReport
}

/// Counts of a run since its begin, as they stood at a moment.
public struct StoredMinute: Sendable, Equatable {
  public var setup: Int64
  public var at: WallTime
  public var counts: MinuteCounts
}

/// Reads a store, also one that a daemon writes at the same time.
///
/// For one thread at a time.
public final class StoreReader: Sendable {
  private let database: Database

  /// Opens a store, and holds on to what it holds now.
  ///
  /// - Throws: a `StoreError` that says what is wrong with the file.
  public init(_ file: URL) throws(StoreError) {
    guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else {
      throw StoreError(file.relativePath, .missing)
    }
    guard try StoreSchema.isThere(file) else {
      throw StoreError(file.relativePath, .foreign("it is empty"))
    }
    database = try Database(file, for: .reading)
    try database.run("BEGIN")
  }

  /// All runs that are stored, oldest first.
  public func runs() throws(StoreError) -> [StoredRun] {
    var runs: [StoredRun] = []
    try database.rows(
      "SELECT id, program, beganAt, seenAt, endedAt, missed FROM run ORDER BY id"
    ) { row in
      runs.append(
        StoredRun(
          key: row.integer64(0), program: row.text(1), beganAt: row.wallTime(2),
          seenAt: row.wallTime(3),
          endedAt: row.optionalInteger(4).map { WallTime(microseconds: $0) },
          missed: row.integer(5)))
    }
    return runs
  }

  /// What was in force, oldest first; all of it, or that of a lot.
  public func setups(of lot: String? = nil) throws(StoreError) -> [StoredSetup] {
    var setups: [StoredSetup] = []
    try database.rows(
      """
      SELECT id, run, at, source, bundle, bundleDigest, calibration, recipe, lot, settings, classes
      FROM setup WHERE ?1 IS NULL OR lot = ?1 ORDER BY id
      """, [.optional(lot)]
    ) { row in
      var setup = LineSetup(
        source: row.text(3), bundle: row.text(4), bundleDigest: row.text(5),
        calibration: row.text(6), classes: Self.decoded(row.bytes(10)) ?? [])
      (setup.recipe, setup.lot) = (row.optionalText(7), row.optionalText(8))
      setup.settings = Self.decoded(row.bytes(9)) ?? [:]
      setups.append(
        StoredSetup(
          key: row.integer64(0), run: row.integer64(1), at: row.wallTime(2), setup: setup))
    }
    return setups
  }

  /// When the first and behind the last piece was decided of those that are asked for; nil where
  /// there is none.
  public func extent(
    _ wanted: StoreSelection
  ) throws(StoreError) -> (first: WallTime, last: WallTime)? {
    var found: (first: WallTime, last: WallTime)?
    for setup in try setups(of: wanted.lot) {
      try database.rows(
        "SELECT min(at), max(at) FROM piece WHERE setup = ? AND at >= ? AND at < ?",
        [.integer(setup.key)] + wanted.bounds
      ) { row in
        guard !row.isNothing(0) else { return }
        let last = row.wallTime(1).advanced(by: .microseconds(1))
        found = (
          min(found?.first ?? row.wallTime(0), row.wallTime(0)), max(found?.last ?? last, last)
        )
      }
    }
    return found
  }

  /// Shows each piece that is asked for, in the order of setups and within each of time.
  public func pieces(
    _ wanted: StoreSelection, _ body: (StoredPiece) -> Void
  ) throws(StoreError) {
    for setup in try setups(of: wanted.lot) {
      try database.rows(
        """
        SELECT at, number, class, likeliest, confidence, probabilities, energy, views, ejected,
          late, area, across, exposedLine, decidedLine, deadlineLine, slack
        FROM piece WHERE setup = ? AND at >= ? AND at < ? ORDER BY at, id
        """, [.integer(setup.key)] + wanted.bounds
      ) { row in
        body(StoredPiece(setup: setup.key, at: row.wallTime(0), piece: PieceReport(row)))
      }
    }
  }

  /// Shows each blast that is asked for.
  public func blasts(
    _ wanted: StoreSelection, _ body: (WallTime, BlastReport) -> Void
  ) throws(StoreError) {
    for setup in try setups(of: wanted.lot) {
      try database.rows(
        """
        SELECT at, piece, commandLine, opensLine, closesLine, low, high, nozzles
        FROM blast WHERE setup = ? AND at >= ? AND at < ? ORDER BY at, id
        """, [.integer(setup.key)] + wanted.bounds
      ) { body($0.wallTime(0), BlastReport($0)) }
    }
  }

  /// Shows each loss that is asked for.
  public func losses(
    _ wanted: StoreSelection, _ body: (WallTime, LossReport) -> Void
  ) throws(StoreError) {
    for setup in try setups(of: wanted.lot) {
      try database.rows(
        "SELECT at, piece, reason FROM loss WHERE setup = ? AND at >= ? AND at < ? ORDER BY at, id",
        [.integer(setup.key)] + wanted.bounds
      ) { body($0.wallTime(0), LossReport(piece: $0.integer(1), reason: $0.text(2))) }
    }
  }

  /// Shows the counts that are asked for, in the order of setups and within each of time.
  public func minutes(
    _ wanted: StoreSelection, _ body: (StoredMinute) -> Void
  ) throws(StoreError) {
    for setup in try setups(of: wanted.lot) {
      try database.rows(
        """
        SELECT at, state, fit, decided, late, dropped, lost, piecesLost, blastsFired, blastsLate,
          blastsDropped FROM minute WHERE setup = ? AND at >= ? AND at < ? ORDER BY at, id
        """, [.integer(setup.key)] + wanted.bounds
      ) { row in
        let counts = MinuteCounts(
          state: VisionState(rawValue: row.text(1)) ?? .error, isFit: row.toggle(2),
          frames: FrameCounts(
            decided: row.integer(3), late: row.integer(4), dropped: row.integer(5),
            lost: row.integer(6)), piecesLost: row.integer(7), blastsFired: row.integer(8),
          blastsLate: row.integer(9), blastsDropped: row.integer(10))
        body(StoredMinute(setup: setup.key, at: row.wallTime(0), counts: counts))
      }
    }
  }

  /// Alarms that were open at any time between two moments, oldest first, with their runs.
  public func alarms(
    _ wanted: StoreSelection
  ) throws(StoreError) -> [(run: Int64, alarm: StoredAlarm)] {
    var alarms: [(Int64, StoredAlarm)] = []
    try database.rows(
      """
      SELECT run, number, name, problem, remedy, unfit, beganAt, endedAt FROM alarm
      WHERE coalesce(endedAt, beganAt) >= ?1 AND beganAt < ?2
        OR endedAt IS NULL AND beganAt < ?2 ORDER BY beganAt, run, number
      """, wanted.bounds
    ) { row in
      let reason = LineReason(
        row.text(2), row.text(3), remedy: row.text(4), isUnfit: row.toggle(5))
      alarms.append(
        (
          row.integer64(0),
          StoredAlarm(
            number: row.integer(1), reason: reason, beganAt: row.wallTime(6),
            endedAt: row.optionalInteger(7).map { WallTime(microseconds: $0) })
        ))
    }
    return alarms
  }

  /// A list or table of texts; nil where a damaged file holds something else.
  private static func decoded<Value: Decodable>(_ bytes: [UInt8]) -> Value? {
    try? JSONFile.decode(Value.self, from: Data(bytes), place: "store")
  }
}

extension WallTime {
  fileprivate init(_ microseconds: Int64) { self.init(microseconds: microseconds) }
}

extension DatabaseRow {
  fileprivate func wallTime(_ column: Int) -> WallTime { WallTime(integer64(column)) }
  fileprivate func instant(_ column: Int) -> LineInstant {
    LineInstant(nanoseconds: integer64(column))
  }
  /// What was no number is none again.
  fileprivate func measure(_ column: Int) -> Double { optionalReal(column) ?? .nan }
}

extension PieceReport {
  fileprivate init(_ row: DatabaseRow) {
    self.init(
      piece: row.integer(1), class: row.text(2), likeliest: row.text(3),
      confidence: row.measure(4), probabilities: PieceStore.numbers(of: row.bytes(5)),
      exposedAt: row.instant(12), decidedAt: row.instant(13))
    (energy, views) = (row.measure(6), row.integer(7))
    (isEjected, isLate) = (row.toggle(8), row.toggle(9))
    (squareMillimeters, acrossMillimeters) = (row.measure(10), row.measure(11))
    deadline = row.optionalInteger(14).map { LineInstant(nanoseconds: $0) }
    slackMilliseconds = row.optionalReal(15)
  }
}

extension BlastReport {
  fileprivate init(_ row: DatabaseRow) {
    let (low, high) = (row.measure(5), row.measure(6))
    self.init(
      piece: row.integer(1), commandAt: row.instant(2), opensAt: row.instant(3),
      closesAt: row.instant(4), acrossMillimeters: low <= high ? low...high : 0...0)
    nozzles = row.optionalText(7).map { $0.split(separator: ",").compactMap { Int($0) } }
  }
}
