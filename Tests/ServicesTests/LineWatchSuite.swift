import Foundation
import Synchronization
import TestSupport
import Testing
import Units

@testable import Services

/// A line that is told of by hand, on a clock set by hand.
final class ToldLine: Sendable {
  let watch = LineWatch()
  private let time = Mutex(LineInstant(nanoseconds: 0))
  private let missing = Mutex((dropped: 0, lost: 0))
  private let valves = Mutex<ValveStatus?>(nil)
  private let decided = Mutex((frames: 0, late: 0))

  var now: LineInstant { time.withLock { $0 } }

  func begin(
    camera: CameraHealth? = nil, warnings: [LineReason] = [],
    store: (@Sendable () -> StoreStatus)? = nil,
    broker: (@Sendable () -> BrokerStatus)? = nil
  ) {
    var facts = LineFacts(
      bundle: "metals", source: "belt \"1\"",
      classes: [
        ShownClass(name: "copper", color: "#e69f00", threshold: 0.5, isEjected: true),
        ShownClass(name: "a\\b\"c\n", color: "#56b4e9", threshold: 0.6, isEjected: false),
      ], stages: ["segment", "infer"])
    facts.warnings = warnings
    var sources = LineWatch.Sources(
      now: { self.now }, missing: { self.missing.withLock { ($0.dropped, $0.lost) } })
    sources.valves = { self.valves.withLock { $0 } ?? ValveStatus() }
    if let camera { sources.camera = { camera } }
    (sources.store, sources.broker) = (store, broker)
    watch.begin(facts, sources)
  }

  /// Records events from now on, and is given a second opinion.
  func keepRecordings() {
    let facts = watch.state().facts
    var sources = LineWatch.Sources(now: { self.now }, missing: { (0, 0) })
    sources.valves = { self.valves.withLock { $0 } ?? ValveStatus() }
    sources.store = { StoreStatus(file: "line.mirage") }
    sources.broker = { BrokerStatus(broker: "plant") }
    sources.recording = { RecordingStatus(folder: "recordings") }
    sources.shadow = { ShadowStatus(recipe: "other") }
    if let facts { watch.begin(facts, sources) }
  }

  func set(_ status: ValveStatus) { valves.withLock { $0 = status } }
  func miss(dropped: Int = 0, lost: Int = 0) {
    missing.withLock { ($0.dropped, $0.lost) = ($0.dropped + dropped, $0.lost + lost) }
  }

  /// A frame that tells how closely pieces are looked at.
  func tell(_ overload: OverloadStatus) {
    var report = FrameReport(
      exposedAt: now, doneAt: now, speedMillimetersPerSecond: 500, stages: [0.003, 0.004])
    report.overload = overload
    watch.note(report)
  }

  /// Frames at 10 Hz, each with a piece that is decided with this slack.
  func play(seconds: Double, slack: Double? = 80, speed: Double? = 500, isLate: Bool = false) {
    for _ in 0..<Int(seconds * 10) {
      let now = time.withLock { time in
        time = time.advanced(by: .milliseconds(100))
        return time
      }
      let counts = decided.withLock { decided in
        if isLate { decided.late += 1 } else { decided.frames += 1 }
        return decided
      }
      var report = FrameReport(
        exposedAt: now.advanced(by: .milliseconds(-12)), doneAt: now,
        speedMillimetersPerSecond: speed, stages: [0.003, 0.004])
      (report.framesDecided, report.framesLate) = (counts.frames, counts.late)
      watch.note(report)
      if let slack {
        var piece = PieceReport(
          piece: counts.frames + counts.late,
          class: (counts.frames + counts.late).isMultiple(of: 4) ? "copper" : "unknown",
          likeliest: "copper", confidence: 0.9, probabilities: [0.9, 0.1],
          exposedAt: report.exposedAt, decidedAt: now)
        piece.slackMilliseconds = slack
        piece.deadline = now.advanced(by: .milliseconds(Int(slack)))
        piece.isLate = isLate
        watch.note(piece)
      }
      _ = watch.state()
    }
  }

  func wait(seconds: Double) {
    time.withLock { $0 = $0.advanced(by: .milliseconds(Int(seconds * 1000))) }
  }

  static var readyValves: ValveStatus {
    var status = ValveStatus()
    status.state = .ready
    return status
  }
}

@Suite("What is told of a line")
struct LineWatchSuite {
  @Test("the state goes from starting to sorting, waiting, no picture and stopped")
  func states() {
    let line = ToldLine()
    #expect(line.watch.state().state == .preoperational)
    line.begin()
    line.set(ToldLine.readyValves)
    #expect(line.watch.state().state == .initialized)
    line.play(seconds: 3)
    var state = line.watch.state()
    #expect(state.state == .continuousExecution && state.word == "SORTING")
    #expect(state.isFit && state.alarms.isEmpty)
    #expect(state.sentence == "30 pieces in the last minute.")
    line.play(seconds: 1, slack: nil, speed: 0)
    #expect(line.watch.state().state == .ready)
    #expect(!line.watch.state().isFit)
    line.wait(seconds: 5)
    state = line.watch.state()
    #expect(state.state == .error && state.word == "NO PICTURE" && state.ageSeconds == 5)
    #expect(state.alarms.map(\.id) == ["no-frames"])
    #expect(state.alarms[0].problem == "no picture for 5 s")
    line.play(seconds: 1)
    #expect(line.watch.state().state == .continuousExecution)
    line.watch.halt()
    #expect(line.watch.state().state == .halted)
  }

