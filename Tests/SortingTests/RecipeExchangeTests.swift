import Cameras
import Conveyor
import Diagnostics
import Foundation
import Samples
import Synchronization
import TestSupport
import Tensors
import Testing

@testable import Sorting

/// Tells colors apart, and leaves its number in the energy of whatever it says: evidence that two
/// of them gave together would have an energy between theirs.
private struct NumberedClassifier: PieceClassifier {
  let number: Int
  let recipe: SampleRecipe
  let rule: DecisionRule

  /// Each number has its own order of classes, odd ones a class more, and crops of its own size.
  init(_ number: Int) {
    self.number = number
    let size = 8 + number % 4
    recipe = SampleRecipe(
      colorSize: size, cubeSize: size, cropMillimeters: 36, masksBackground: true)
    let classes = TestLine.classes
    let turned = (0..<3).map { classes[($0 + number) % 3] }
    rule = DecisionRule(classes: turned + (number.isMultiple(of: 2) ? [] : ["alloy"]))
  }

  static func number(of decision: PieceDecision) -> Int { Int((-decision.energy / 1000).rounded()) }
  static func ejected(_ number: Int) -> String { TestLine.classes[number % 2] }

  func loaded() throws -> LoadedRecipe<Self> {
    try LoadedRecipe(
      self, SortingRecipe("recipe \(number)", ejected: [Self.ejected(number)]), change: number)
  }

  func classify(_ crops: [Float], count: Int, into logits: inout [Float]) throws {
    let size = recipe.colorSize * recipe.colorSize * 3
    for crop in 0..<count {
      var (sums, cells): ([Float], Float) = ([0, 0, 0], 0)
      for cell in stride(from: crop * size, to: (crop + 1) * size, by: 3) where crops[cell] != 0 {
        for channel in 0..<3 { sums[channel] += crops[cell + channel] }
        cells += 1
      }
      for (index, name) in rule.classes.enumerated() {
        let distance = TestLine.classes.firstIndex(of: name).map { place in
          (0..<3).reduce(Float(0)) { sum, channel in
            sum
              + abs(sums[channel] / max(1, cells) - Float(SeededBelt.colors[place][channel]) / 255)
          }
        }
        logits[crop * rule.classes.count + index] =
          Float(1000 * number) - (distance.map { 20 * $0 } ?? 100)
      }
    }
  }
}

@Suite("Change of recipe")
struct RecipeExchangeTests {
  /// A run over a seeded belt in virtual time, with a change before each frame for which `changes`
  /// says so.
  private struct ChangedRun {
    var events: [SortEvent] = []
    var frames = FrameAccount()
    var pieces = PieceAccount()
    var changes = 0
    var score: Score

    init(_ source: SeededSource, changes: (Int) -> Bool) throws {
      var source = source
      let clock = SimulatedClock()
      var pipeline = try Pipeline(
        NumberedClassifier(0).loaded(), calibration: TestLine.calibration,
        settings: TestLine.settings, clock: clock)
      var (events, number) = ([SortEvent](), 0)
      while let frame = try source.next() {
        clock.follow(frame.exposedAt)
        if changes(frame.sequence) {
          number += 1
          let former = pipeline.adopt(try NumberedClassifier(number).loaded()) {
            events.append($0)
          }
          #expect(former.change == number - 1)
          events.append(.change(RecipeChange(number: number, recipe: "recipe \(number)")))
        }
        try pipeline.sort(frame) { events.append($0) }
      }
      pipeline.finish { events.append($0) }
      self.events = events
      (frames, pieces, self.changes) = (pipeline.frames, pipeline.pieces, number)
      score = Score(
        of: events.compactMap { if case .decision(let one) = $0 { one } else { nil } },
        against: TestLine.truth(of: source.belt), seen: try #require(pipeline.seenBelt),
        targets: [], classes: TestLine.classes)
    }
  }

