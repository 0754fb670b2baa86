import Diagnostics
import Foundation
import Tensors

/// A split with the samples it divides and what was left out.
public struct PlannedSplit: Sendable {
  /// The samples that the split's numbers count: those of the kept classes.
  public let catalog: SampleCatalog
  public let split: Split
  public let plan: SplitPlan
  /// Classes without enough samples, with the reason; only where the plan drops such.
  public let droppedClasses: [String]
  /// Samples in reach of a test patch, which training, validation and calibration gave up.
  public let guarded: Int
  /// Why overlap is accepted, where a published mask is.
  public let acceptedOverlap: String?
}

extension SampleCatalog {
  /// Divides the samples as planned.
  ///
  /// `patch` is the side of a scene's patches, in pixels. Errors: `SplitError` where groups are
  /// too few or classes vanish; `LeakRefused` where training sees something of the test, unless
  /// the split only serves to show the flattering figure, or the recording accepts its overlap.
  public func split(
    by plan: SplitPlan, patch: Int, purpose: SplitPlan.Purpose = .evaluation
  ) throws -> PlannedSplit {
    let place = folder.file.relativePath
    try plan.check(place: place)
    var catalog = self
    var dropped: [String] = []
    while true {
      let parts = try Parts.best(of: catalog, plan: plan, patch: patch, place: place)
      let wanting = parts.wantingClasses(in: catalog, plan: plan)
      if wanting.isEmpty {
        return try catalog.finish(
          parts, plan: plan, patch: patch, purpose: purpose, dropped: dropped)
      }
      guard plan.classMinimum != nil else {
        throw SplitError(place, .classesVanish(wanting.map(\.reason)))
      }
      dropped += wanting.map(\.reason)
      let kept = catalog.classes.indices.filter { label in
        !wanting.contains { $0.label == label }
      }
      guard kept.count >= 2 else { throw SplitError(place, .noClassLeft) }
      catalog = catalog.keeping(kept)
    }
  }

  private func finish(
    _ parts: Parts, plan: SplitPlan, patch: Int, purpose: SplitPlan.Purpose, dropped: [String]
  ) throws -> PlannedSplit {
    let (labelled, unlabelled) = budget(parts.training, plan: plan)
    let leak = LeakCheck.leak(
      training: parts.training, test: parts.test, in: self, patch: patch)
    let accepted = plan.method == .trainingMask ? acceptedOverlap : nil
    let standing: Split.Standing
    if purpose == .flatteringFigure {
      standing = .flattering
    } else if leak.isNone {
      standing = .clean
    } else if accepted != nil {
      standing = .acceptedOverlap
    } else {
      throw LeakRefused(folder.file.relativePath, leak)
    }
    return PlannedSplit(
      catalog: self,
      split: Split(
        labelled: labelled, unlabelled: unlabelled, validation: parts.validation,
        calibration: parts.calibration, test: parts.test, standing: standing, leak: leak),
      plan: plan, droppedClasses: dropped, guarded: parts.guarded, acceptedOverlap: accepted)
  }

  /// The reasons that recordings with a mask give; nil where one of them gives none.
  private var acceptedOverlap: String? {
    let masks = folder.manifest.recordings.compactMap(\.split)
    let reasons = masks.compactMap(\.acceptedOverlap)
    return reasons.count == masks.count && !reasons.isEmpty
      ? reasons.joined(separator: "; ") : nil
  }

  /// Chooses, by the plan's seed, the samples of each class whose label may be used.
  private func budget(_ training: [Int], plan: SplitPlan) -> (labelled: [Int], unlabelled: [Int]) {
    guard let budget = plan.labelsPerClass else {
      return (
        training.filter { entries[$0].label != nil }, training.filter { entries[$0].label == nil }
      )
    }
    var random = SplitMix64(seed: plan.seed, purpose: "label budget")
    var used: Set<Int> = []
    for label in classes.indices {
      let own = training.filter { entries[$0].label == label }
      for chosen in random.permutation(own.count).prefix(budget) { used.insert(own[chosen]) }
    }
    return (training.filter(used.contains), training.filter { !used.contains($0) })
  }
}

/// Sample numbers of each part, before labels are rationed.
private struct Parts {
  var training: [Int] = []
  var validation: [Int] = []
  var calibration: [Int] = []
  var test: [Int] = []
  var guarded = 0
  /// Random starts for each dealing.
  private let attempts: Int

