import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Services

/// What disks, people and other programs do to a store.
///
/// Each is done for real: a process that is
/// killed, a file that may not grow, a folder without the right to write, another one's lock.
@Suite("A store in trouble", .serialized, .timeLimit(.minutes(20)))
struct StoreFailureSuite {
  static let isLong = ProcessInfo.processInfo.environment["MIRAGE_FORM"] == "long"

  @Test("a killed process loses no piece that was told to be stored, and the file opens again")
  func killed() async throws {
    try await withTemporaryFolder { folder in
      let (file, told) = (folder.appending(path: "line.mirage"), folder.appending(path: "told"))
      var random = SplitMix64(seed: 5, purpose: "kills")
      var known = 0
      for round in 0..<(Self.isLong ? 200 : 12) {
        let (store, acknowledged, first) = (file.path, told.path, known + 1)
        let milliseconds = 20 + random.nextIndex(below: 1500)
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [
            store = store as String, acknowledged = acknowledged as String, first = first as Int,
            milliseconds = milliseconds as Int
          ] in
          try StoreFailureSuite.storeUntilKilled(
            URL(filePath: store), URL(filePath: acknowledged), first, after: milliseconds)
        }
        // Nothing was told where it was killed before the first batch.
        let text = (try? String(contentsOf: told, encoding: .utf8)) ?? ""
        let promised = text.split(separator: "\n").last.flatMap { Int($0) } ?? known
        // A kill before the first store was whole leaves none.
        let isThere = FileManager.default.fileExists(atPath: file.path)
        let numbers = isThere ? try StoreSamples.pieces(file).map(\.piece.piece) : []
        #expect(numbers == Array(1..<(numbers.count + 1)), "round \(round)")
        #expect(numbers.count >= promised, "round \(round)")
        known = numbers.count
      }
      #expect(known > 100)
    }
  }

  /// Stores pieces, writes down how many are stored for good, and is killed by itself.
  private static func storeUntilKilled(
    _ file: URL, _ told: URL, _ first: Int, after milliseconds: Int
  ) throws {
    let line = ToldLine()
    let keeper = try StoreKeeper(StoreSettings(file: file), watch: line.watch)
    _ = FileManager.default.createFile(atPath: told.path, contents: nil)
    let output = try FileHandle(forWritingTo: told)
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    let thread = Thread {
      Thread.sleep(until: Date().addingTimeInterval(Double(milliseconds) / 1000))
      kill(getpid(), SIGKILL)
    }
    thread.start()
    var next = first
    while ContinuousClock.now < end + .seconds(60) {
      for _ in 0..<20 {
        keeper.put(StoreSamples.piece(next))
        next += 1
      }
      try output.write(contentsOf: Data("\(first - 1 + keeper.status.stored)\n".utf8))
      Thread.sleep(forTimeInterval: 0.005)
    }
  }

  @Test("on a disk without room the line goes on, says so, and stores all when there is room again")
  func full() async throws {
    try await withTemporaryFolder { folder in
      let path = folder.appending(path: "line.mirage").path
      await #expect(processExitsWith: .success) { [path = path as String] in
        signal(SIGXFSZ, SIG_IGN)
        let line = ToldLine()
        let keeper = try StoreKeeper(
          StoreSettings(file: URL(filePath: path)), watch: line.watch)
        line.begin(store: { keeper.status })
        line.set(ToldLine.readyValves)
        // From now on no file of this process may hold more than 300 KB.
        var limit = rlimit(rlim_cur: 300_000, rlim_max: rlim_t.max)
        getrlimit(__rlimit_resource_t(1), &limit)
        limit.rlim_cur = 300_000
        try #require(setrlimit(__rlimit_resource_t(1), &limit) == 0)
        for number in 1...4000 { keeper.put(StoreSamples.piece(number)) }
        try StoreSamples.trouble(of: keeper, is: "store-full")
        line.play(seconds: 3)
        let state = line.watch.state()
        try #require(state.alarms.map(\.id) == ["store-full"] && state.isFit)
        try #require(state.alarms[0].remedy.contains("make room"))
        try #require(
          line.watch.metrics(requests: (0, 0)).contains("mirage_alarm{id=\"store-full\"} 1"))
        // More than there is room for waits, and is counted.
        for number in 1...StoreKeeper.capacity { keeper.put(StoreSamples.piece(4000 + number)) }
        try #require(StoreSamples.waits { keeper.status.missed > 0 })
        limit.rlim_cur = limit.rlim_max
        try #require(setrlimit(__rlimit_resource_t(1), &limit) == 0)
        try #require(
          StoreSamples.waits {
            let status = keeper.status
            return status.trouble == nil && status.waiting == 0
          })
        let status = keeper.close()
        try #require(status.stored + status.missed == 4000 + StoreKeeper.capacity)
        let numbers = try StoreSamples.pieces(URL(filePath: path)).map(\.piece.piece)
        try #require(numbers.count == status.stored && Set(numbers).count == numbers.count)
        try #require(try StoreReader(URL(filePath: path)).runs().last?.missed == status.missed)
        exit(0)
      }
    }
  }

  @Test("a folder without the right to write is told, and stored into once it has it")
  func readOnly() async throws {
    try await withTemporaryFolder { folder in
      let path = folder.path
      await #expect(processExitsWith: .success) { [path = path as String] in
        // Root may write everywhere: then this process becomes nobody.
        if geteuid() == 0 {
          try #require(chown(path, 65534, 65534) == 0)
          try #require(seteuid(65534) == 0)
        }
        try #require(chmod(path, 0o500) == 0)
        let file = URL(filePath: path).appending(path: "line.mirage")
        let line = ToldLine()
        let keeper = try StoreKeeper(StoreSettings(file: file), watch: line.watch)
        line.begin(store: { keeper.status })
        keeper.begin(StoreSamples.setup("metals"))
        for number in 1...100 { keeper.put(StoreSamples.piece(number)) }
        try StoreSamples.trouble(of: keeper, is: "store-read-only")
        try #require(chmod(path, 0o700) == 0)
        try #require(StoreSamples.waits { keeper.status.stored == 100 })
        try #require(keeper.close().trouble == nil)
        try #require(try StoreReader(file).setups().map(\.setup.bundle) == ["metals"])
        exit(0)
      }
    }
  }

  @Test("another one's lock is told, and nothing is lost when it goes")
  func locked() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "line.mirage")
      let line = ToldLine()
      let keeper = try StoreKeeper(StoreSettings(file: file), watch: line.watch)
      line.begin(store: { keeper.status })
      let other = try Database(file, for: .writing)
      try other.run("BEGIN IMMEDIATE")
      keeper.put(StoreSamples.piece(1))
      #expect(StoreSamples.waits { keeper.status.trouble?.id == "store-locked" })
      #expect(line.watch.state().alarms.map(\.id).contains("store-locked"))
      keeper.put(StoreSamples.piece(2))
      try other.run("ROLLBACK")
      #expect(StoreSamples.waits { keeper.status.stored == 2 })
      #expect(keeper.status.trouble == nil)
      // A second daemon sorts, and says that it does not store.
      let second = try StoreKeeper(StoreSettings(file: file), watch: ToldLine().watch)
      #expect(second.status.trouble?.id == "store-locked")
      #expect(keeper.close().missed == 0)
      #expect(StoreSamples.waits { second.status.trouble == nil })
      _ = second.close()
    }
  }

  @Test("a file that is no store is refused in words, and stays as it is")
  func foreign() throws {
    try withTemporaryFolder { folder in
      func refusal(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = folder.appending(path: name)
        try Data(bytes).write(to: file)
        let said = complaint { _ = try StoreKeeper(.init(file: file), watch: LineWatch()) }
        #expect(try [UInt8](Data(contentsOf: file)) == bytes)
        let read = complaint { _ = try StoreReader(file) }
        #expect(read == said)
        return said.replacingOccurrences(of: file.relativePath, with: name)
      }
      #expect(
        try refusal("text", Array("to be or not".utf8))
          == "text: is no store of Mirage: it does not begin as an SQLite file does\n"
          + "  help: name another file; this one was not touched")
      let other = folder.appending(path: "other.db")
      try Database(other, for: .writing).run("CREATE TABLE a (b)")
      #expect(
        try refusal("other.db", [UInt8](Data(contentsOf: other)))
          .contains("it is an SQLite file of another program"))
      let newer = folder.appending(path: "newer.mirage")
      try StoreSchema.create(newer)
      try Database(newer, for: .writing).run("PRAGMA user_version = 2")
      #expect(
        try refusal("newer.mirage", [UInt8](Data(contentsOf: newer)))
          .contains("is a store of version 2, this Mirage writes version 1"))
      #expect(
        complaint { _ = try StoreKeeper(.init(file: folder), watch: LineWatch()) }
          .contains("it is a folder"))
      let nowhere = folder.appending(path: "a/b.mirage")
      #expect(
        complaint { _ = try StoreKeeper(.init(file: nowhere), watch: LineWatch()) }
          .contains("its folder is not there"))
    }
  }

  @Test("a damaged store is refused and left as it is, or works: it ends no program")
  func damaged() throws {
    try withTemporaryFolder { folder in
      let whole = folder.appending(path: "whole.mirage")
      let keeper = try StoreKeeper(.init(file: whole), watch: LineWatch())
      keeper.begin(StoreSamples.setup("metals"))
      for number in 1...600 { keeper.put(StoreSamples.piece(number)) }
      #expect(keeper.close().stored == 600)
      let bytes = try Data(contentsOf: whole)
      var count = 0
      expectNoTrap(reading: bytes, headerCount: 4096, copies: Self.isLong ? 3000 : 300) { copy in
        count += 1
        let file = folder.appending(path: "\(count).mirage")
        try copy.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }  // The folder goes anyway.
        do {
          let keeper = try StoreKeeper(.init(file: file), watch: LineWatch())
          keeper.put(StoreSamples.piece(1))
          let status = keeper.close()
          #expect(status.stored + status.missed == 1)
        } catch {
          #expect(try Data(contentsOf: file) == copy)
          throw error
        }
        let reader = try StoreReader(file)
        _ = try (reader.runs(), reader.setups(), reader.alarms(.init()))
        try reader.pieces(.init()) { _ in }
        try reader.minutes(.init()) { _ in }
        try reader.blasts(.init()) { _, _ in }
      }
    }
  }
}