  @Test(
    "every piece is decided once, by one network and its own rule, however often it is changed",
    arguments: 0..<60)
  func decidedOnce(_ seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed), purpose: "changes")
    let share = [0.05, 0.2, 0.5, 1][seed % 4]
    let source = SeededSource(seed: UInt64(seed))
    let run = try ChangedRun(source) { _ in random.nextUniform() < share }
    var (decided, now, fired) = (Set<Int>(), 0, Set<Int>())
    for event in run.events {
      switch event {
      case .decision(let decision):
        #expect(decided.insert(decision.piece).inserted, "piece \(decision.piece) twice")
        #expect(NumberedClassifier.number(of: decision) == now)
        #expect(decision.recipe == "recipe \(now)")
        #expect(decision.probabilities.count == NumberedClassifier(now).rule.classes.count)
        #expect(
          (decision.action == .eject) == (decision.class == NumberedClassifier.ejected(now)))
        if decision.action == .eject { fired.insert(decision.piece) }
      case .ejection(let ejection): #expect(fired.contains(ejection.piece))
      case .loss(let loss): Issue.record("piece \(loss.piece) was lost: \(loss.reason)")
      case .change(let change):
        #expect(change.number == now + 1)
        now = change.number
      }
    }
    #expect(now == run.changes)
    #expect(decided.count == source.belt.pieces.count && run.score.missed == 0)
    #expect(run.score.accuracy == 1 && run.score.falsePieces == 0)
    #expect(run.pieces.decided == decided.count && run.pieces.isBalanced && run.pieces.open == 0)
    #expect(run.frames.decided + run.frames.late == run.frames.exposed)
  }

  @Test("with frames missing, no more pieces are lost than without changes", arguments: 0..<20)
  func lossy(_ seed: Int) throws {
    let source = SeededSource(seed: UInt64(seed), missing: 0.25)
    let plain = try ChangedRun(source) { _ in false }
    let changed = try ChangedRun(source) { $0 % 3 == 1 }
    #expect(changed.changes > 3)
    #expect(changed.pieces.found == plain.pieces.found)
    #expect(changed.pieces.lost <= plain.pieces.lost)
    #expect(changed.pieces.isBalanced && changed.pieces.open == 0)
  }

  @Test("pieces that are not believed yet begin anew, and none of them is decided by two networks")
  func unbelieved() throws {
    var source = SeededSource(seed: 3)
    let clock = SimulatedClock()
    var recipe = SortingRecipe("slow", ejected: [])
    recipe.minimumViews = 3
    var pipeline = try Pipeline(
      LoadedRecipe(NumberedClassifier(0), recipe), calibration: TestLine.calibration,
      settings: TestLine.settings, clock: clock)
    var (decided, number) = (0, 0)
    while let frame = try source.next() {
      clock.follow(frame.exposedAt)
      if frame.sequence % 2 == 1 {
        number += 1
        _ = pipeline.adopt(
          try LoadedRecipe(NumberedClassifier(number), recipe, change: number)
        ) { event in
          guard case .decision(let decision) = event else { return }
          #expect(NumberedClassifier.number(of: decision) == number - 1)
          decided += 1
        }
      }
      try pipeline.sort(frame) { event in
        guard case .decision(let decision) = event else { return }
        #expect(NumberedClassifier.number(of: decision) == number)
        decided += 1
      }
    }
    pipeline.finish { if case .decision = $0 { decided += 1 } }
    #expect(decided == pipeline.pieces.decided + pipeline.pieces.late)
    #expect(decided > source.belt.pieces.count / 2)
    #expect(pipeline.pieces.isBalanced && pipeline.pieces.open == 0)
  }

  @Test("recipes from another thread are taken between two frames, and each comes back once")
  func threads() throws {
    let exchange = RecipeExchange<NumberedClassifier>()
    let returned = Mutex<[Int]>([])
    let ended = DispatchSemaphore(value: 0)
    let other = Thread {
      var number = 0
      while let loaded = try? NumberedClassifier(number + 1).loaded(),
        let former = try? exchange.exchange(for: loaded, within: .seconds(60))
      {
        number += 1
        returned.withLock { $0.append(former.change) }
      }
      ended.signal()
    }
    let source = SeededSource(seed: 9, lengthMillimeters: 2000)
    let clock = SimulatedClock()
    let pipeline = try Pipeline(
      NumberedClassifier(0).loaded(), calibration: TestLine.calibration,
      settings: TestLine.settings, clock: clock)
    var run = LineRun(source, through: pipeline, clock: clock, exchange: exchange)
    other.start()
    var changes: [Int] = []
    let summary = try run.play(
      until: { false },
      emit: { event in
        switch event {
        case .change(let change): changes.append(change.number)
        case .decision(let decision):
          #expect(NumberedClassifier.number(of: decision) == changes.last ?? 0)
        case .ejection, .loss: break
        }
      })
    #expect(ended.wait(timeout: .now() + 120) == .success)
    #expect(changes == Array(1...changes.count) && summary.recipeChanges == changes.count)
    #expect(returned.withLock { $0 } == Array(0..<changes.count))
    #expect(summary.recipe == "recipe \(changes.count)")
    #expect(summary.pieces.decided == source.belt.pieces.count && summary.pieces.lost == 0)
    #expect(summary.frames.decided == summary.framesExposed)
  }

  @Test("where no frame comes the recipe is taken back, and the next one is taken")
  func withdrawn() throws {
    let exchange = RecipeExchange<NumberedClassifier>()
    let text = complaint {
      _ = try exchange.exchange(
        for: NumberedClassifier(1).loaded(), within: .milliseconds(20))
    }
    #expect(text.contains("the line: gets no pictures") && text.contains("nothing was changed"))
    exchange.pass { recipe in
      Issue.record("it was still there")
      return recipe
    }
    exchange.end()
    let over = complaint {
      _ = try exchange.exchange(for: NumberedClassifier(1).loaded(), within: .seconds(60))
    }
    #expect(over.contains("the line: ends"))
  }

  @Test(
    "a recipe changes thresholds and limit, and is refused where it does not go with the network")
  func refusals() throws {
    func problem(_ change: (inout SortingRecipe) -> Void) -> String {
      var recipe = SortingRecipe("x", ejected: ["copper"])
      change(&recipe)
      return complaint { _ = try LoadedRecipe(NumberedClassifier(0), recipe) }
    }
    var recipe = SortingRecipe("x", ejected: ["steel"])
    recipe.thresholds = ["brass": 0.9]
    recipe.energyLimit = -3
    let loaded = try LoadedRecipe(NumberedClassifier(0), recipe)
    #expect(loaded.rule.thresholds == [0.5, 0.9, 0.5] && loaded.rule.energyLimit == -3)
    #expect(
      problem { $0.ejected = ["gold"] }.contains("none of the bundle's: copper, brass, steel"))
    #expect(problem { $0.thresholds = ["gold": 0.5] }.contains("class 'gold'"))
    #expect(problem { $0.thresholds = ["copper": 1.5] }.contains("1.5 found, 0 to 1 wanted"))
    #expect(problem { $0.energyLimit = .nan }.contains("finite"))
    #expect(problem { $0.views = 0 }.contains("views: 0 found, 1 to 100 wanted"))
    #expect(problem { $0.minimumViews = 101 }.contains("minimumViews: 101 found"))
  }
}
