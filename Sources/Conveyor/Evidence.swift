import Foundation

/// What several frames of one piece say together: the weighted mean of their logits.
///
/// Source: Garcia, Morerio, Murino, *Modality Distillation with Multiple Stream Networks for
/// Action Recognition*, 2018, on averaging logits over frames. Differs: a frame weighs as much
/// as it shows (area, sharpness, no glare).
public struct Evidence: Sendable, Equatable {
  /// How many frames spoke.
  public private(set) var views = 0
  private var weightedSum: [Double] = []
  private var weight = 0.0

  public init() {}

  /// Adds the logits `[classes]` of one view; those that are not finite are left out.
  public mutating func add(_ logits: some Collection<Float>, weight: Double) {
    precondition(weight > 0, "evidence: weight \(weight), a positive one wanted")
    guard logits.allSatisfy(\.isFinite) else { return }
    if weightedSum.isEmpty { weightedSum = [Double](repeating: 0, count: logits.count) }
    precondition(
      weightedSum.count == logits.count,
      "evidence of \(weightedSum.count) classes: \(logits.count) logits")
    for (index, logit) in logits.enumerated() { weightedSum[index] += weight * Double(logit) }
    self.weight += weight
    views += 1
  }

  /// The class that is most spoken for; nil before the first view.
  public var likeliest: Int? {
    weightedSum.indices.max { weightedSum[$0] < weightedSum[$1] }
  }

  /// Mean logits `[classes]`; nil before the first view.
  public var logits: [Double]? {
    views > 0 ? weightedSum.map { $0 / weight } : nil
  }
}

/// How evidence becomes a class: temperature, a threshold for each class, a limit for strangers.
public struct DecisionRule: Codable, Equatable, Sendable {
  public var classes: [String]
  /// Divides the mean logits; fitted on whole pieces.
  public var temperature: Double
  /// Least probability at which a piece counts as of the class, one for each.
  public var thresholds: [Double]
  /// Largest energy of a known piece, at the same temperature; nil asks no such question.
  public var energyLimit: Double?
  /// Largest score, one less the probability, at which a class is in a piece's set, one for each.
  ///
  /// With sets, thresholds are not asked; nil decides by the thresholds alone.
  public var setLimits: [Double]?

  public init(
    classes: [String], temperature: Double = 1, thresholds: [Double]? = nil,
    energyLimit: Double? = nil
  ) {
    let thresholds = thresholds ?? [Double](repeating: 0.5, count: classes.count)
    precondition(!classes.isEmpty, "decision rule: no class")
    precondition(temperature > 0, "decision rule: temperature \(temperature)")
    precondition(
      thresholds.count == classes.count,
      "decision rule of \(classes.count) classes: \(thresholds.count) thresholds")
    self.classes = classes
    self.temperature = temperature
    self.thresholds = thresholds
    self.energyLimit = energyLimit
  }

  /// The class that `evidence` speaks for; nil without evidence.
  ///
  /// Source: Liu et al., *Energy-based Out-of-distribution Detection*, 2020, Equation 4, for the
  /// energy `E = -T logsumexp(z / T)`; arXiv:2010.03759.
  public func verdict(on evidence: Evidence) -> Verdict? {
    guard let logits = evidence.logits else { return nil }
    precondition(
      logits.count == classes.count,
      "decision rule of \(classes.count) classes: \(logits.count) logits")
    let scaled = logits.map { $0 / temperature }
    let most = scaled.max() ?? 0
    let exponentials = scaled.map { exp($0 - most) }
    let total = exponentials.reduce(0, +)
    let probabilities = exponentials.map { $0 / total }
    let energy = -temperature * (most + log(total))
    let best = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
    let isStrange = energyLimit.map { energy > $0 } ?? false
    var verdict = Verdict(
      classIndex: nil, likeliest: best, confidence: probabilities[best],
      probabilities: probabilities, energy: energy, views: evidence.views)
    if let setLimits {
      let set = probabilities.indices.filter { 1 - probabilities[$0] <= setLimits[$0] }
      verdict.set = set
      verdict.classIndex = isStrange || set.count != 1 ? nil : set[0]
      verdict.isUncertain = !isStrange && set.count > 1
    } else if !isStrange, probabilities[best] >= thresholds[best] {
      verdict.classIndex = best
    }
    return verdict
  }
}

/// What a piece is, and how sure that is.
public struct Verdict: Sendable, Equatable {
  /// The class, or nil for unknown: too uncertain, or too strange.
  public var classIndex: Int?
  /// The class with the largest probability, whether it sufficed or not.
  public var likeliest: Int
  /// Probability of the likeliest class, 0 to 1.
  public var confidence: Double
  /// `[classes]`, 0 to 1, sum 1.
  public var probabilities: [Double]
  /// -T logsumexp(z / T): low for what the network knows.
  public var energy: Double
  /// Frames that spoke.
  public var views: Int
  /// The classes that the piece may be of, where sets are asked for.
  public var set: [Int]?
  /// Whether it is known, and may be of more than one class.
  public var isUncertain = false
}