  /// The best of some draws; only a guard band, which no draw foresees, makes them differ.
  ///
  /// Best is what misses the fewest classes in test and training, then in validation and
  /// calibration, and then gives up the fewest samples.
  static func best(
    of catalog: SampleCatalog, plan: SplitPlan, patch: Int, place: String
  ) throws -> Parts {
    let band = plan.guardBand ?? (plan.method == .blocks ? patch - 1 : 0)
    var best = try Parts(
      of: catalog, plan: plan, band: band, place: place, draw: 0, attempts: band > 0 ? 1 : 16)
    guard best.guarded > 0 else { return best }
    var bestCost = best.cost(in: catalog, plan: plan)
    for draw in 1..<24 {
      let parts = try Parts(
        of: catalog, plan: plan, band: band, place: place, draw: draw, attempts: 1)
      let cost = parts.cost(in: catalog, plan: plan)
      if cost < bestCost { (best, bestCost) = (parts, cost) }
    }
    return best
  }

  private func cost(in catalog: SampleCatalog, plan: SplitPlan) -> Double {
    let wanting = Double(wantingClasses(in: catalog, plan: plan).count)
    let choices = [validation, calibration].reduce(0) { missing, numbers in
      let found = Set(numbers.compactMap { catalog.entries[$0].label })
      return missing + (numbers.isEmpty ? 0 : catalog.classes.count - found.count)
    }
    let lost = Double(guarded) / Double(max(1, catalog.entries.count))
    return 100 * wanting + Double(choices) + lost
  }

  private init(
    of catalog: SampleCatalog, plan: SplitPlan, band: Int, place: String, draw: Int,
    attempts: Int
  ) throws {
    self.attempts = attempts
    if plan.method == .blocks || plan.method == .trainingMask,
      catalog.entries.contains(where: { catalog.layout(of: $0) == .belt })
    {
      throw SplitError(place, .methodNeedsScene(plan.method.rawValue))
    }
    var random = SplitMix64(seed: plan.seed, purpose: "split, draw \(draw)")
    switch plan.method {
    case .random: deal(catalog, plan: plan, using: &random)
    case .groups, .blocks:
      let all = Array(catalog.entries.indices)
      try deal(all, of: catalog, plan: plan, hasTest: true, place: place, using: &random)
    case .trainingMask:
      guard catalog.entries.contains(where: { $0.isInTrainingMask != nil }) else {
        throw SplitError(place, .noMask)
      }
      let numbers = catalog.entries.indices
      test = numbers.filter { catalog.entries[$0].isInTrainingMask != true }
      let rest = numbers.filter { catalog.entries[$0].isInTrainingMask == true }
      try deal(rest, of: catalog, plan: plan, hasTest: false, place: place, using: &random)
    }
    if band > 0 { keepOut(of: band, catalog) }
    // A sample of unknown class can teach a student but judge nothing.
    validation.removeAll { catalog.entries[$0].label == nil }
    calibration.removeAll { catalog.entries[$0].label == nil }
    test.removeAll { catalog.entries[$0].label == nil }
  }

  /// Deals single samples, class by class.
  private mutating func deal(
    _ catalog: SampleCatalog, plan: SplitPlan, using random: inout some RandomNumberGenerator
  ) {
    for label in catalog.classes.indices.map({ Int?.some($0) }) + [nil] {
      let own = catalog.entries.indices.filter { catalog.entries[$0].label == label }
      let order = random.permutation(own.count).map { own[$0] }
      let test = Int((Double(own.count) * plan.testShare).rounded())
      let validation = Int((Double(own.count) * plan.validationShare).rounded())
      let calibration = Int((Double(own.count) * plan.calibrationShare).rounded())
      self.test += order.prefix(test)
      self.validation += order.dropFirst(test).prefix(validation)
      self.calibration += order.dropFirst(test + validation).prefix(calibration)
      training += order.dropFirst(test + validation + calibration)
    }
    sort()
  }

