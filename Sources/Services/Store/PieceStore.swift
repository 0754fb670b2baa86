import Diagnostics
import Foundation
import Units

/// A store that is written: one file, for one thread at a time.
///
/// Each batch is one transaction in a write-ahead log that is forced to the disk at its end
/// (`synchronous=FULL`): what was committed survives a killed daemon and a power cut; a power cut
/// costs what was decided since, at most the last second, and more only where the disk does not do
/// as it says. That costs a wait for the disk once a second, on a thread that nobody waits for.
///
/// Source: SQLite, *Write-Ahead Logging* and *PRAGMA synchronous*, sqlite.org.
final class PieceStore: Sendable {
  /// Rows that one step of pruning takes out, of each kind.
  static let pruneStep = 500
  /// How long the check of a file may take: some seconds for a gigabyte, then the rest is believed.
  static let checkSteps = 20_000

  let file: URL
  private let database: Database
  private let lock: StoreLock

  /// Opens the store, or begins one where the file is missing or empty.
  ///
  /// - Throws: a `StoreError`; a file that is no store, or damaged, is left as it is.
  init(_ file: URL) throws(StoreError) {
    self.file = file
    if try !StoreSchema.isThere(file) { try StoreSchema.create(file) }
    lock = try StoreLock(file)
    database = try Database(file, for: .writing)
    database.keepLog(true)
    let found = try database.limited(thousandSteps: Self.checkSteps) { () throws(StoreError) in
      try Self.damage(database)
    }
    if let found { throw StoreError(file.relativePath, .damaged(found)) }
    database.keepLog(false)
    try database.run(all: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
    try database.run(all: "PRAGMA journal_size_limit = 4194304; PRAGMA cache_size = -4096;")
  }

  /// What is wrong with the file, nil where nothing was found in the time allowed.
  private static func damage(_ database: Database) throws(StoreError) -> String? {
    var found: String?
    do throws(StoreError) {
      try database.rows("PRAGMA quick_check(1)") { found = $0.text(0) }
    } catch {
      // The time is over, or someone else writes just now: neither says that it is damaged.
      if case .failed(let words) = error.reason, words.hasPrefix("interrupted") { return nil }
      throw error
    }
    return found == "ok" ? nil : found
  }

  /// Whether the file is still where it was; not after someone moved or deleted it.
  var isInPlace: Bool { lock.isThat(of: file) }

  /// What the file holds, without what was freed in it, in bytes.
  func bytesUsed() throws(StoreError) -> Int {
    let size = try database.number("PRAGMA page_size")
    let pages = try database.number("PRAGMA page_count")
    return size * (pages - (try database.number("PRAGMA freelist_count")))
  }

  /// Begins a run; alarms that a killed run left open end where that was seen last.
  func begin(
    program: String, at now: WallTime, line: LineInstant
  ) throws(StoreError) -> Int64 {
    var key: Int64 = 0
    try database.transaction { () throws(StoreError) in
      try database.run(
        """
        UPDATE alarm SET endedAt = max(beganAt,
          coalesce((SELECT seenAt FROM run WHERE id = alarm.run), beganAt)) WHERE endedAt IS NULL
        """)
      try database.run(
        """
        INSERT INTO run (program, beganAt, beganLine, seenAt, seenLine, missed)
        VALUES (?, ?, ?, ?, ?, 0)
        """,
        [
          .text(program), .integer(now.microseconds), .integer(line.nanoseconds),
          .integer(now.microseconds), .integer(line.nanoseconds),
        ])
      key = database.lastKey
    }
    return key
  }

  /// Stores a batch, all of it or nothing.
  func write(_ batch: StoreBatch) throws(StoreError) -> Int64? {
    var setup = batch.setup
    try database.transaction { () throws(StoreError) in
      for record in batch.records { try write(record, of: batch.run, &setup) }
      for alarm in batch.alarms { try write(alarm, of: batch.run) }
      try database.run(
        "UPDATE run SET seenAt = ?, seenLine = ?, missed = ?, endedAt = ? WHERE id = ?",
        [
          .integer(batch.now.microseconds), .integer(batch.line.nanoseconds),
          .integer(batch.missed), batch.isLast ? .integer(batch.now.microseconds) : .nothing,
          .integer(batch.run),
        ])
    }
    return setup
  }

  /// Takes one small step of what is too old or too much; gives whether there is more to do.
  func prune(before limit: WallTime, bytes most: Int) throws(StoreError) -> Bool {
    let isTooLarge = try bytesUsed() > most
    let end = isTooLarge ? Int64.max : limit.microseconds
    var removed = 0
    try database.transaction { () throws(StoreError) in
      removed = try removeOldest(before: end)
    }
    if removed > 0 || isTooLarge { try database.run("PRAGMA incremental_vacuum(256)") }
    return removed == Self.pruneStep || (isTooLarge && removed > 0)
  }

  /// Removes rows of the oldest setup that has any before `end`, and the setup behind them.
  private func removeOldest(before end: Int64) throws(StoreError) -> Int {
    var setups: [(key: Int64, run: Int64)] = []
    try database.rows("SELECT id, run FROM setup ORDER BY id") {
      setups.append(($0.integer64(0), $0.integer64(1)))
    }
    for (place, setup) in setups.enumerated() {
      var removed = 0
      for table in ["piece", "blast", "loss", "minute"] {
        let values: [DatabaseValue] = [
          .integer(setup.key), .integer(end), .integer(Self.pruneStep),
        ]
        let oldest = "SELECT id FROM \(table) WHERE setup = ? AND at < ? ORDER BY at LIMIT ?"
        let count = try database.number("SELECT count(*) FROM (\(oldest))", values)
        guard count > 0 else { continue }
        try database.run("DELETE FROM \(table) WHERE id IN (\(oldest))", values)
        removed = max(removed, count)
      }
      if removed > 0 { return removed }
      if place + 1 < setups.count { try removeEmpty(setup.key, of: setup.run) }
    }
    return 0
  }

  /// Removes a setup under which nothing is left, and its run where it was the last of it.
  private func removeEmpty(_ setup: Int64, of run: Int64) throws(StoreError) {
    for table in ["piece", "blast", "loss", "minute"] {
      let left = try database.number(
        "SELECT count(*) FROM (SELECT 1 FROM \(table) WHERE setup = ? LIMIT 1)", [.integer(setup)])
      if left > 0 { return }
    }
    try database.run("DELETE FROM setup WHERE id = ?", [.integer(setup)])
    let left = try database.number("SELECT count(*) FROM setup WHERE run = ?", [.integer(run)])
    let newest = try database.number("SELECT max(id) FROM run")
    guard left == 0, Int64(newest) != run else { return }
    try database.run("DELETE FROM alarm WHERE run = ?", [.integer(run)])
    try database.run("DELETE FROM run WHERE id = ?", [.integer(run)])
  }
}

/// What is stored at once.
struct StoreBatch {
  var run: Int64
  /// The setup in force before the first record; nil where none was told yet.
  var setup: Int64?
  var records: [StoreRecord]
  var alarms: [StoredAlarm]
  var missed: Int
  var now: WallTime
  var line: LineInstant
  var isLast: Bool
}

extension PieceStore {
  private func write(
    _ record: StoreRecord, of run: Int64, _ setup: inout Int64?
  ) throws(StoreError) {
    let key = setup.map { DatabaseValue.integer($0) } ?? .integer(0)
    switch record {
    case .piece(let piece, let at): try write(piece, key, at)
    case .blast(let blast, let at): try write(blast, key, at)
    case .loss(let loss, let at):
      try database.run(
        "INSERT INTO loss (setup, at, piece, reason) VALUES (?, ?, ?, ?)",
        [key, .integer(at.microseconds), .integer(loss.piece), .text(loss.reason)])
    case .setup(let value, let at, let line):
      try write(value, of: run, at, line)
      setup = database.lastKey
    case .minute(let counts, let at): try write(counts, key, at)
    }
  }

