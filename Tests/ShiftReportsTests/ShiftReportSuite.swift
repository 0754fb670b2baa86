import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Services
@testable import ShiftReports

@Suite("Report of a shift")
struct ShiftReportSuite {
  static let start = WallTime(microseconds: 1_764_568_800_000_000)  // 2025-12-01 06:00 UTC
  static let zone = TimeZone(secondsFromGMT: 3600) ?? .gmt

  static func time(_ seconds: Int) -> WallTime { start.advanced(by: .seconds(seconds)) }

  static func setup(_ bundle: String, lot: String?) -> LineSetup {
    var setup = LineSetup(
      source: "belt <1>", bundle: bundle, bundleDigest: Digest(of: bundle).hexadecimal,
      calibration: "rig-1",
      classes: [
        ShownClass(name: "copper", color: "#e69f00", threshold: 0.5, isEjected: true),
        ShownClass(name: "a,\"b\"", color: "red;}", threshold: 0.5, isEjected: false),
      ])
    setup.lot = lot
    setup.settings = ["eject": "copper"]
    return setup
  }

  /// A piece a second; every fourth is copper and blown out, every fiftieth too late.
  static func piece(_ number: Int) -> PieceReport {
    let isCopper = number.isMultiple(of: 4)
    var piece = PieceReport(
      piece: number, class: isCopper ? "copper" : number.isMultiple(of: 3) ? "unknown" : "a,\"b\"",
      likeliest: "copper", confidence: 0.9, probabilities: isCopper ? [0.9, 0.1] : [0.05, 0.95],
      exposedAt: .init(seconds: Double(number)), decidedAt: .init(seconds: Double(number)))
    piece.isLate = number.isMultiple(of: 50)
    piece.isEjected = isCopper && !piece.isLate
    piece.slackMilliseconds = piece.isLate ? -4.5 : 20 + Double(number % 60)
    return piece
  }

  /// Two lots of 3,000 and 1,000 pieces, with blasts, losses, an alarm, and a run that was killed.
  static func write(to file: URL) throws {
    let store = try PieceStore(file)
    let run = try store.begin(program: "0.1.0", at: start, line: .init(seconds: 0))
    var records: [StoreRecord] = [
      .setup(setup("old", lot: nil), at: start, line: .init(seconds: 0))
    ]
    for number in 0..<4000 {
      if number == 3000 {
        records.append(.setup(setup("new", lot: "4711"), at: time(3000), line: .init(seconds: 0)))
      }
      records.append(.piece(piece(number), at: time(number)))
      if piece(number).isEjected {
        records.append(
          .blast(
            BlastReport(
              piece: number, commandAt: .init(seconds: 0), opensAt: .init(seconds: 0),
              closesAt: .init(seconds: 0), acrossMillimeters: 0...1), at: time(number)))
      }
      if number.isMultiple(of: 100) {
        records.append(.loss(LossReport(piece: -number, reason: "neverWhole"), at: time(number)))
      }
      if number % 60 == 59 {
        let counts = MinuteCounts(
          state: .continuousExecution, isFit: true,
          frames: FrameCounts(decided: number * 10, late: 1, dropped: 2, lost: 3), piecesLost: 0,
          blastsFired: number / 4, blastsLate: 1, blastsDropped: 0)
        records.append(.minute(counts, at: time(number)))
      }
    }
    let alarm = StoredAlarm(
      number: 1, reason: LineReason("no-frames", "no picture for <9> s", remedy: "check the cable"),
      beganAt: time(600), endedAt: time(690))
    _ = try store.write(
      StoreBatch(
        run: run, setup: nil, records: records, alarms: [alarm], missed: 7, now: time(4000),
        line: .init(seconds: 0), isLast: false))
  }