  /// Deals whole units (groups, or blocks of a scene).
  private mutating func deal(
    _ numbers: [Int], of catalog: SampleCatalog, plan: SplitPlan, hasTest: Bool, place: String,
    using random: inout some RandomNumberGenerator
  ) throws {
    var units: [String: [Int]] = [:]
    for number in numbers {
      let entry = catalog.entries[number]
      let unit =
        plan.method == .groups
        ? entry.group : catalog.unit(of: entry, blockSide: plan.blockSide)
      units[unit, default: []].append(number)
    }
    let unknown = units.filter { $0.value.allSatisfy { catalog.entries[$0].label == nil } }
    training = unknown.values.flatMap(\.self)
    var left = units.keys.filter { unknown[$0] == nil }.sorted()
    if hasTest, let folds = plan.folds {
      guard left.count >= folds else {
        throw SplitError(
          place,
          .tooFewUnits(
            found: left.count, wanted: folds, parts: (0..<folds).map { "fold \($0)" }))
      }
      var dealer = SplitMix64(seed: plan.seed, purpose: "folds")
      let parts = assign(
        left, units, catalog, [Double](repeating: 1 / Double(folds), count: folds),
        using: &dealer)
      for (unit, part) in zip(left, parts) where part == plan.fold { test += units[unit] ?? [] }
      left = zip(left, parts).filter { $0.1 != plan.fold }.map(\.0)
    }
    let dealsTest = hasTest && plan.folds == nil
    let shares: [(name: String, share: Double)] = [
      ("test", dealsTest ? plan.testShare : 0), ("validation", plan.validationShare),
      ("calibration", plan.calibrationShare),
    ]
    let wanted = shares.filter { $0.share > 0 }
    guard left.count > wanted.count else {
      throw SplitError(
        place,
        .tooFewUnits(
          found: left.count, wanted: wanted.count + 1, parts: ["training"] + wanted.map(\.name)))
    }
    let rest = 1 - wanted.reduce(0) { $0 + $1.share }
    let parts = assign(left, units, catalog, [rest] + wanted.map(\.share), using: &random)
    for (unit, part) in zip(left, parts) {
      let own = units[unit] ?? []
      switch part == 0 ? "training" : wanted[part - 1].name {
      case "test": test += own
      case "validation": validation += own
      case "calibration": calibration += own
      default: training += own
      }
    }
    sort()
  }

  private func assign(
    _ names: [String], _ units: [String: [Int]], _ catalog: SampleCatalog, _ shares: [Double],
    using random: inout some RandomNumberGenerator
  ) -> [Int] {
    let counts = names.map { name in
      var counts = [Int](repeating: 0, count: catalog.classes.count)
      for label in (units[name] ?? []).compactMap({ catalog.entries[$0].label }) {
        counts[label] += 1
      }
      return counts
    }
    return GroupAssignment.best(
      counts: counts, shares: shares, attempts: attempts, using: &random)
  }

  private mutating func sort() {
    training.sort()
    validation.sort()
    calibration.sort()
    test.sort()
  }

  /// Takes out of all other parts what lies within `band` pixels of a test pixel, and out of
  /// training what lies so near to validation or calibration.
  private mutating func keepOut(of band: Int, _ catalog: SampleCatalog) {
    let before = training.count + validation.count + calibration.count
    let nearTest = Reach(of: test, band: band, catalog)
    validation.removeAll { nearTest.contains(catalog.entries[$0]) }
    calibration.removeAll { nearTest.contains(catalog.entries[$0]) }
    let nearChoice = Reach(of: validation + calibration, band: band, catalog)
    training.removeAll {
      nearTest.contains(catalog.entries[$0]) || nearChoice.contains(catalog.entries[$0])
    }
    guarded = before - training.count - validation.count - calibration.count
  }

  /// Classes that training or test has too few samples of.
  func wantingClasses(
    in catalog: SampleCatalog, plan: SplitPlan
  ) -> [(label: Int, reason: String)] {
    let minimum = plan.classMinimum ?? .init(training: 1, test: 1)
    func counts(_ numbers: [Int]) -> [Int] {
      var counts = [Int](repeating: 0, count: catalog.classes.count)
      for number in numbers {
        if let label = catalog.entries[number].label { counts[label] += 1 }
      }
      return counts
    }
    let inTest = counts(test)
    let inTraining = counts(training)
    let inRest = counts(training + validation + calibration)
    return catalog.classes.indices.compactMap { label in
      guard
        inTest[label] < max(1, minimum.test) || inRest[label] < minimum.training
          || inTraining[label] < 1
      else { return nil }
      return (
        label,
        "\(catalog.classes[label]) (\(inTraining[label]) in training, \(inTest[label]) in test)"
      )
    }
  }
}

/// The pixels of scenes within some distance of given samples.
private struct Reach {
  private var sums: [Int: RunningSums] = [:]
  private let band: Int

  init(of numbers: [Int], band: Int, _ catalog: SampleCatalog) {
    self.band = band
    let scenes = Dictionary(grouping: catalog.entries, by: \.recording)
    let own = Dictionary(grouping: numbers.map { catalog.entries[$0] }, by: \.recording)
    for (recording, entries) in own {
      let all = scenes[recording] ?? []
      sums[recording] = RunningSums(
        entries.map { .init(column: $0.column, row: $0.row, label: $0.label) },
        width: (all.map(\.column).max() ?? 0) + 1, height: (all.map(\.row).max() ?? 0) + 1)
    }
  }

  func contains(_ entry: SampleEntry) -> Bool {
    let center = LeakCheck.Center(column: entry.column, row: entry.row, label: entry.label)
    return (sums[entry.recording]?.count(around: center, reach: band) ?? 0) > 0
  }
}
