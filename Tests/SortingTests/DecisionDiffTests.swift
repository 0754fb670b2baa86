import Conveyor
import TestSupport
import Testing
import Units

@testable import Sorting

@Suite("Decision diff")
struct DecisionDiffTests {
  private func decision(
    _ piece: Int, x: Double, y: Double, _ name: String, _ action: SortAction = .pass
  ) -> PieceDecision {
    PieceDecision(
      piece: piece, frame: 0, class: name, likeliest: name, confidence: 0.9,
      probabilities: [0.9, 0.1], energy: -1, views: 3, action: action,
      beltMillimeters: Rectangle(x: x - 10, y: y - 10, width: 20, height: 20),
      areaSquareMillimeters: 300, exposedAt: LineInstant(seconds: 0),
      decidedAt: LineInstant(seconds: 0), deadline: nil, slackMilliseconds: nil, isLate: false)
  }

  @Test("the same decisions in another order and with other numbers are no change")
  func same() {
    let before = (0..<50).map { decision($0, x: Double($0 % 5) * 40, y: Double($0) * 11, "a") }
    var after = Array(before.reversed())
    for index in after.indices { after[index].piece += 1000 }
    let diff = DecisionDiff(from: before, to: after)
    #expect(diff.both == 50)
    #expect(diff.changes.isEmpty)
    #expect(diff.turns.isEmpty)
  }

  @Test("classes, actions, pieces found by one run alone are told apart and counted")
  func changes() throws {
    let before = [
      decision(1, x: 50, y: 100, "copper", .eject), decision(2, x: 90, y: 100, "brass"),
      decision(3, x: 50, y: 200, "copper", .eject), decision(4, x: 50, y: 300, "steel"),
    ]
    let after = [
      decision(1, x: 90, y: 102, "copper", .eject), decision(2, x: 51, y: 99, "copper", .eject),
      decision(3, x: 50, y: 201, "unknown"), decision(4, x: 50, y: 330, "steel"),
    ]
    let diff = DecisionDiff(from: before, to: after)
    #expect((diff.both, diff.onlyBefore, diff.onlyAfter) == (3, 1, 1))
    #expect(diff.pieces == 5)
    #expect(diff.changes.count == 4)
    #expect((diff.newlyEjected, diff.noLongerEjected) == (1, 1))
    #expect(
      diff.turns == [
        DecisionDiff.Turn(from: nil, to: "steel", count: 1),
        DecisionDiff.Turn(from: "brass", to: "copper", count: 1),
        DecisionDiff.Turn(from: "copper", to: "unknown", count: 1),
        DecisionDiff.Turn(from: "steel", to: nil, count: 1),
      ])
    #expect(diff.changes.map { $0.before?.piece } == [2, 3, 4, nil])
  }

  @Test("the nearest is the piece where several lie within reach, and none is used twice")
  func crowded() {
    let before = [decision(1, x: 50, y: 100, "a"), decision(2, x: 58, y: 100, "b")]
    let after = [decision(1, x: 57, y: 100, "b"), decision(2, x: 51, y: 100, "a")]
    #expect(DecisionDiff(from: before, to: after).changes.isEmpty)
    let one = DecisionDiff(from: before, to: [decision(1, x: 54, y: 100, "a")])
    #expect((one.both, one.onlyBefore) == (1, 1))
  }

  @Test("a recording sorted twice by one rule differs in nothing, by a stricter one in thresholds")
  func runs() throws {
    let source = SeededSource(seed: 5)
    let (first, second) = (try TestRun(source), try TestRun(source))
    #expect(DecisionDiff(from: first.decisions, to: second.decisions).changes.isEmpty)
    var strict = ColorClassifier()
    strict.rule = DecisionRule(classes: TestLine.classes, thresholds: [1, 0, 0])
    let third = try TestRun(source, strict)
    let diff = DecisionDiff(from: first.decisions, to: third.decisions)
    let copper = first.decisions.filter { $0.class == "copper" && $0.confidence < 1 }
    #expect(!copper.isEmpty)
    #expect(diff.noLongerEjected == copper.count)
    #expect(diff.turns == [DecisionDiff.Turn(from: "copper", to: "unknown", count: copper.count)])
  }
}
