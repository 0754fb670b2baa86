import CAllocationCount
import Cameras
import Conveyor
import Diagnostics
import Foundation
import Samples
import Synchronization
import TestSupport
import Testing
import Units

@testable import Sorting

/// A second opinion: it compares what can be compared, and touches nothing.
@Suite("Second opinion", .timeLimit(.minutes(20)))
struct ShadowTests {
  /// What the other network is like.
  enum Manner: String, CaseIterable, Sendable {
    case alike, contrary, slow, failing
  }

  /// The test line's own classifier, in a manner of its own.
  private struct OtherClassifier: PieceClassifier {
    let manner: Manner
    var inner = ColorClassifier()
    var recipe: SampleRecipe { inner.recipe }
    var rule: DecisionRule { inner.rule }

    mutating func classify(_ crops: [Float], count: Int, into logits: inout [Float]) throws {
      if manner == .failing { throw Complaint("network", "is out of order") }
      if manner == .slow { Thread.sleep(forTimeInterval: 0.02) }
      try inner.classify(crops, count: count, into: &logits)
      guard manner == .contrary else { return }
      for index in 0..<(count * rule.classes.count) { logits[index] *= -1 }
    }
  }

  private func judge(_ manner: Manner, album: PieceAlbum? = nil) throws -> ShadowJudge {
    let recipe = SortingRecipe(ejected: ["copper"])
    return ShadowJudge(
      try LoadedRecipe(OtherClassifier(manner: manner), recipe), title: "other", album: album)
  }

  /// A line, with or without a second opinion; `pause` after each frame, as real time has it.
  private func play(
    beside judge: ShadowJudge?, album: PieceAlbum? = nil, pause: () -> Void = {}
  ) throws -> [SortEvent] {
    let clock = SimulatedClock()
    var pipeline = try Pipeline(
      ColorClassifier(), calibration: TestLine.calibration, ejected: ["copper"],
      settings: TestLine.settings, clock: clock)
    if let judge { pipeline.lay(into: judge.tap) }
    var run = LineRun(
      SeededSource(seed: 5, lengthMillimeters: 640), through: pipeline, clock: clock, album: album)
    var events: [SortEvent] = []
    _ = try run.play(
      until: { false },
      emit: { event in
        events.append(event)
        judge?.tap.put(event)
      }, report: { _ in pause() })
    return events
  }

  @Test(
    "the line decides the same to the bit beside any second opinion", arguments: Manner.allCases)
  func untouched(_ manner: Manner) throws {
    let alone = try play(beside: nil)
    #expect(alone.count > 10)
    let judge = try judge(manner)
    #expect(try play(beside: judge) == alone)
    let board = judge.close()
    switch manner {
    case .failing:
      #expect(board.trouble == "is out of order")
      #expect(board.agreed + board.disagreed == 0)
    case .alike, .slow: #expect(board.disagreed == 0 && board.trouble == nil)
    case .contrary: #expect(board.agreed == 0 && board.trouble == nil)
    }
  }

  /// Waits until what was laid down is judged, as real time would leave time for it.
  private func patience(_ judge: ShadowJudge) -> () -> Void {
    {
      let end = ContinuousClock.now + .seconds(60)
      while !judge.tap.isIdle, ContinuousClock.now < end { Thread.sleep(forTimeInterval: 0.001) }
    }
  }

  @Test("with time for it each decided piece is compared, and disagreements have a picture")
  func compared() throws {
    let decided = try play(beside: nil).count { if case .decision = $0 { true } else { false } }
    let alike = try judge(.alike)
    _ = try play(beside: alike, pause: patience(alike))
    let same = alike.close()
    #expect(same.disagreed == 0 && same.agreed + same.skipped == decided)
    #expect(same.skipped <= 3, "those that were decided as the run ended: \(same.skipped)")
    let album = PieceAlbum()
    let contrary = try judge(.contrary, album: album)
    _ = try play(beside: contrary, album: album, pause: patience(contrary))
    let other = contrary.close()
    #expect(other.agreed == 0 && other.disagreed > 5)
    #expect(other.pairs.reduce(0) { $0 + $1.pieces } == other.disagreed)
    #expect(other.disagreements.count == other.disagreed)
    let pictured = other.disagreements.count { contrary.picture(of: $0.piece) != nil }
    #expect(pictured * 10 >= other.disagreements.count * 8, "\(pictured)")
  }