  private func withStore(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "line.mirage")
      try Self.write(to: file)
      try body(file)
    }
  }

  @Test("everything is counted once, and adds up")
  func counts() throws {
    try withStore { file in
      let report = try ShiftReport(file, .init(), zone: Self.zone)
      #expect(report.pieces == 4000 && report.late == 80 && report.lost == 40)
      #expect(report.losses == ["neverWhole": 40])
      // Every fourth, less those of them that are too late: each hundredth.
      #expect(report.ejected == 1000 - 40 && report.blasts == report.ejected)
      #expect(report.classes.map(\.name) == ["a,\"b\"", "copper", "unknown"])
      #expect(report.classes.reduce(0) { $0 + $1.pieces } == 4000)
      #expect(report.unknown == 1000)
      #expect(report.classes.map(\.color) == ["#7b838b", "#e69f00", "#7b838b"])
      #expect(report.slices.reduce(0) { $0 + $1.pieces } == 4000)
      #expect(report.slices.reduce(0) { $0 + $1.ejected } == 960)
      #expect(report.slack.count == 4000 && report.slack.least == -4.5)
      // 80 too late, then 67 of each millisecond from 20 on, less those too late: 1,983 below 49.
      #expect(report.slack.milliseconds(below: 0.5) == 49)
      #expect(report.alarms.map(\.seconds) == [90])
      #expect(report.setups.map(\.setup.bundle) == ["old", "new"])
      #expect(report.account.frames.decided == 39_590 && report.account.frames.lost == 3)
      #expect(report.runs.first?.missed == 7 && report.runs.first?.endedAt == nil)
    }
  }

  @Test("a lot and a time are told apart from the rest")
  func selections() throws {
    try withStore { file in
      let lot = try ShiftReport(file, StoreSelection(lot: "4711"), zone: Self.zone)
      #expect(lot.pieces == 1000 && lot.setups.map(\.setup.bundle) == ["new"])
      #expect(lot.from == Self.time(3000) && lot.alarms.isEmpty)
      let wanted = StoreSelection(from: Self.time(660), to: Self.time(1260))
      let hour = try ShiftReport(file, wanted, zone: Self.zone)
      #expect(hour.pieces == 600 && hour.alarms.map(\.seconds) == [30])
      // Ten minutes of counts, from the first row within on.
      #expect(hour.account.frames.decided == 5400 && hour.account.seconds == 540)
      #expect(
        complaint { _ = try ShiftReport(file, StoreSelection(lot: "9")) }
          .contains("knows no lot '9'\n  help: there are 4711"))
      #expect(
        complaint { _ = try ShiftReport(file, StoreSelection(to: Self.time(-60))) }
          .contains("holds no piece of that time"))
    }
  }

  @Test("purity and recovery are those of unlike coins, by hand")
  func purity() throws {
    try withStore { file in
      let report = try ShiftReport(file, .init(), zone: Self.zone)
      let purity = try #require(report.purity)
      let half = 1.959964 * (960 * 0.9 * 0.1).squareRoot() / 960
      #expect(abs(purity.value - 0.9) < 1e-9)
      #expect(abs(purity.low - (0.9 - half)) < 1e-6 && abs(purity.high - (0.9 + half)) < 1e-6)
      // 40 pieces of 0.9 and 3,000 of 0.05 were left on the belt.
      let recovery = try #require(report.recovery)
      #expect(abs(recovery.value - 864 / (864 + 36 + 150)) < 1e-9)
      #expect(recovery.low < recovery.value && recovery.high > recovery.value)
    }
  }

  @Test("of flows whose share is known, 95 % intervals hold it in 95 % of trials, lumps or not")
  func coverage() {
    var random = SplitMix64(seed: 3, purpose: "lumps")
    func unit() -> Double { Double(random.next() >> 11) / Double(1 << 53) }
    for lump in [1, 20] {
      var held = 0
      for _ in 0..<400 {
        var blocks: [(hits: Int, pieces: Int)] = []
        for _ in 0..<60 {
          var (hits, pieces) = (0, 0)
          while pieces < 100 {
            // A lump is of one kind.
            if unit() < 0.2 { hits += lump }
            pieces += lump
          }
          blocks.append((hits, pieces))
        }
        let share = Proportion.share(inBlocks: blocks)
        if share.low <= 0.2, share.high >= 0.2 { held += 1 }
      }
      // 380 are expected; four standard deviations are 17.
      #expect((360...398).contains(held), "lumps of \(lump): \(held) of 400")
    }
  }

  @Test("the page runs nothing, escapes what the store holds, and says what it should")
  func page() throws {
    try withStore { file in
      let report = try ShiftReport(file, .init(), zone: Self.zone)
      let html = ShiftReportPage(report).html
      let page = try ScannedPage(html)
      #expect(page.elements.allSatisfy { $0.name != "script" && $0.name != "link" })
      #expect(page.elements.count { $0.name == "svg" } > 4)
      #expect(!html.contains("<9>") && !html.contains("red;}"))
      for words in [
        "no picture for &lt;9&gt; s", "2025-12-01 07:00:00", "check the cable", "belt &lt;1&gt;",
      ] { #expect(html.contains(words), "\(words)") }
      #expect(ShiftReportPage(report).html == html)
    }
  }

  @Test("text and table say the same in few words")
  func words() throws {
    try withStore { file in
      let report = try ShiftReport(file, .init(), zone: Self.zone)
      #expect(
        report.text.contains("pieces 4000, of them 1000 unknown, 960 to be blown out, 80 too"))
      #expect(report.text.contains("7 pieces, blasts and losses could not be stored"))
      let lines = report.csv.components(separatedBy: "\r\n")
      #expect(
        lines[0]
          == "from,to,pieces,ejected,late,undecided,\"class a,\"\"b\"\"\",class copper,class unknown"
      )
      #expect(lines.count == report.slices.count + 2)
      #expect(lines[1].hasPrefix("2025-12-01 07:00:00,"))
    }
  }

  @Test(
    "times are read as people write them",
    arguments: [
      ("2025-12-01 06:00", "2025-12-01 06:00:00"), ("2025-12-01", "2025-12-01 00:00:00"),
      ("2025-12-01T06:00:07", "2025-12-01 06:00:07"), ("06:30", "2025-12-01 06:30:00"),
      ("08:30", "2025-11-30 08:30:00"), ("2025-02-30", nil), ("25:00", nil), ("", nil),
      ("gestern", nil), ("2025-12-01 06", nil),
    ])
  func times(_ text: String, _ wanted: String?) {
    // Seven o'clock in the zone of the test.
    let times = ShiftTimes(Self.zone)
    var read: String?
    let said = complaint {
      read = times.text(try times.time(text, of: "--from", now: Self.time(60)))
    }
    #expect(read == wanted)
    #expect(wanted != nil || said.hasPrefix("--from: takes a time such as"))
  }

  @Test("lengths of time are read, and wrong ones refused")
  func lengths() throws {
    #expect(try ShiftTimes.duration("8h", of: "--last") == .seconds(28_800))
    #expect(try ShiftTimes.duration("90m", of: "--last") == .seconds(5400))
    for wrong in ["8", "h", "-1h", "8 h", "1e3h", "999999999999h"] {
      #expect(complaint { _ = try ShiftTimes.duration(wrong, of: "--last") } != "no error")
    }
    #expect(ShiftTimes.length(12_000) == "3 h 20 min" && ShiftTimes.length(7.25) == "7.2 s")
  }
}
