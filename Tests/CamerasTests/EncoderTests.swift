import Diagnostics
import Foundation
import Synchronization
import TestSupport
import Testing
import Units

@testable import Cameras

/// Where the belt is, by the counts of its encoder.
@Suite("Encoder")
struct EncoderTests {
  private func track(modulus: UInt64? = nil, perCount: Double = 0.5) -> BeltTrack {
    BeltTrack(place: "count", millimetersPerCount: perCount, modulus: modulus)
  }

  private func at(_ milliseconds: Int64) -> LineInstant {
    LineInstant(nanoseconds: milliseconds * 1_000_000)
  }

  @Test("a moment between readings lies on the line between them")
  func between() throws {
    var track = track()
    for step in 0..<200 as Range<Int64> { try track.note(1000 + 3 * step, at: at(10 * step)) }
    #expect(try track.millimeters(at: at(0)) == 0)
    #expect(try track.millimeters(at: at(1000)) == 150)
    expectClose(try track.millimeters(at: at(1005)), 150.75, absolute: 1e-9)
    // Behind the last reading by the speed before it: 150 mm/s.
    expectClose(try track.millimeters(at: at(1990 + 60)), 298.5 + 9, absolute: 1e-9)
    #expect(
      complaint { _ = try track.millimeters(at: at(1990 + 101)) }.contains("not read for 0.1 s"))
    #expect(
      complaint { _ = try track.millimeters(at: at(-10)) }.contains("0.01 s before the first"))
  }

  @Test("a counter that begins anew is followed, in either direction")
  func wrap() throws {
    for (sign, counts) in [
      (1.0, [65_530, 65_535, 4, 9] as [Int64]), (-1, [9, 4, 65_535, 65_530]),
    ] {
      var track = track(modulus: 65_536, perCount: 0.5 * sign)
      for (step, count) in counts.enumerated() { try track.note(count, at: at(Int64(step) * 10)) }
      expectClose(try track.millimeters(at: at(30)), 7.5, absolute: 1e-9)
    }
    // The 64th bit, as of a counter without a sign.
    var long = track()
    for (step, count) in [Int64.max - 1, .max].enumerated() {
      try long.note(count, at: at(Int64(step) * 10))
    }
    #expect(try long.millimeters(at: at(10)) >= 0)
  }

  @Test("a belt that runs back stays where it was, until it is there again")
  func backwards() throws {
    var track = track()
    for (step, count) in [0, 10, 20, 12, 18, 24].enumerated() {
      try track.note(Int64(count), at: at(Int64(step) * 10))
    }
    let places = try (0...5).map { try track.millimeters(at: at($0 * 10)) }
    #expect(places == [0, 5, 10, 10, 10, 12])
  }

  @Test("a jump is told, and travel goes on behind it")
  func jump() throws {
    var track = track()
    for step in 0..<10 as Range<Int64> { try track.note(100 * step, at: at(10 * step)) }
    #expect(
      complaint { try track.note(7_000_000, at: at(100)) }
        == """
        count: the count jumped from 900 to 7000000, further than a belt can run; the travel in \
        between is not known
          help: check the encoder's supply and shielding, and the counter's ceiling
        """)
    try track.note(7_000_010, at: at(110))
    #expect(try track.millimeters(at: at(110)) == 455)
    // Before the jump nothing is known any more.
    #expect(complaint { _ = try track.millimeters(at: at(95)) }.contains("before the first"))
  }

  @Test("only the last seconds are kept")
  func bounded() throws {
    var track = track()
    for step in 0..<10_000 as Range<Int64> { try track.note(step, at: at(step)) }
    #expect(try track.millimeters(at: at(9999)) == 4999.5)
    #expect(try track.millimeters(at: at(5904)) == 2952)
    #expect(complaint { _ = try track.millimeters(at: at(5903)) }.contains("before the first"))
  }

  /// A counter as the kernel shows it, driven like a belt of 400 mm/s with 0.1 mm a count.
  private final class Belt {
    let folder: URL
    private let file: FileHandle
    private let started = ContinuousClock.now

    init(in folder: URL, ceiling: String? = "65535", enable: String? = "1") throws {
      self.folder = folder
      for (name, text) in [("ceiling", ceiling), ("enable", enable), ("count", "0")] {
        guard let text else { continue }
        try Data("\(text)\n".utf8).write(to: folder.appending(path: name))
      }
      file = try FileHandle(forUpdating: folder.appending(path: "count"))
      turn()
    }

    /// The count of this moment, in one write as the kernel would answer.
    func turn() {
      let count = Int((started.duration(to: .now).seconds * 4000).rounded(.down)) % 65_536
      let text = "\(count)"
      try? file.seek(toOffset: 0)
      try? file.write(
        contentsOf: Data((text + String(repeating: "\n", count: 8 - text.count)).utf8))
    }
  }

  @Test("a counter's file is read while it changes, over its ceiling", .timeLimit(.minutes(20)))
  func file() throws {
    try withTemporaryFolder { folder in
      let belt = try Belt(in: folder)
      let clock = RunningClock()
      let encoder = try CounterEncoder(
        CounterSettings(file: folder, millimetersPerCount: 0.1), clock: clock)
      let (start, end) = (clock.now, ContinuousClock.now + .milliseconds(1500))
      var places: [(seconds: Double, millimeters: Double)] = []
      while ContinuousClock.now < end {
        belt.turn()
        Thread.sleep(forTimeInterval: 0.001)
        let now = clock.now
        // What cannot be told on a machine that was held up is thrown, not guessed.
        guard let place = try? encoder.millimeters(at: now) else { continue }
        places.append((start.duration(to: now).seconds, place))
      }
      #expect(places.count > 300)
      for (place, next) in zip(places, places.dropFirst()) {
        #expect(next.millimeters >= place.millimeters)
      }
      let (first, last) = (try #require(places.first), try #require(places.last))
      let speed = (last.millimeters - first.millimeters) / (last.seconds - first.seconds)
      #expect(abs(speed - 400) < 20, "\(speed) mm/s")
    }
  }

  @Test("a counter that goes is told, and taken up again", .timeLimit(.minutes(20)))
  func lost() throws {
    try withTemporaryFolder { folder in
      _ = try Belt(in: folder)
      let clock = RunningClock()
      let encoder = try CounterEncoder(
        CounterSettings(file: folder, millimetersPerCount: 0.1), clock: clock)
      let count = folder.appending(path: "count")
      try Data("nonsense\n".utf8).write(to: count)
      Thread.sleep(forTimeInterval: 0.3)
      #expect(
        complaint { _ = try encoder.millimeters(at: clock.now) }
          .contains("'nonsense' found, a whole number wanted"))
      try FileManager.default.removeItem(at: count)
      Thread.sleep(forTimeInterval: 0.3)
      #expect(complaint { _ = try encoder.millimeters(at: clock.now) }.contains("no such file"))
      try Data("5000\n".utf8).write(to: count)
      Thread.sleep(forTimeInterval: 0.5)
      let place = try encoder.millimeters(at: clock.now)
      // Where another file takes the name, that one is read.
      try AtomicFile.write(Data("5100\n".utf8), to: count)
      Thread.sleep(forTimeInterval: 0.3)
      expectClose(try encoder.millimeters(at: clock.now), place + 10, absolute: 1e-6)
    }
  }

  @Test("what is no counter is refused at the start, with what is wanted")
  func refused() throws {
    func told(_ file: URL) -> String {
      complaint {
        _ = try CounterEncoder(
          CounterSettings(file: file, millimetersPerCount: 1), clock: RunningClock())
      }
    }
    try withTemporaryFolder { folder in
      let missing = told(folder.appending(path: "nothing"))
      #expect(missing.contains("nothing: no such file, or it cannot be read"))
      #expect(missing.contains("help: name a file that holds the count, such as /sys/bus/counter"))
      _ = try Belt(in: folder, enable: "0")
      #expect(told(folder).contains("the counter is switched off ('enable' beside it is 0)"))
      _ = try Belt(in: folder, ceiling: "ten")
      #expect(told(folder).contains("its ceiling is 'ten'"))
      _ = try Belt(in: folder)
      let words = folder.appending(path: "words")
      try Data("a dozen\n".utf8).write(to: words)
      #expect(told(words).contains("words: 'a dozen' found, a whole number wanted"))
    }
  }

  @Test("a stream of counts is read, and its end is told", .timeLimit(.minutes(20)))
  func stream() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appending(path: "pipe")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      let clock = RunningClock()
      let encoder = try CounterEncoder(
        CounterSettings(file: pipe, millimetersPerCount: -0.5), clock: clock)
      let sender = try FileHandle(forWritingTo: pipe)
      for count in 0..<60 {
        try sender.write(contentsOf: Data("\(-10 * count)\r\n".utf8))
        Thread.sleep(forTimeInterval: 0.01)
      }
      let place = try encoder.millimeters(at: clock.now)
      #expect((200...330).contains(place), "\(place) mm")
      try sender.close()
      Thread.sleep(forTimeInterval: 0.3)
      #expect(
        complaint { _ = try encoder.millimeters(at: clock.now) }
          .contains("pipe: what sends the counts is gone"))
    }
  }

  @Test("frames are placed by the counter, and those that have no place are lost")
  func frames() throws {
    let encoder = FailingEncoder()
    try ReaderBench.use(encoder: encoder) { bench in
      try bench.run(milliseconds: 500)
      let placed = bench.frames.count
      #expect(placed > 10)
      #expect(bench.frames.allSatisfy { $0.beltMillimeters == $0.exposedAt.seconds * 100 })
      encoder.fails.store(true, ordering: .relaxed)
      try bench.run(milliseconds: 1000)
      #expect(bench.frames.count <= placed + 1)
      #expect(bench.status.state == .streaming)
      #expect(bench.status.bad == 0)
      #expect(bench.status.account.lost > 25)
      #expect(
        bench.troubles.contains { $0.contains("without a place on the belt: not read for 0.5 s") })
      encoder.fails.store(false, ordering: .relaxed)
      try bench.run(milliseconds: 500)
      #expect(bench.frames.count > placed + 10)
      #expect(bench.frames[placed + 2].sequence > placed + 25)
    }
  }
}

/// Travel at 100 mm/s, or none.
private final class FailingEncoder: Encoder {
  let fails = Atomic<Bool>(false)

  func millimeters(at instant: LineInstant) throws(EncoderFault) -> Double {
    guard !fails.load(ordering: .relaxed) else {
      throw EncoderFault("count", .silent(seconds: 0.5))
    }
    return instant.seconds * 100
  }
}
