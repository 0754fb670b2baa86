import CSQLite
import Foundation
import Synchronization

/// One value of a row.
enum DatabaseValue: Sendable, Equatable {
  case nothing
  case integer(Int64)
  case real(Double)
  case text(String)
  case bytes([UInt8])

  static func integer(_ value: Int) -> Self { .integer(Int64(value)) }
  static func toggle(_ value: Bool) -> Self { .integer(value ? 1 : 0) }
  static func optional(_ value: Double?) -> Self { value.map { .real($0) } ?? .nothing }
  static func optional(_ value: Int64?) -> Self { value.map { .integer($0) } ?? .nothing }
  static func optional(_ value: String?) -> Self { value.map { .text($0) } ?? .nothing }
}

/// A connection to an SQLite file, for one thread at a time.
final class Database: Sendable {
  enum Access { case reading, writing }

  let place: String
  private let path: String
  /// The library's, as a number: pointers may not change threads, and this does when it ends.
  private let bits: UInt
  /// Compiled once each; there are as many as texts in our sources.
  private let statements = Mutex<[String: UInt]>([:])

  private var connection: OpaquePointer? { OpaquePointer(bitPattern: bits) }

  init(_ file: URL, for access: Access) throws(StoreError) {
    place = file.relativePath
    path = file.path(percentEncoded: false)
    var found: OpaquePointer?
    let flags =
      access == .reading ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let status = sqlite3_open_v2(
      path, &found, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard status == SQLITE_OK, let found else {
      let words = found.map { String(cString: sqlite3_errmsg($0)) } ?? "there is no memory"
      let system = errno
      sqlite3_close_v2(found)
      throw StoreError(place, StoreError.Reason(status, words, system: system, file: path))
    }
    bits = UInt(bitPattern: found)
    sqlite3_extended_result_codes(found, 1)
    sqlite3_busy_timeout(found, 500)
    mirage_sqlite_distrust(found)
  }

  deinit {
    for statement in statements.withLock({ $0 }).values {
      sqlite3_finalize(OpaquePointer(bitPattern: statement))
    }
    sqlite3_close_v2(connection)
  }

  /// Runs one statement that gives no rows.
  func run(_ text: String, _ values: [DatabaseValue] = []) throws(StoreError) {
    try rows(text, values) { _ in }
  }

  /// Runs several statements without values.
  func run(all text: String) throws(StoreError) {
    try check(sqlite3_exec(connection, text, nil, nil, nil))
  }

  /// Runs one statement and shows each of its rows.
  func rows(
    _ text: String, _ values: [DatabaseValue] = [], _ body: (DatabaseRow) -> Void
  ) throws(StoreError) {
    let statement = try compiled(text)
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (index, value) in values.enumerated() {
      try check(Self.bind(value, at: Int32(index + 1), of: statement))
    }
    while true {
      let status = sqlite3_step(statement)
      guard status == SQLITE_ROW else {
        if status != SQLITE_DONE { try check(status) }
        return
      }
      body(DatabaseRow(statement))
    }
  }

  /// The first value of the first row; 0 where there is none.
  func number(_ text: String, _ values: [DatabaseValue] = []) throws(StoreError) -> Int {
    var found = 0
    try rows(text, values) { found = $0.integer(0) }
    return found
  }

  /// The key that the last inserted row got.
  var lastKey: Int64 { sqlite3_last_insert_rowid(connection) }

  /// All of `body` or nothing of it.
  func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    try run("BEGIN IMMEDIATE")
    do {
      try body()
      try run("COMMIT")
    } catch {
      // A failed statement may have ended the transaction itself.
      if sqlite3_get_autocommit(connection) == 0 {
        sqlite3_exec(connection, "ROLLBACK", nil, nil, nil)
      }
      throw error
    }
  }

  /// Closing leaves the log as it is, or moves it into the file.
  func keepLog(_ keeps: Bool) { mirage_sqlite_keep_log(connection, keeps ? 1 : 0) }

  /// Runs `body`, whose statements end with an error after so many thousand steps of the library.
  func limited<Result>(
    thousandSteps: Int, _ body: () throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    let steps = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    steps.initialize(to: thousandSteps)
    mirage_sqlite_limit_steps(connection, steps)
    defer {
      mirage_sqlite_limit_steps(connection, nil)
      steps.deallocate()
    }
    return try body()
  }

  private func compiled(_ text: String) throws(StoreError) -> OpaquePointer? {
    if let known = statements.withLock({ $0[text] }) { return OpaquePointer(bitPattern: known) }
    var statement: OpaquePointer?
    try check(
      sqlite3_prepare_v3(
        connection, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil))
    statements.withLock { $0[text] = UInt(bitPattern: statement) }
    return statement
  }

  private func check(_ status: Int32) throws(StoreError) {
    guard status != SQLITE_OK else { return }
    let system = errno
    throw StoreError(
      place,
      StoreError.Reason(
        status, String(cString: sqlite3_errmsg(connection)), system: system, file: path))
  }

  private static func bind(
    _ value: DatabaseValue, at place: Int32, of statement: OpaquePointer?
  ) -> Int32 {
    switch value {
    case .nothing: sqlite3_bind_null(statement, place)
    case .integer(let number): sqlite3_bind_int64(statement, place, number)
    case .real(let number): sqlite3_bind_double(statement, place, number)
    case .text(let text):
      mirage_sqlite_bind_text(statement, place, text, Int32(clamping: text.utf8.count))
    case .bytes(let bytes):
      mirage_sqlite_bind_bytes(statement, place, bytes, Int32(clamping: bytes.count))
    }
  }
}

/// A row of an answer, as long as it is shown.
struct DatabaseRow {
  private let statement: OpaquePointer?

  fileprivate init(_ statement: OpaquePointer?) { self.statement = statement }

  func isNothing(_ column: Int) -> Bool {
    sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
  }

  func integer64(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }
  func integer(_ column: Int) -> Int { Int(clamping: integer64(column)) }
  func toggle(_ column: Int) -> Bool { integer64(column) != 0 }
  func real(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(column)) }

  func optionalInteger(_ column: Int) -> Int64? { isNothing(column) ? nil : integer64(column) }
  func optionalReal(_ column: Int) -> Double? { isNothing(column) ? nil : real(column) }
  func optionalText(_ column: Int) -> String? { isNothing(column) ? nil : text(column) }

  /// Empty where there is none; broken characters are replaced.
  func text(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }

  func bytes(_ column: Int) -> [UInt8] {
    guard let start = sqlite3_column_blob(statement, Int32(column)) else { return [] }
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    return [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}
