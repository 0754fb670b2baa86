import Diagnostics
import Foundation
import Synchronization
import TestSupport
import Testing
import Units

@testable import Services

@Suite("A store of pieces", .serialized, .timeLimit(.minutes(20)))
struct StoreSuite {
  /// A clock of the computer that is set by hand.
  private final class WallClock: Sendable {
    private let time = Mutex(WallTime(microseconds: 1_700_000_000_000_000))
    var now: WallTime { time.withLock { $0 } }
    func wait(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
  }

  private func withStore(
    days: Int = 30, _ body: (StoreKeeper, ToldLine, WallClock, URL) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "line.mirage")
      let (line, wall) = (ToldLine(), WallClock())
      let keeper = try StoreKeeper(
        StoreSettings(file: file, days: days), watch: line.watch, wall: { wall.now })
      line.begin(store: { keeper.status })
      line.set(ToldLine.readyValves)
      try body(keeper, line, wall, file)
    }
  }

  @Test("what is read back equals what was told, under what was in force then")
  func readBack() throws {
    try withStore { keeper, line, wall, file in
      line.play(seconds: 2)
      let start = wall.now
      keeper.begin(StoreSamples.setup("old"))
      for number in 1...700 { keeper.put(StoreSamples.piece(number, at: line.now)) }
      wall.wait(.seconds(10))
      line.wait(seconds: 10)
      keeper.begin(StoreSamples.setup("new", lot: "4711"))
      for number in 701...1000 {
        keeper.put(StoreSamples.piece(number, at: line.now))
        keeper.put(StoreSamples.blast(number))
      }
      keeper.put(LossReport(piece: 1001, reason: "neverWhole"))
      let status = keeper.close()
      #expect(status.stored == 1000 && status.missed == 0 && status.waiting == 0)
      #expect(status.trouble == nil && status.bytes > 50_000)

      let pieces = try StoreSamples.pieces(file)
      let told = (1...1000).map { number in
        StoreSamples.piece(
          number, at: .init(seconds: number <= 700 ? 2 : 12))
      }
      #expect(pieces.map(\.piece) == told)
      #expect(pieces.prefix(700).allSatisfy { $0.at == start })
      #expect(pieces.suffix(300).allSatisfy { $0.at == start.advanced(by: .seconds(10)) })
      let reader = try StoreReader(file)
      let setups = try reader.setups()
      #expect(
        setups.map(\.setup)
          == [StoreSamples.setup("old"), StoreSamples.setup("new", lot: "4711")])
      #expect(Set(pieces.prefix(700).map(\.setup)) == [setups[0].key])
      #expect(try StoreSamples.pieces(file, StoreSelection(lot: "4711")).count == 300)
      let late = StoreSelection(from: start.advanced(by: .seconds(1)))
      #expect(try StoreSamples.pieces(file, late).count == 300)
      #expect(try StoreSamples.pieces(file, StoreSelection(to: late.from)).count == 700)
      var blasts: [BlastReport] = []
      try reader.blasts(.init()) { blasts.append($1) }
      #expect(blasts.sorted { $0.piece < $1.piece } == (701...1000).map(StoreSamples.blast))
      var losses: [LossReport] = []
      try reader.losses(.init()) { losses.append($1) }
      #expect(losses == [LossReport(piece: 1001, reason: "neverWhole")])
      let run = try #require(try reader.runs().first)
      #expect(run.beganAt == start && run.endedAt == wall.now && run.program == Release.version)
      var minutes: [StoredMinute] = []
      try reader.minutes(.init()) { minutes.append($0) }
      #expect(minutes.last?.counts.frames.decided == 20)
    }
  }

  @Test("an alarm has its begin and its end, one that a run left open ends with that run")
  func alarms() throws {
    try withStore { keeper, line, wall, file in
      line.play(seconds: 2)
      let began = wall.now
      var silent = ValveStatus()
      silent.state = .silent
      line.set(silent)
      func stored() -> [StoredAlarm] {
        // A store that is just being begun has none.
        (try? StoreReader(file).alarms(.init()).map(\.alarm)) ?? []
      }
      #expect(StoreSamples.waits { stored().count == 1 })
      #expect(stored().first?.endedAt == nil && stored().first?.reason.id == "valves-silent")
      wall.wait(.seconds(7))
      line.set(ToldLine.readyValves)
      #expect(StoreSamples.waits { stored().first?.endedAt != nil })
      let alarm = try #require(stored().first)
      #expect(alarm.beganAt == began && alarm.endedAt == began.advanced(by: .seconds(7)))
      #expect(!alarm.reason.remedy.isEmpty && alarm.reason.isUnfit)
      _ = keeper.close()
      let store = try PieceStore(file)
      let run = try store.begin(program: "x", at: wall.now, line: line.now)
      var open = alarm
      (open.number, open.endedAt) = (1, nil)
      _ = try store.write(
        StoreBatch(
          run: run, setup: nil, records: [], alarms: [open], missed: 0,
          now: wall.now.advanced(by: .seconds(3)), line: line.now, isLast: false))
      #expect(stored().last?.endedAt == nil)
      _ = try store.begin(program: "x", at: wall.now.advanced(by: .seconds(60)), line: line.now)
      #expect(stored().last?.endedAt == wall.now.advanced(by: .seconds(3)))
    }
  }

  @Test("what is older than the days that are kept goes, the runs behind it too")
  func pruned() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "line.mirage")
      let store = try PieceStore(file)
      let start = WallTime(microseconds: 1_700_000_000_000_000)
      func fill(_ day: Int) throws {
        let at = start.advanced(by: .seconds(86_400 * day))
        let run = try store.begin(program: "x", at: at, line: .init(seconds: 0))
        let setup = StoreRecord.setup(StoreSamples.setup("\(day)"), at: at, line: .init(seconds: 0))
        let pieces = (0..<2000).map { StoreRecord.piece(StoreSamples.piece($0), at: at) }
        _ = try store.write(
          StoreBatch(
            run: run, setup: nil, records: [setup] + pieces, alarms: [], missed: 0, now: at,
            line: .init(seconds: 0), isLast: true))
      }
      for day in 0..<5 { try fill(day) }
      let before = try store.bytesUsed()
      let limit = start.advanced(by: .seconds(86_400 * 3 - 1))
      var steps = 0
      while try store.prune(before: limit, bytes: .max) { steps += 1 }
      #expect(steps >= 3 * 2000 / PieceStore.pruneStep - 1)
      _ = try store.prune(before: limit, bytes: .max)
      #expect(try StoreReader(file).setups().map(\.setup.bundle) == ["3", "4"])
      #expect(try StoreReader(file).runs().count == 2)
      #expect(try StoreSamples.pieces(file).count == 4000)
      #expect(try store.bytesUsed() < before / 2)
      // What is too much goes, whatever its age, the oldest first.
      let most = try store.bytesUsed() * 3 / 5
      for _ in 0..<20 { _ = try store.prune(before: limit, bytes: most) }
      #expect(try store.bytesUsed() <= most)
      let left = try StoreSamples.pieces(file)
      #expect(left.count > 1000 && left.count < 3000)
      #expect(left.last?.at == start.advanced(by: .seconds(86_400 * 4)))
    }
  }

  @Test("a number that is none is none when it is read, and holds up nothing")
  func notANumber() throws {
    try withStore { keeper, line, _, file in
      var piece = StoreSamples.piece(1)
      piece.confidence = .nan
      piece.acrossMillimeters = .nan
      piece.slackMilliseconds = .nan
      keeper.put(piece)
      keeper.put(StoreSamples.piece(2))
      #expect(keeper.close().stored == 2)
      let found = try StoreSamples.pieces(file).map(\.piece)
      #expect(found[0].confidence.isNaN && found[0].acrossMillimeters.isNaN)
      #expect(found[0].slackMilliseconds == nil && found[1] == StoreSamples.piece(2))
    }
  }

  @Test("a store that someone deletes is begun anew, with what was in force")
  func deleted() throws {
    try withStore { keeper, line, _, file in
      keeper.begin(StoreSamples.setup("metals"))
      keeper.put(StoreSamples.piece(1))
      #expect(StoreSamples.waits { keeper.status.stored == 1 })
      try FileManager.default.removeItem(at: file)
      keeper.put(StoreSamples.piece(2))
      #expect(keeper.close().stored == 2)
      #expect(try StoreSamples.pieces(file).map(\.piece.piece) == [2])
      #expect(try StoreReader(file).setups().map(\.setup.bundle) == ["metals"])
    }
  }
}
