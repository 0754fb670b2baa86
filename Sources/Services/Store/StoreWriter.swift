import Diagnostics
import Foundation
import Units

/// What the keeper's thread alone has in its hands: the open store, and where it stands in it.
struct StoreWriter: Sendable {
  private let settings: StoreSettings
  private var store: PieceStore?
  private var run: Int64 = 0
  /// The key of what is in force in the file that is open, and what that is.
  private var setup: Int64?
  private var inForce: LineSetup?
  private var alarms = AlarmLog()
  private var lastMinute: WallTime?
  private var lastPrune: WallTime?
  private var lastSeen: WallTime?
  private var isFailing = false
  private var hasMoreToPrune = false
  private var waiting: [StoreRecord] = []
  /// Whether the last batch was committed, whatever failed behind it.
  private(set) var hasWritten = false

  init(_ settings: StoreSettings) { self.settings = settings }

  /// Opens the file, or a new one, and begins a run in it.
  mutating func open(at now: WallTime, line: LineInstant) throws(StoreError) {
    let folder = settings.file.deletingLastPathComponent().path(percentEncoded: false)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else { throw StoreError(settings.file.relativePath, .noFolder) }
    let store = try PieceStore(settings.file)
    run = try store.begin(program: Release.version, at: now, line: line)
    self.store = store
    setup = nil
    alarms.tellAgain()
  }

  /// Takes in how the line stands: its alarms, and its counts once a minute and at the end.
  mutating func look(at state: LineState, _ now: WallTime, isLast: Bool) {
    alarms.look(at: isLast ? [] : state.alarms, now)
    let isYoung = lastMinute.map { $0 <= now && now < $0.advanced(by: .seconds(60)) } ?? false
    guard state.facts != nil, isLast || !isYoung else { return }
    lastMinute = now
    waiting = [.minute(MinuteCounts(state), at: now)]
  }

  /// Stores records with what else there is to tell, all of it or nothing.
  mutating func write(
    _ records: [StoreRecord], missed: Int, at now: WallTime, line: LineInstant, isLast: Bool
  ) throws(StoreError) {
    hasWritten = false
    let wasFailing = isFailing
    isFailing = true
    if let store, !store.isInPlace { self.store = nil }
    if store == nil { try open(at: now, line: line) }
    guard let store else { return }
    var all = records + waiting
    // A new file does not know yet what is in force.
    if setup == nil, !all.isEmpty, all.first?.isSetup == false {
      all.insert(.setup(inForce ?? .unknown, at: now, line: line), at: 0)
    }
    let changes = alarms.changed
    let isQuiet = all.isEmpty && changes.isEmpty && !isLast && !wasFailing
    if isQuiet, let lastSeen, lastSeen.advanced(by: .seconds(10)) > now, now >= lastSeen {
      isFailing = false
      return
    }
    setup = try store.write(
      StoreBatch(
        run: run, setup: setup, records: all, alarms: changes, missed: missed, now: now,
        line: line, isLast: isLast))
    hasWritten = true
    isFailing = false
    lastSeen = now
    waiting = []
    alarms.forget(changes.count)
    for case .setup(let value, _, _) in records { inForce = value }
  }

  /// Takes out a little of what is too old or too much; gives what the file holds, in bytes.
  mutating func prune(at now: WallTime) throws(StoreError) -> Int {
    guard let store else { return 0 }
    let isDue = lastPrune.map { $0.advanced(by: .seconds(10)) <= now || now < $0 } ?? true
    if isDue || hasMoreToPrune {
      lastPrune = now
      let age = Duration.seconds(settings.days * 86_400)
      hasMoreToPrune = try store.prune(
        before: now.advanced(by: .zero - age), bytes: settings.megabytes * 1_000_000)
    }
    return try store.bytesUsed()
  }
}

extension StoreRecord {
  var isSetup: Bool { if case .setup = self { true } else { false } }
}

extension MinuteCounts {
  init(_ state: LineState) {
    self.init(
      state: state.state, isFit: state.isFit, frames: state.frames, piecesLost: state.piecesLost,
      blastsFired: state.blastsFired, blastsLate: state.blastsLate,
      blastsDropped: state.blastsDropped)
  }
}