  @Test("pieces stay with the recipe that decided them, as long as they are remembered")
  func recipes() {
    let line = ToldLine()
    line.begin()
    line.play(seconds: 2)
    var facts = LineFacts(
      bundle: "alloys", source: "belt",
      classes: ["zinc", "copper"].map {
        ShownClass(name: $0, color: "#000000", threshold: 0.5, isEjected: true)
      }, stages: ["segment", "infer"])
    (facts.recipe, facts.change) = ("alloys", 1)
    line.watch.change(facts)
    line.play(seconds: 3)
    var state = line.watch.state()
    #expect(state.facts?.recipe == "alloys" && state.formerFacts.map(\.change) == [0])
    #expect(
      state.pieces.map(\.change) == [Int](repeating: 1, count: 30) + .init(repeating: 0, count: 20))
    let map = { (index: Int) in
      RegisterMap(
        state, heartbeat: 0, result: .init(number: 1, piece: state.pieces[index], waiting: 0),
        dropped: 0
      ).words
    }
    let copper = state.pieces.indices.filter { state.pieces[$0].class == "copper" }
    // Copper is the second of the new bundle's classes and the first of the old one's.
    #expect(copper.allSatisfy { map($0)[35] == (state.pieces[$0].change == 1 ? 2 : 1) })
    #expect(
      copper.allSatisfy { map($0)[44] == 1 && map($0)[45] == UInt16(state.pieces[$0].change) })
    #expect(line.watch.metrics(requests: (0, 0)).contains("mirage_recipe{recipe=\"alloys\"} 1"))
    line.play(seconds: 12)
    state = line.watch.state()
    #expect(state.formerFacts.isEmpty && state.pieces.allSatisfy { $0.change == 1 })
  }

  @Test("a camera that never came is told with its own reason")
  func camera() {
    let line = ToldLine()
    line.begin(camera: CameraHealth(isStreaming: false, reason: "not plugged in", reconnects: 0))
    let state = line.watch.state()
    #expect(state.state == .error)
    #expect(state.alarms.first?.problem == "no picture has come: not plugged in")
    #expect(state.alarms.first?.remedy.contains("cable") == true)
  }

  @Test("late decisions, short slack, lost and dropped frames and valves are told apart")
  func reasons() {
    func ids(_ play: (ToldLine) -> Void) -> [String] {
      let line = ToldLine()
      line.begin()
      line.set(ToldLine.readyValves)
      line.play(seconds: 5)
      play(line)
      return line.watch.state().alarms.map(\.id)
    }
    #expect(ids { _ in }.isEmpty)
    #expect(ids { $0.play(seconds: 1, slack: -5, isLate: true) } == ["late-decisions"])
    #expect(ids { $0.play(seconds: 1, slack: 4) } == ["short-slack"])
    #expect(
      ids {
        $0.miss(lost: 30)
        $0.play(seconds: 1)
      } == ["frames-lost"])
    #expect(
      ids {
        $0.miss(dropped: 2)
        $0.play(seconds: 1)
      } == ["frames-dropped"])
    #expect(
      ids {
        var silent = ValveStatus()
        silent.state = .silent
        $0.set(silent)
      } == ["valves-silent"])
    // A minute later nothing is left of it.
    #expect(
      ids {
        $0.miss(dropped: 20, lost: 30)
        $0.play(seconds: 1, slack: -5, isLate: true)
        $0.play(seconds: 62)
      }.isEmpty)
  }

  @Test("slack is told in milliseconds and as travel of the belt; frames add up")
  func figures() {
    let line = ToldLine()
    line.begin()
    line.play(seconds: 4, slack: 80)
    line.play(seconds: 1, slack: 30)
    line.miss(dropped: 3, lost: 4)
    let state = line.watch.state()
    #expect(state.minute.slackLeastMilliseconds == 30)
    #expect(state.minute.slackMedianMilliseconds == 80)
    #expect(state.minute.slackLeastMillimeters == 15)
    #expect(state.minute.pieces == 50)
    #expect(abs(state.minute.framesPerSecond - 10) < 0.3)
    #expect(state.frames == FrameCounts(decided: 50, late: 0, dropped: 3, lost: 4))
    #expect(state.frames.exposed == 57)
  }

  @Test("composition has Wilson's interval")
  func composition() {
    let share = LineState.Share("copper", 20, of: 100)
    // By hand: (0.2 + 1.96²/200 ± 1.96 √(0.2·0.8/100 + 1.96²/40000)) / (1 + 1.96²/100).
    #expect(abs(share.low - 0.13337) < 1e-4 && abs(share.high - 0.28883) < 1e-4)
    #expect(LineState.Share("a", 0, of: 0).high == 1)
    let none = LineState.Share("a", 0, of: 50)
    #expect(none.low == 0 && none.high > 0.05 && none.high < 0.1)
  }

  @Test("a hundred pieces are remembered, newest first, however many come")
  func bounded() {
    let line = ToldLine()
    line.begin()
    line.play(seconds: 600)
    let state = line.watch.state()
    #expect(state.pieces.count == 100)
    #expect(state.pieces.first?.piece == 6000)
    #expect(state.piecesDecided == 6000)
    #expect(state.minute.pieces <= 601)
    #expect(line.watch.books.withLock { $0.minute.count } <= LineWatch.minuteCapacity)
    #expect(line.watch.books.withLock { $0.seconds.count } <= 62)
  }

  @Test("the figures are as Prometheus wants them, and add up")
  func metrics() {
    let line = ToldLine()
    let empty = MetricsReader(line.watch.metrics(requests: (0, 0)))
    #expect(empty.problems.isEmpty, "\(empty.problems)")
    line.begin(camera: CameraHealth(isStreaming: true, reason: "", reconnects: 2))
    var valves = ToldLine.readyValves
    valves.account.taken = 5
    valves.account.accepted = 4
    valves.account.late = 1
    valves.clockErrorMilliseconds = 0.25
    line.set(valves)
    line.play(seconds: 5)
    line.play(seconds: 1, slack: -20, isLate: true)
    line.miss(dropped: 3, lost: 4)
    let text = line.watch.metrics(requests: (7, 1))
    let read = MetricsReader(text)
    #expect(read.problems.isEmpty, "\(read.problems)")
    let outcomes = ["decided", "late", "dropped", "lost"].compactMap {
      read.value("mirage_frames_total", ["outcome": $0])
    }
    #expect(outcomes == [50, 10, 3, 4])
    #expect(read.value("mirage_frames_exposed_total") == outcomes.reduce(0, +))
    #expect(read.value("mirage_state", ["state": "ContinuousExecution"]) == 1)
    #expect(read.value("mirage_fit_to_sort") == 0)
    #expect(read.value("mirage_alarm", ["id": "late-decisions"]) == 1)
    #expect(read.value("mirage_decision_slack_seconds_bucket", ["le": "0"]) == 10)
    #expect(read.value("mirage_decision_slack_seconds_count") == 60)
    #expect(read.value("mirage_stage_duration_seconds_count", ["stage": "infer"]) == 60)
    #expect(read.value("mirage_frame_latency_seconds_bucket", ["le": "0.02"]) == 60)
    #expect(read.value("mirage_valve_blasts_total", ["outcome": "accepted"]) == 4)
    #expect(read.value("mirage_valve_clock_error_seconds") == 0.00025)
    #expect(read.value("mirage_belt_speed_meters_per_second") == 0.5)
    #expect(read.value("mirage_http_requests_total", ["outcome": "answered"]) == 7)
    #expect((read.value("process_resident_memory_bytes") ?? 0) > 1e6)
  }

  @Test(
    "the alert rules and the dashboard that are shipped ask for figures that there are",
    arguments: ["alerts.yml", "dashboard.json"])
  func shipped(_ name: String) throws {
    let line = ToldLine()
    line.begin(
      store: { StoreStatus(file: "line.mirage") }, broker: { BrokerStatus(broker: "plant") })
    // Alarms are told where there is one.
    line.play(seconds: 2)
    line.miss(dropped: 20, lost: 30)
    line.play(seconds: 1)
    line.keepRecordings()
    let known = Set(MetricsReader(line.watch.metrics(requests: (0, 0))).samples.map(\.name))
    let file = packageRoot.appending(path: "Tools/prometheus/\(name)")
    let text = try String(contentsOf: file, encoding: .utf8)
    let asked = Set(text.matches(of: /\b(?:mirage|process)_\w+/).map { String($0.0) })
    #expect(asked.count >= 7)
    if name.hasSuffix("json") { _ = try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    #expect(asked.subtracting(known).isEmpty, "\(asked.subtracting(known).sorted())")
  }

  @Test("the reader of figures finds what is wrong")
  func reader() {
    for wrong in [
      "x 1\n", "# HELP x a\n# TYPE x counter\nx 1\n", "# HELP x a\n# TYPE x gauge\ny 1\n",
      "# HELP x a\n# TYPE x gauge\nx 1", "# HELP x a\n# TYPE x gauge\nx{a=1} 1\n",
      "# HELP x a\n# TYPE x gauge\nx{a=\"\"\"} 1\n", "# HELP x a\n# TYPE x gauge\nx 1\nx 1\n",
      "# HELP x_ms a\n# TYPE x_ms gauge\nx_ms 1\n", "# TYPE x gauge\nx 1\n",
      "# HELP x a\n# TYPE x histogram\nx_bucket{le=\"1\"} 1\nx_sum 1\nx_count 1\n",
    ] {
      #expect(!MetricsReader(wrong).problems.isEmpty, "\(wrong)")
    }
    #expect(MetricsReader("# HELP x a\n# TYPE x gauge\nx{a=\"b\"} 1.5\n").problems.isEmpty)
  }
}