  private func write(
    _ piece: PieceReport, _ setup: DatabaseValue, _ at: WallTime
  ) throws(StoreError) {
    try database.run(
      """
      INSERT INTO piece (setup, at, number, class, likeliest, confidence, probabilities, energy,
        views, ejected, late, area, across, exposedLine, decidedLine, deadlineLine, slack)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        setup, .integer(at.microseconds), .integer(piece.piece), .text(piece.class),
        .text(piece.likeliest), .real(piece.confidence),
        .bytes(Self.bytes(of: piece.probabilities)), .real(piece.energy), .integer(piece.views),
        .toggle(piece.isEjected), .toggle(piece.isLate), .real(piece.squareMillimeters),
        .real(piece.acrossMillimeters), .integer(piece.exposedAt.nanoseconds),
        .integer(piece.decidedAt.nanoseconds), .optional(piece.deadline?.nanoseconds),
        .optional(piece.slackMilliseconds),
      ])
  }

  private func write(
    _ blast: BlastReport, _ setup: DatabaseValue, _ at: WallTime
  ) throws(StoreError) {
    let nozzles = blast.nozzles.map { $0.map(String.init).joined(separator: ",") }
    try database.run(
      """
      INSERT INTO blast (setup, at, piece, commandLine, opensLine, closesLine, low, high, nozzles)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        setup, .integer(at.microseconds), .integer(blast.piece),
        .integer(blast.commandAt.nanoseconds), .integer(blast.opensAt.nanoseconds),
        .integer(blast.closesAt.nanoseconds), .real(blast.fromMillimeters),
        .real(blast.toMillimeters), .optional(nozzles),
      ])
  }