  @Test("a piece of which a view was passed over is not compared")
  func skipped() {
    var books = ShadowBooks(DecisionRule(classes: ["a", "b"]), ejected: [0])
    var decision = EventRingTests.decision(1, frame: 1)
    (decision.class, decision.likeliest, decision.views) = ("a", "a", 2)
    books.hear(1, [3, 0], weight: 1)
    let brief = books.judge(decision)
    #expect(brief == nil && books.skipped == 1)
    func hearTwice() {
      books.hear(1, [3, 0], weight: 1)
      books.hear(1, [3, 0], weight: 2)
    }
    hearTwice()
    // The class is the same; what is done with it is not.
    let other = books.judge(decision)
    #expect(other?.shadow.isEjected == true && books.disagreed == 1)
    hearTwice()
    decision.isLate = true
    let late = books.judge(decision)
    #expect(late == nil && books.agreed == 1)
    hearTwice()
    books.forgetAll()
    let void = books.judge(decision)
    #expect(void == nil && books.skipped == 2)
    for piece in 0..<(2 * ShadowBooks.pieceLimit) { books.hear(piece, [1, 0], weight: 1) }
    for piece in 0..<500 {
      books.hear(20_000 + piece, [0, 9], weight: 1)
      (decision.piece, decision.views, decision.isLate) = (20_000 + piece, 1, false)
      _ = books.judge(decision)
    }
    #expect(books.disagreements.count == ShadowBooks.shownLimit)
  }

  @Test("laying crops down takes no memory, and none is laid where there is no place")
  func noMemory() throws {
    let gate = Mutex(())
    let taken = Atomic<Int>(0)
    let tap = CropTap(ColorClassifier().recipe) { news, tap in
      guard case .crops(let place) = news else { return }
      gate.withLock { _ in }
      _ = tap.take(place) { $0.count }
      taken.wrappingAdd(1, ordering: .relaxed)
    }
    let crops = [Float](repeating: 1, count: 20 * tap.recipe.colorCount)
    for _ in 0..<20 { tap.put(crops, count: 20) { ($0, 1) } }
    let before = mirage_allocation_count()
    gate.withLock { _ in
      for _ in 0..<100 { tap.put(crops, count: 20) { ($0, 1) } }
    }
    #expect(mirage_allocation_count() - before == 0)
    tap.close()
    #expect(taken.load(ordering: .relaxed) < 60)
  }

  @Test("crops that are cut otherwise are not laid down")
  func otherCrops() throws {
    var other = OtherClassifier(manner: .alike)
    other.inner.recipe = SampleRecipe(
      colorSize: 8, cubeSize: 8, cropMillimeters: 20, masksBackground: true)
    let loaded = try LoadedRecipe(other, SortingRecipe(ejected: []))
    let inForce = try LoadedRecipe(
      OtherClassifier(manner: .alike), SortingRecipe(ejected: ["copper"]))
    #expect(!loaded.cutsPieces(as: inForce) && inForce.cutsPieces(as: inForce))
    let judge = ShadowJudge(loaded, title: "other", album: nil)
    let events = try play(beside: judge, pause: patience(judge))
    let board = judge.close()
    #expect(board.agreed + board.disagreed == 0 && board.skipped > 0 && events.count > 10)
  }

  @Test("a piece's way is new once, then told as its class changes, and ends with its decision")
  func paths() throws {
    let clock = SimulatedClock()
    var pipeline = try Pipeline(
      ColorClassifier(), calibration: TestLine.calibration, ejected: ["copper"],
      settings: TestLine.settings, clock: clock)
    pipeline.tellPaths()
    var run = LineRun(SeededSource(seed: 5), through: pipeline, clock: clock)
    var ways: [Int: [PieceSight]] = [:]
    var ended: Set<Int> = []
    var decisions: [PieceDecision] = []
    let summary = try run.play(
      until: { false },
      emit: { event in
        switch event {
        case .decision(let decision):
          decisions.append(decision)
          ended.insert(decision.piece)
        case .loss(let loss): ended.insert(loss.piece)
        case .ejection, .change: break
        }
      },
      sight: { sight in
        #expect(!ended.contains(sight.piece), "told of after its end")
        ways[sight.piece, default: []].append(sight)
      })
    #expect(ways.count == summary.pieces.found && decisions.count > 3)
    for (piece, way) in ways {
      #expect(way.first?.kind == .new, "piece \(piece)")
      #expect(way.dropFirst().allSatisfy { $0.kind == .update && $0.likeliest != nil })
      let told = way.compactMap(\.likeliest)
      #expect(zip(told, told.dropFirst()).allSatisfy { $0 != $1 })
    }
    for decision in decisions {
      #expect(ways[decision.piece]?.last?.likeliest == decision.likeliest)
    }
  }
}
