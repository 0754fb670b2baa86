import Conveyor
import Foundation
import TestSupport
import Testing
import Units

@Suite("Evidence and decisions")
struct DecisionTests {
  @Test("evidence is the weighted mean of logits")
  func mean() throws {
    var evidence = Evidence()
    #expect(evidence.logits == nil)
    evidence.add([1, 3], weight: 1)
    evidence.add([5, -1], weight: 3)
    evidence.add([.nan, 0], weight: 100)
    #expect(try #require(evidence.logits) == [4, 0])
    #expect(evidence.views == 2)
  }

  @Test("temperature softens, a threshold and an energy limit make a piece unknown")
  func verdicts() throws {
    var evidence = Evidence()
    evidence.add([2, 0, 0], weight: 1)
    let sharp = try #require(DecisionRule(classes: ["a", "b", "c"]).verdict(on: evidence))
    #expect(sharp.classIndex == 0)
    #expect(abs(sharp.confidence - exp(2) / (exp(2) + 2)) < 1e-12)
    #expect(abs(sharp.energy + log(exp(2) + 2)) < 1e-12)
    #expect(abs(sharp.probabilities.reduce(0, +) - 1) < 1e-12)
    let soft = try #require(
      DecisionRule(classes: ["a", "b", "c"], temperature: 4).verdict(on: evidence))
    #expect(soft.classIndex == nil)
    #expect(soft.likeliest == 0)
    let strange = try #require(
      DecisionRule(classes: ["a", "b", "c"], energyLimit: -3).verdict(on: evidence))
    #expect(strange.classIndex == nil)
    #expect(DecisionRule(classes: ["a"]).verdict(on: Evidence()) == nil)
  }

  @Test("huge logits neither overflow nor lose their order")
  func huge() throws {
    var evidence = Evidence()
    evidence.add([3e30, -3e30, 2.9e30], weight: 1)
    let verdict = try #require(DecisionRule(classes: ["a", "b", "c"]).verdict(on: evidence))
    #expect(verdict.classIndex == 0)
    #expect(verdict.confidence == 1)
    #expect(verdict.energy.isFinite)
  }

  private func steady(speed: Double) -> BeltMotion {
    var motion = BeltMotion()
    for frame in 0..<5 {
      let time = Double(frame) * 0.04
      motion.observe(speed * time, at: LineInstant(seconds: time))
    }
    return motion
  }

  @Test("the deadline is the leading edge at the bar less the valves' latency")
  func deadline() throws {
    var valves = ValveSettings(barMillimeters: 500)
    valves.latencyMilliseconds = 20
    let deadline = Deadline(
      leadingMillimeters: 100, valves: valves, motion: steady(speed: 1000),
      decidedAt: LineInstant(seconds: 0.2))
    #expect(abs(try #require(deadline.at).seconds - 0.58) < 1e-6)
    #expect(abs(try #require(deadline.slack).seconds - 0.38) < 1e-6)
    #expect(!deadline.isLate)
    let late = Deadline(
      leadingMillimeters: 100, valves: valves, motion: steady(speed: 1000),
      decidedAt: LineInstant(seconds: 0.5801))
    #expect(late.isLate)
  }

  @Test("on a belt that stands nothing is urgent and nothing fires")
  func standing() {
    let motion = steady(speed: 0)
    let valves = ValveSettings(barMillimeters: 500)
    let deadline = Deadline(
      leadingMillimeters: 0, valves: valves, motion: motion, decidedAt: LineInstant(seconds: 9))
    #expect(deadline.at == nil)
    #expect(!deadline.isLate)
    var queue = EjectionQueue(valves)
    queue.add(piece: 1, bounds: Rectangle(x: 0, y: 0, width: 10, height: 10))
    var due: [Ejection] = []
    queue.due(
      at: LineInstant(seconds: 9), interval: .milliseconds(40), motion: motion, into: &due)
    #expect(due.isEmpty)
    #expect(queue.waitingCount == 1)
  }

  @Test("a belt that starts after a stop takes its blasts along")
  func stopAndGo() throws {
    var motion = steady(speed: 1000)  // At 160 mm after 0.16 s.
    var queue = EjectionQueue(ValveSettings(barMillimeters: 500))
    queue.add(piece: 1, bounds: Rectangle(x: 30, y: 0, width: 20, height: 20))
    var due: [Ejection] = []
    for frame in 5..<50 {  // The belt stands for 1.8 s.
      let now = LineInstant(seconds: Double(frame) * 0.04)
      motion.observe(160, at: now)
      queue.due(at: now, interval: .milliseconds(40), motion: motion, into: &due)
      #expect(due.isEmpty)
    }
    var fired: [Ejection] = []
    for frame in 50..<70 {
      let now = LineInstant(seconds: Double(frame) * 0.04)
      motion.observe(160 + 1000 * (now.seconds - 1.96), at: now)
      queue.due(at: now, interval: .milliseconds(40), motion: motion, into: &due)
      fired += due
    }
    let ejection = try #require(fired.first)
    #expect(fired.count == 1)
    // The middle 60 % of the piece: 4 to 16 mm behind its edge, over the bar at 500 mm of travel.
    #expect(abs(ejection.opensAt.seconds - (1.96 + 0.344)) < 1e-3)
    #expect(abs(ejection.closesAt.seconds - (1.96 + 0.356)) < 1e-3)
    #expect(ejection.across == 30...50)
  }

  @Test("a blast whose command would be late is counted and never handed out")
  func lateBlast() {
    var queue = EjectionQueue(ValveSettings(barMillimeters: 100))
    queue.add(piece: 1, bounds: Rectangle(x: 0, y: 0, width: 10, height: 10))
    var due: [Ejection] = []
    queue.due(
      at: LineInstant(seconds: 0.2), interval: .milliseconds(40), motion: steady(speed: 1000),
      into: &due)
    #expect(due.isEmpty)
    #expect(queue.late == 1)
    #expect(queue.fired == 0)
    #expect(queue.waitingCount == 0)
  }

  @Test("a blast over a short piece is made long enough, around the piece's middle")
  func leastBlast() throws {
    var valves = ValveSettings(barMillimeters: 500)
    valves.leastBlastMilliseconds = 20
    valves.nozzles = NozzleLine(count: 40, firstMillimeters: 0, pitchMillimeters: 10)
    var queue = EjectionQueue(valves)
    queue.add(piece: 1, bounds: Rectangle(x: 28, y: 0, width: 24, height: 10))
    queue.add(piece: 2, bounds: Rectangle(x: 28, y: 100, width: 24, height: 100))
    var due: [Ejection] = []
    queue.finish(at: LineInstant(seconds: 0.2), motion: steady(speed: 1000), into: &due)
    let short = try #require(due.first { $0.piece == 1 })
    // 6 ms would be blown at without the limit: from 502 to 508 mm of travel.
    expectClose(short.opensAt.duration(to: short.closesAt).seconds, 0.020, absolute: 1e-6)
    expectClose(
      (short.opensAt.seconds + short.closesAt.seconds) / 2, 0.505, absolute: 1e-6)
    expectClose(
      short.commandAt.duration(to: short.opensAt).seconds, valves.latency.seconds, absolute: 1e-9)
    #expect(short.nozzles == [3, 4, 5])
    let long = try #require(due.first { $0.piece == 2 })
    expectClose(long.opensAt.duration(to: long.closesAt).seconds, 0.060, absolute: 1e-6)
  }

  @Test(
    "the nozzles over a piece blow, the nearest one where it lies between two",
    arguments: [
      (15.0...36.0, [2, 3]), (21...24, [2]), (-4...3, [0]), (-30...(-10), []), (95...120, []),
      (0...1000, [0, 1, 2, 3, 4, 6, 7, 8]), (46...54, []),
    ])
  func nozzles(across: ClosedRange<Double>, wanted: [Int]) {
    let line = NozzleLine(count: 9, firstMillimeters: 0, pitchMillimeters: 10, unusable: [5])
    #expect(line.covering(across) == wanted)
    let mirrored = NozzleLine(count: 9, firstMillimeters: 80, pitchMillimeters: -10, unusable: [3])
    #expect(mirrored.covering(across).map { 8 - $0 }.sorted() == wanted)
  }

  @Test("the queue has a bound and counts what it drops")
  func bound() {
    var valves = ValveSettings(barMillimeters: 500)
    valves.capacity = 2
    var queue = EjectionQueue(valves)
    for piece in 1...5 {
      queue.add(piece: piece, bounds: Rectangle(x: 0, y: 0, width: 10, height: 10))
    }
    #expect(queue.waitingCount == 2)
    #expect(queue.dropped == 3)
  }

  @Test("instants survive the ends of time")
  func instants() {
    #expect(LineInstant(seconds: .infinity).nanoseconds == .max)
    #expect(LineInstant(seconds: -1e300).nanoseconds == .min)
    #expect(LineInstant(seconds: .nan).nanoseconds == 0)
    #expect(LineInstant(seconds: 1e9).advanced(by: .seconds(1 << 60)).nanoseconds == .max)
    #expect(LineInstant(seconds: 1.5).advanced(by: .milliseconds(-250)).seconds == 1.25)
  }
}