  private func write(
    _ setup: LineSetup, of run: Int64, _ at: WallTime, _ line: LineInstant
  ) throws(StoreError) {
    // A number that JSON has no words for is a threshold that no bundle has.
    let settings = (try? JSONFile.line(setup.settings)) ?? "{}"
    let classes = (try? JSONFile.line(setup.classes)) ?? "[]"
    try database.run(
      """
      INSERT INTO setup (run, at, line, source, bundle, bundleDigest, calibration, recipe, lot,
        settings, classes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .integer(run), .integer(at.microseconds), .integer(line.nanoseconds), .text(setup.source),
        .text(setup.bundle), .text(setup.bundleDigest), .text(setup.calibration),
        .optional(setup.recipe), .optional(setup.lot), .text(settings), .text(classes),
      ])
  }

  private func write(
    _ counts: MinuteCounts, _ setup: DatabaseValue, _ at: WallTime
  ) throws(StoreError) {
    let numbers = [
      counts.frames.decided, counts.frames.late, counts.frames.dropped, counts.frames.lost,
      counts.piecesLost, counts.blastsFired, counts.blastsLate, counts.blastsDropped,
    ]
    try database.run(
      """
      INSERT INTO minute (setup, at, state, fit, decided, late, dropped, lost, piecesLost,
        blastsFired, blastsLate, blastsDropped) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [setup, .integer(at.microseconds), .text(counts.state.rawValue), .toggle(counts.isFit)]
        + numbers.map { .integer($0) })
  }

  private func write(_ alarm: StoredAlarm, of run: Int64) throws(StoreError) {
    try database.run(
      "INSERT OR REPLACE INTO alarm VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .integer(run), .integer(alarm.number), .text(alarm.reason.id), .text(alarm.reason.problem),
        .text(alarm.reason.remedy), .toggle(alarm.reason.isUnfit),
        .integer(alarm.beganAt.microseconds), .optional(alarm.endedAt?.microseconds),
      ])
  }

  /// 8 bytes each, the low one first.
  static func bytes(of numbers: [Double]) -> [UInt8] {
    numbers.flatMap { number in
      let bits = number.bitPattern
      return (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
    }
  }

  /// Reads what `bytes(of:)` writes; what is left over is left out.
  static func numbers(of bytes: [UInt8]) -> [Double] {
    stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { start in
      Double(
        bitPattern: bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
  }
}
