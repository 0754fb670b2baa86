/// One number of a calibration step and what it is held to: a verdict is made of these.
public struct Figure: Codable, Equatable, Sendable {
  /// How the value is held to its limit.
  public enum Bound: Codable, Equatable, Sendable {
    case atMost(Double)
    case atLeast(Double)
    /// Told, not judged.
    case none
  }

  /// What was measured, as a person says it: `registration error, 95 % of the belt`.
  public var name: String
  public var value: Double
  /// `mm`, `nm`, `ms`, `px`, `%`, or empty for a plain number.
  public var unit: String
  public var bound: Bound
  /// Half the width of the 95 % interval of `value`, in its unit, where one is known.
  public var uncertainty: Double?

  public init(
    _ name: String, _ value: Double, _ unit: String, _ bound: Bound = .none,
    uncertainty: Double? = nil
  ) {
    self.name = name
    self.value = value
    self.unit = unit
    self.bound = bound
    self.uncertainty = uncertainty
  }

  /// Whether the value keeps its limit; a value that is not finite keeps none.
  public var isMet: Bool {
    switch bound {
    case .none: true
    case .atMost(let limit): value <= limit
    case .atLeast(let limit): value >= limit
    }
  }
}

/// Something that a person should do or know after a step.
public struct Advice: Codable, Equatable, Sendable {
  /// How much it matters.
  public enum Weight: String, Codable, Comparable, Sendable {
    case note, warning, failure

    private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }

    public static func < (first: Self, second: Self) -> Bool { first.rank < second.rank }
  }

  public var weight: Weight
  /// What was found, with its number, and what was wanted.
  public var problem: String
  /// The next thing to do.
  public var remedy: String

  public init(_ weight: Weight, _ problem: String, remedy: String) {
    self.weight = weight
    self.problem = problem
    self.remedy = remedy
  }
}

/// What a step says of itself: its figures, what to do next, and the verdict that follows.
public struct Judgement: Codable, Equatable, Sendable {
  /// The answer to "is this good?".
  public enum Verdict: String, Codable, Sendable {
    case pass
    /// Usable, but something should be looked at.
    case caution
    case fail
  }

  public var figures: [Figure]
  public var advice: [Advice]

  public init(figures: [Figure], advice: [Advice] = []) {
    self.figures = figures
    self.advice = advice
  }

  /// Fails where a figure misses its limit or a failure was found; cautions at a warning.
  public var verdict: Verdict {
    let worst = advice.map(\.weight).max()
    if worst == .failure || figures.contains(where: { !$0.isMet }) { return .fail }
    return worst == .warning ? .caution : .pass
  }
}
