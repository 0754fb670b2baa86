import Conveyor

/// Tells pieces apart by their mean color alone, as a network told them apart before.
///
/// It learns while the network has time: mean and spread of the color of each class, from what the
/// network is sure of. It costs next to nothing and knows next to nothing: a guess for moments in
/// which there is no time for more, never a second opinion.
struct ColorBaseline: Sendable {
  /// Views of a class from which its color is known.
  static let enough = 30
  /// Views of a frame that are learned from, so that learning costs a frame nothing.
  static let viewsPerFrame = 4
  /// Only what the network gives so much is learned.
  private static let sure = 0.9
  /// Colors of one class are never taken to be nearer to one another than this, in the crop's
  /// standardized numbers.
  private static let leastVariance = 1e-3
  /// Beyond so many standard deviations a color is none that is known.
  private static let strange = 4.0

  private struct ClassColor: Sendable {
    var count = 0
    var mean: [3 of Double] = [0, 0, 0]
    var squares: [3 of Double] = [0, 0, 0]
  }

  private var classes: [ClassColor]

  init(classes count: Int) {
    classes = [ClassColor](repeating: ClassColor(), count: count)
  }

  /// Whether the classes that matter, and one other, were seen often enough.
  func isKnown(_ places: Set<Int>) -> Bool {
    let known = classes.indices.filter { classes[$0].count >= Self.enough }
    return known.count > 1 && places.isSubset(of: known)
  }

  /// The rule that its logits are read by: a color far from all is unknown.
  func rule(_ network: DecisionRule) -> DecisionRule {
    var rule = network
    rule.temperature = 1
    rule.energyLimit = Self.strange * Self.strange / 2
    return rule
  }

  /// Learns from a view `[colorSize, colorSize, 3]` that the network gave `logits`.
  mutating func learn(_ view: ArraySlice<Float>, _ logits: ArraySlice<Float>, by rule: DecisionRule)
  {
    var evidence = Evidence()
    evidence.add(logits, weight: 1)
    guard let verdict = rule.verdict(on: evidence), let place = verdict.classIndex,
      verdict.confidence >= Self.sure
    else { return }
    let color = Self.mean(view)
    classes[place].count += 1
    for channel in 0..<3 {
      let step = color[channel] - classes[place].mean[channel]
      classes[place].mean[channel] += step / Double(classes[place].count)
      classes[place].squares[channel] += step * (color[channel] - classes[place].mean[channel])
    }
  }

  /// Writes the logits `[classes]` of a view: minus half the squared distance to each class's color
  /// in standard deviations.
  func classify(_ view: ArraySlice<Float>, into logits: inout [Float], at start: Int) {
    let color = Self.mean(view)
    for (place, known) in classes.enumerated() {
      guard known.count >= Self.enough else {
        logits[start + place] = -1e4
        continue
      }
      var distance = 0.0
      for channel in 0..<3 {
        let away = color[channel] - known.mean[channel]
        let variance = known.squares[channel] / Double(known.count - 1)
        distance += away * away / max(variance, Self.leastVariance)
      }
      logits[start + place] = Float(-distance / 2)
    }
  }

  private static func mean(_ view: ArraySlice<Float>) -> [3 of Double] {
    var sums: [3 of Double] = [0, 0, 0]
    var channel = 0
    for value in view {
      sums[channel] += Double(value)
      channel = channel == 2 ? 0 : channel + 1
    }
    let pixels = Double(view.count / 3)
    for channel in 0..<3 { sums[channel] /= pixels }
    return sums
  }
}
