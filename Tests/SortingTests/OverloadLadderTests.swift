import Cameras
import Conveyor
import Foundation
import TestSupport
import Testing
import Units

@testable import Sorting

@Suite("Less and less time")
struct OverloadLadderTests {
  /// Feeds frames, ten a second, and gives each rung with the time when it came into force.
  private static func steps(
    _ ladder: inout OverloadLadder, seconds: Range<Double>, slack: (Double, SortingRung) -> Double?,
    isColorKnown: Bool = true
  ) -> [(seconds: Double, rung: SortingRung)] {
    var steps: [(seconds: Double, rung: SortingRung)] = []
    for frame in Int(seconds.lowerBound * 10)..<Int(seconds.upperBound * 10) {
      let time = Double(frame) / 10
      let now = LineInstant(seconds: time)
      if let rung = ladder.step(at: now) { steps.append((time, rung)) }
      let milliseconds = slack(time, ladder.rung)
      ladder.observe(
        slack: milliseconds.map { .milliseconds($0) }, isLate: milliseconds.map { $0 < 0 } ?? false,
        at: now, isAvailable: { $0 != .color || isColorKnown })
    }
    return steps
  }

  @Test("it goes down rung by rung, each announced before it is in force")
  func down() {
    var ladder = OverloadLadder()
    let now = LineInstant(seconds: 0)
    for frame in 0..<3 {
      #expect(ladder.coming == nil && ladder.rung == .full)
      ladder.observe(
        slack: .milliseconds(1), isLate: false, at: now.advanced(by: .milliseconds(frame)),
        isAvailable: { _ in true })
    }
    #expect(ladder.coming?.rung == .fewerViews && ladder.rung == .full)
    #expect(ladder.step(at: now.advanced(by: .milliseconds(301))) == nil)
    #expect(ladder.step(at: now.advanced(by: .milliseconds(302))) == .fewerViews)
    var steep = OverloadLadder()
    let steps = Self.steps(&steep, seconds: 0..<10, slack: { _, _ in -3 })
    #expect(steps.map(\.rung) == [.fewerViews, .color, .blind])
    var blind = OverloadLadder()
    let skipped = Self.steps(&blind, seconds: 0..<10, slack: { _, _ in -3 }, isColorKnown: false)
    #expect(skipped.map(\.rung) == [.fewerViews, .blind])
  }

  @Test("a short frame now and then, or a belt without pieces, changes nothing")
  func steady() {
    var ladder = OverloadLadder()
    let rare = Self.steps(&ladder, seconds: 0..<60) { time, _ in
      Int((time * 10).rounded()).isMultiple(of: 15) ? 1 : 50
    }
    #expect(rare.isEmpty)
    #expect(Self.steps(&ladder, seconds: 60..<120, slack: { _, _ in nil }).isEmpty)
  }

  @Test("it goes up after a calm time, and a rung that does not hold is tried ever more rarely")
  func up() {
    var ladder = OverloadLadder()
    // Time is short on the first rung alone, for ten minutes.
    let steps = Self.steps(&ladder, seconds: 0..<600) { _, rung in rung == .full ? 1 : 50 }
    let tries = steps.filter { $0.rung == .full }.map(\.seconds)
    #expect(tries.count >= 3)
    let gaps = zip(tries, tries.dropFirst()).map { $1 - $0 }
    #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $1 > 1.5 * $0 }, "\(tries)")
    let after = Self.steps(&ladder, seconds: 600..<1300, slack: { _, _ in 50 })
    #expect(after.map(\.rung) == [.full] || ladder.rung == .full)
  }

  private struct Played: Equatable {
    var events: [SortEvent] = []
    var rungs: [SortingRung] = []
    var announced: [LineInstant: SortingRung] = [:]
    var summary: RunSummary
    var knowsColors: Bool

    init(work: Duration, ladder: OverloadLadder?) throws {
      let clock = SimulatedClock()
      var settings = TestLine.settings
      settings.learnsColors = ladder != nil
      let pipeline = try Pipeline(
        ColorClassifier(work: work, clock: clock), calibration: TestLine.calibration,
        ejected: ["copper"], settings: settings, clock: clock)
      var run = LineRun(
        SeededSource(seed: 5, lengthMillimeters: 3_000), through: pipeline, clock: clock,
        ladder: ladder)
      var (events, rungs): ([SortEvent], [SortingRung]) = ([], [])
      var announced: [LineInstant: SortingRung] = [:]
      summary = try run.play(
        until: { false }, emit: { events.append($0) },
        report: { outcome in
          guard let overload = outcome.overload else { return }
          if rungs.last != overload.rung { rungs.append(overload.rung) }
          if let coming = overload.coming { announced[outcome.doneAt] = coming }
        })
      (self.events, self.rungs, self.announced) = (events, rungs, announced)
      knowsColors = run.pipeline.knowsColors
    }

    static func == (one: Self, other: Self) -> Bool {
      one.events == other.events && one.rungs == other.rungs && one.announced == other.announced
    }

    var late: Int { summary.pieces.late }
  }

  @Test("a line that is too slow for its belt decides in time again, the same way each time")
  func line() throws {
    var settings = LadderSettings()
    settings.calmSeconds = 1000
    let work = Duration.milliseconds(150)
    let without = try Played(work: work, ladder: nil)
    let with = try Played(work: work, ladder: OverloadLadder(settings))
    #expect(without.late > 20 && with.late < without.late * 2 / 3, "\(without.late), \(with.late)")
    #expect(with.rungs.starts(with: [.full, .fewerViews]) && with.rungs.count > 2, "\(with.rungs)")
    #expect(Set(with.announced.values) == Set(with.rungs.dropFirst()))
    #expect(try with == Played(work: work, ladder: OverloadLadder(settings)))
    let late = Set(
      with.events.compactMap { event in
        if case .decision(let decision) = event, decision.isLate { decision.piece } else { nil }
      })
    for case .ejection(let ejection) in with.events { #expect(!late.contains(ejection.piece)) }
    let easy = try Played(work: .zero, ladder: OverloadLadder(settings))
    #expect(easy.rungs == [.full] && easy.knowsColors)
    #expect(try easy.events == Played(work: .zero, ladder: nil).events)
  }
}
