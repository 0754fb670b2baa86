import Diagnostics
import Foundation

/// The tables of a store, version 1.
///
/// Times named `at`, `…At` are microseconds of UTC since 1970, by the computer's own clock as it
/// went then; `datetime(at / 1e6, 'unixepoch')` is how SQLite writes them. Times of the line's
/// clock are nanoseconds since the run began; they never jump.
///
/// - `run`: one start of the daemon. `endedAt` is null while it runs, and stays so where it was
///   killed: `seenAt` then is the last that was heard of it. `missed` counts the pieces, blasts and
///   losses that could not be stored.
/// - `setup`: what was in force from `at` on: source of frames, bundle, calibration, recipe, lot,
///   settings (JSON, the keys of a configuration) and classes (JSON: name, color, threshold,
///   whether blown out).
/// - `piece`: one decided piece, under the setup that decided it. `probabilities` are the classes'
///   in the setup's order, 8 bytes each, IEEE 754, the low byte first. `slack` in milliseconds,
///   `area` in square millimeters, `across` in millimeters over the belt. A measure that is no
///   number is null.
/// - `blast`: air for a piece; `low` to `high` in millimeters across the belt, `nozzles` as
///   `3,4,5`.
/// - `loss`: a piece that left without a decision.
/// - `alarm`: something that was not as it should be. `endedAt` is null while it is so.
/// - `minute`: the counts since the run began, once a minute and at its end.
///
/// A later version adds tables and columns, or copies into a new file; it never changes what
/// stands.
enum StoreSchema {
  static let version = 1
  /// `Mira` in letters, at byte 68 of the file.
  static let application = 0x4d69_7261

  static let tables = """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY, program TEXT NOT NULL,
      beganAt INTEGER NOT NULL, beganLine INTEGER NOT NULL,
      seenAt INTEGER NOT NULL, seenLine INTEGER NOT NULL, endedAt INTEGER,
      missed INTEGER NOT NULL) STRICT;
    CREATE TABLE setup (
      id INTEGER PRIMARY KEY, run INTEGER NOT NULL, at INTEGER NOT NULL, line INTEGER NOT NULL,
      source TEXT NOT NULL, bundle TEXT NOT NULL, bundleDigest TEXT NOT NULL,
      calibration TEXT NOT NULL,
      recipe TEXT, lot TEXT, settings TEXT NOT NULL, classes TEXT NOT NULL) STRICT;
    CREATE TABLE piece (
      id INTEGER PRIMARY KEY, setup INTEGER NOT NULL, at INTEGER NOT NULL, number INTEGER NOT NULL,
      class TEXT NOT NULL, likeliest TEXT NOT NULL, confidence REAL,
      probabilities BLOB NOT NULL, energy REAL, views INTEGER NOT NULL,
      ejected INTEGER NOT NULL, late INTEGER NOT NULL, area REAL, across REAL,
      exposedLine INTEGER NOT NULL, decidedLine INTEGER NOT NULL, deadlineLine INTEGER,
      slack REAL) STRICT;
    CREATE INDEX pieceTime ON piece (setup, at);
    CREATE TABLE blast (
      id INTEGER PRIMARY KEY, setup INTEGER NOT NULL, at INTEGER NOT NULL, piece INTEGER NOT NULL,
      commandLine INTEGER NOT NULL, opensLine INTEGER NOT NULL, closesLine INTEGER NOT NULL,
      low REAL, high REAL, nozzles TEXT) STRICT;
    CREATE INDEX blastTime ON blast (setup, at);
    CREATE TABLE loss (
      id INTEGER PRIMARY KEY, setup INTEGER NOT NULL, at INTEGER NOT NULL, piece INTEGER NOT NULL,
      reason TEXT NOT NULL) STRICT;
    CREATE INDEX lossTime ON loss (setup, at);
    CREATE TABLE alarm (
      run INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, problem TEXT NOT NULL,
      remedy TEXT NOT NULL, unfit INTEGER NOT NULL, beganAt INTEGER NOT NULL, endedAt INTEGER,
      PRIMARY KEY (run, number)) STRICT;
    CREATE TABLE minute (
      id INTEGER PRIMARY KEY, setup INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL,
      fit INTEGER NOT NULL, decided INTEGER NOT NULL, late INTEGER NOT NULL,
      dropped INTEGER NOT NULL, lost INTEGER NOT NULL, piecesLost INTEGER NOT NULL,
      blastsFired INTEGER NOT NULL, blastsLate INTEGER NOT NULL,
      blastsDropped INTEGER NOT NULL) STRICT;
    CREATE INDEX minuteTime ON minute (setup, at);
    """

  /// Looks at a file's first bytes; refuses what is no store, without opening it as one.
  ///
  /// - Returns: whether there is a store; false where the file is missing or empty.
  static func isThere(_ file: URL) throws(StoreError) -> Bool {
    let place = file.relativePath
    let path = file.path(percentEncoded: false)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return false }
    guard !isFolder.boolValue else { throw StoreError(place, .foreign("it is a folder")) }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw StoreError(place, .failed("it cannot be read"))
    }
    defer { try? handle.close() }  // Reading is over; a failed close loses nothing.
    let head: [UInt8]
    do {
      head = [UInt8](try handle.read(upToCount: 100) ?? Data())
    } catch {
      throw StoreError(place, .failed(error.localizedDescription))
    }
    guard !head.isEmpty else { return false }
    guard head.count == 100, head.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw StoreError(place, .foreign("it does not begin as an SQLite file does"))
    }
    func number(at place: Int) -> Int { head[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
    guard number(at: 68) == application else {
      throw StoreError(place, .foreign("it is an SQLite file of another program"))
    }
    let found = number(at: 60)
    guard found <= version, found > 0 else { throw StoreError(place, .newer(found: found)) }
    return true
  }

  /// Makes an empty store beside `file` and renames it, so that no half one is ever seen.
  static func create(_ file: URL) throws(StoreError) {
    let draft = file.deletingLastPathComponent()
      .appending(path: ".\(file.lastPathComponent).new")
    // What a kill left behind; where there is nothing, there is nothing to remove.
    try? FileManager.default.removeItem(at: draft)
    do throws(StoreError) {
      let database = try Database(draft, for: .writing)
      try database.run(all: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA page_size = 4096;")
      try database.run(
        all: """
          BEGIN; \(tables)
          PRAGMA application_id = \(application); PRAGMA user_version = \(version); COMMIT;
          """)
    } catch {
      try? FileManager.default.removeItem(at: draft)  // The reason above is the one to tell.
      throw StoreError(file.relativePath, error.reason)
    }
    // The log of a file that is gone would be taken for that of the new one.
    for ending in ["-wal", "-shm"] {
      unlink(file.path(percentEncoded: false) + ending)
    }
    guard rename(draft.path(percentEncoded: false), file.path(percentEncoded: false)) == 0 else {
      throw StoreError(file.relativePath, .failed(String(cString: strerror(errno))))
    }
  }
}
