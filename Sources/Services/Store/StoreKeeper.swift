import Diagnostics
import Dispatch
import Foundation
import Synchronization
import Units

/// Keeps what the line does in a store, on a thread of its own: a batch twice a second.
///
/// What cannot be stored waits, up to a bound, and is counted beyond it; the line goes on whatever
/// happens to the disk. Not for the frame thread: it takes a lock, which is never held while the
/// disk is waited for.
public final class StoreKeeper: Sendable {
  /// Records that wait at most: minutes of a busy line, some megabytes.
  static let capacity = 20_000
  /// A batch at least so often.
  static let pace = Duration.milliseconds(500)

  private struct Desk: Sendable {
    var records: [StoreRecord] = []
    var status: StoreStatus
    /// What never reached this desk; asked for with each batch.
    var missedBefore: @Sendable () -> Int = { 0 }
    var isEnding = false
  }

  private let desk: Mutex<Desk>
  private let writer: Mutex<StoreWriter?>
  private let watch: LineWatch
  private let wall: @Sendable () -> WallTime
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// Opens the store, and writes from now on.
  ///
  /// A disk that is full, read-only or held by another is waited for; the line's alarms say so.
  ///
  /// - Throws: a `StoreError` where the file is no store, is damaged, or its folder is missing.
  public init(
    _ settings: StoreSettings, watch: LineWatch,
    wall: @escaping @Sendable () -> WallTime = { .now }
  ) throws(StoreError) {
    self.watch = watch
    self.wall = wall
    var status = StoreStatus(file: settings.file.relativePath)
    var writer = StoreWriter(settings)
    do throws(StoreError) {
      try writer.open(at: wall(), line: watch.now)
    } catch {
      guard !error.isFinal else { throw error }
      status.trouble = error.alarm
    }
    desk = Mutex(Desk(status: status))
    self.writer = Mutex(writer)
    let thread = Thread { [self] in
      work()
      ended.signal()
    }
    thread.name = "store"
    thread.start()
  }

  /// From the next piece on this is in force.
  public func begin(_ setup: LineSetup) {
    let line = watch.now
    put([.setup(setup, at: wall(), line: line)])
  }

  /// Pieces that never came here are missed, too.
  public func count(missed: @escaping @Sendable () -> Int) {
    desk.withLock { $0.missedBefore = missed }
  }

  /// A decided piece.
  public func put(_ piece: PieceReport) { put([.piece(piece, at: time(of: piece.decidedAt))]) }
  /// Air for a piece.
  public func put(_ blast: BlastReport) { put([.blast(blast, at: time(of: blast.commandAt))]) }
  /// A piece that left undecided.
  public func put(_ loss: LossReport) { put([.loss(loss, at: wall())]) }

  /// How it goes.
  public var status: StoreStatus {
    let (status, missed) = desk.withLock { desk in
      var status = desk.status
      status.waiting = desk.records.count
      return (status, desk.missedBefore)
    }
    var counted = status
    counted.missed += missed()
    return counted
  }

  /// Stores what is left, if that goes at once, and ends.
  public func close() -> StoreStatus {
    desk.withLock { $0.isEnding = true }
    wake.signal()
    // A disk that does not answer must not keep the daemon from ending.
    if ended.wait(timeout: .now() + .milliseconds(1500)) == .success { ended.signal() }
    return status
  }

  /// What the computer's clock said, or will say, at an instant of the line's.
  private func time(of instant: LineInstant) -> WallTime {
    wall().advanced(by: watch.now.duration(to: instant))
  }

  private func put(_ records: [StoreRecord]) {
    let isMuch = desk.withLock { desk in
      guard desk.records.count < Self.capacity else {
        desk.status.missed += records.count
        return false
      }
      desk.records += records
      return desk.records.count % 1000 == 0
    }
    if isMuch { wake.signal() }
  }

  private func work() {
    // In this thread's hands alone, and closed when it ends.
    guard var writer = writer.withLock({ $0.take() }) else { return }
    var pause = Self.pace
    var isEnding = false
    while !isEnding {
      _ = wake.wait(timeout: .now() + .milliseconds(Int(pause / .milliseconds(1))))
      isEnding = desk.withLock { $0.isEnding }
      let state = watch.state()
      let now = wall()
      writer.look(at: state, now, isLast: isEnding)
      let records = desk.withLock { desk in
        defer { desk.records = [] }
        return desk.records
      }
      let missed = status.missed
      do throws(StoreError) {
        try writer.write(records, missed: missed, at: now, line: watch.now, isLast: isEnding)
        desk.withLock { desk in
          desk.status.stored += records.count { if case .piece = $0 { true } else { false } }
          desk.status.trouble = nil
        }
        let bytes = try writer.prune(at: now)
        desk.withLock { $0.status.bytes = bytes }
        pause = Self.pace
      } catch {
        putBack(writer.hasWritten ? [] : records, error, isEnding: isEnding)
        pause = .seconds(2)
      }
    }
  }

  /// What could not be stored waits before all that came since.
  private func putBack(_ records: [StoreRecord], _ error: StoreError, isEnding: Bool) {
    desk.withLock { desk in
      desk.status.trouble = error.alarm
      let room = max(0, Self.capacity - desk.records.count)
      // What is in force is never left out, or pieces would stand under another bundle.
      let kept = records.prefix(room) + records.dropFirst(room).filter(\.isSetup)
      desk.status.missed += records.count - kept.count
      desk.records = kept + desk.records
      guard isEnding else { return }
      desk.status.missed += desk.records.count
      desk.records = []
    }
  }
}
