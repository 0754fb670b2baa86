import Cameras
import Conveyor
import Diagnostics
import Samples
import TestSupport
import Testing

@testable import Sorting

/// What a recipe that decides by sets of classes makes of a line.
@Suite("Recipes that ask for sets")
struct SetRecipeTests {
  /// The classifier of the test line, with limits of its sets.
  private struct SetClassifier: PieceClassifier {
    var color = ColorClassifier()
    var limits: [Double]
    var recipe: SampleRecipe { color.recipe }
    var rule: DecisionRule { color.rule }

    mutating func classify(_ crops: [Float], count: Int, into logits: inout [Float]) throws {
      try color.classify(crops, count: count, into: &logits)
    }

    func setLimits(coverage: Double) -> [Double]? { limits.map { $0 * coverage } }
  }

  private func recipe(_ coverage: Double) -> SortingRecipe {
    var recipe = SortingRecipe("sets", ejected: ["copper"])
    recipe.coverage = coverage
    return recipe
  }

  @Test("is refused in words where the bundle knows nothing of held-out pieces, or out of range")
  func refused() throws {
    let old = #expect(throws: Complaint.self) {
      try LoadedRecipe(ColorClassifier(), recipe(0.9))
    }
    #expect(old?.problem.contains("knows nothing of pieces that were held out") ?? false)
    #expect(old?.remedy?.contains("leave 'coverage' out") ?? false)
    let wrong = #expect(throws: Complaint.self) {
      try LoadedRecipe(SetClassifier(limits: [1, 1, 1]), recipe(1.5))
    }
    #expect(wrong?.problem == "1.5 found, 0.5 to 0.999 wanted")
  }

  private func decisions(limits: [Double]?) throws -> [PieceDecision] {
    let clock = SimulatedClock()
    let loaded = try LoadedRecipe(
      SetClassifier(limits: limits ?? []),
      limits == nil ? SortingRecipe("plain", ejected: ["copper"]) : recipe(0.9))
    let pipeline = try Pipeline(
      loaded, calibration: TestLine.calibration, settings: TestLine.settings, clock: clock)
    var run = LineRun(SeededSource(seed: 5), through: pipeline, clock: clock)
    _ = try run.play(until: { false }, emit: { _ in })
    return run.decisions
  }

  @Test("wide sets make pieces uncertain, empty ones unknown; a replay's diff says which")
  func bins() throws {
    let plain = try decisions(limits: nil)
    #expect(plain.allSatisfy { $0.set == nil })
    let wide = try decisions(limits: [2, 2, 2])
    #expect(wide.allSatisfy { $0.class == "uncertain" && $0.set?.count == 3 })
    #expect(wide.allSatisfy { $0.action == .pass })
    let empty = try decisions(limits: [-1, -1, -1])
    #expect(empty.allSatisfy { $0.class == "unknown" && $0.set == [] })
    let copper = plain.count { $0.class == "copper" }
    let turns = DecisionDiff(from: plain, to: wide).turns
    #expect(copper > 0 && turns.contains { $0.from == "copper" && $0.to == "uncertain" })
    #expect(turns.reduce(0) { $0 + $1.count } == plain.count)
  }

  @Test("a set of one class decides, a larger one is uncertain, an empty one unknown")
  func sets() throws {
    var evidence = Evidence()
    evidence.add([2, 1, 0], weight: 1)  // 0.665, 0.245, 0.090
    func verdict(_ limits: [Double], energyLimit: Double? = nil) throws -> Verdict {
      var rule = DecisionRule(classes: ["a", "b", "c"], thresholds: [1, 1, 1])
      (rule.setLimits, rule.energyLimit) = (limits, energyLimit)
      return try #require(rule.verdict(on: evidence))
    }
    let one = try verdict([0.4, 0.7, 0.9])
    #expect(one.classIndex == 0 && one.set == [0] && !one.isUncertain)
    let two = try verdict([0.4, 0.8, 0.9])
    #expect(two.classIndex == nil && two.set == [0, 1] && two.isUncertain)
    let none = try verdict([0.2, 0.7, 0.9])
    #expect(none.classIndex == nil && none.set == [] && !none.isUncertain)
    // The one class of a set need not be the likeliest.
    #expect(try verdict([0.2, 0.8, 0.9]).classIndex == 1)
    let strange = try verdict([0.4, 0.8, 0.9], energyLimit: -5)
    #expect(strange.classIndex == nil && !strange.isUncertain)
  }
}
