import Diagnostics

/// How gradients change parameters.
public struct OptimizerSettings: Codable, Equatable, Sendable {
  /// The rule by which a gradient becomes a step.
  public enum Algorithm: String, Codable, Sendable, CaseIterable {
    /// Stochastic gradient descent with momentum; the decay is added to the gradient.
    case momentumSGD
    /// Adam with decoupled decay.
    case adamW
  }

  public var algorithm = Algorithm.adamW
  /// The peak of the schedule.
  public var learningRate: Float = 0.001
  /// Of momentum SGD: how much of the last step's direction stays.
  public var momentum: Float = 0.9
  /// Of AdamW: how much of the running mean of gradients stays.
  public var beta1: Float = 0.9
  /// Of AdamW: how much of the running mean of squared gradients stays.
  public var beta2: Float = 0.999
  /// Of AdamW: keeps the division by a small mean finite.
  public var epsilon: Float = 1e-8
  /// How strongly kernels are drawn to 0; biases and norms never are.
  public var weightDecay: Float = 0.01
  /// The largest length that all gradients together may have; longer ones are shortened to it.
  public var clipNorm: Float?
  /// How much of the running average of parameters stays at each step; `nil` keeps no average.
  public var averageDecay: Float?

  public init(algorithm: Algorithm = .adamW, learningRate: Float = 0.001) {
    self.algorithm = algorithm
    self.learningRate = learningRate
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case algorithm, learningRate, momentum, beta1, beta2, epsilon, weightDecay, clipNorm
    case averageDecay
  }

  /// Reads settings; what is not named keeps its default, a name without a meaning is refused.
  public init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    func read(_ key: CodingKeys, _ property: WritableKeyPath<Self, Float>) throws {
      guard let value = try keys.decodeIfPresent(Float.self, forKey: key) else { return }
      self[keyPath: property] = value
    }
    algorithm = try keys.decodeIfPresent(Algorithm.self, forKey: .algorithm) ?? algorithm
    try read(.learningRate, \.learningRate)
    try read(.momentum, \.momentum)
    try read(.beta1, \.beta1)
    try read(.beta2, \.beta2)
    try read(.epsilon, \.epsilon)
    try read(.weightDecay, \.weightDecay)
    clipNorm = try keys.decodeIfPresent(Float.self, forKey: .clipNorm)
    averageDecay = try keys.decodeIfPresent(Float.self, forKey: .averageDecay)
  }

  /// Throws a `Complaint` that names the first setting outside its range.
  public func check(place: String) throws {
    func want(_ holds: Bool, _ name: String, _ value: Float, _ range: String) throws {
      guard !(holds && value.isFinite) else { return }
      throw Complaint(place, "\(name) is \(value), \(range) was wanted")
    }
    try want(learningRate > 0, "learningRate", learningRate, "a number above 0")
    for (name, value) in [("momentum", momentum), ("beta1", beta1), ("beta2", beta2)] {
      try want((0..<1).contains(value), name, value, "at least 0 and below 1")
    }
    try want(epsilon > 0, "epsilon", epsilon, "a number above 0")
    try want(weightDecay >= 0, "weightDecay", weightDecay, "at least 0")
    if let clipNorm { try want(clipNorm > 0, "clipNorm", clipNorm, "a number above 0") }
    if let averageDecay {
      try want((0..<1).contains(averageDecay), "averageDecay", averageDecay, "at least 0, below 1")
    }
  }
}
