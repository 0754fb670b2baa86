import Conveyor

/// What another recipe said of a piece, or the one in force.
public struct ShadowOpinion: Codable, Sendable, Equatable {
  public var `class`: String
  public var likeliest: String
  public var confidence: Double
  public var isEjected: Bool
}

/// A piece that two recipes tell apart.
public struct ShadowDisagreement: Codable, Sendable, Equatable {
  public var piece: Int
  public var live: ShadowOpinion
  public var shadow: ShadowOpinion
  /// Views that both rest on.
  public var views: Int
  public var squareMillimeters: Double
}

/// How far another recipe agrees: what was heard of each piece, and what both said in the end.
struct ShadowBooks: Sendable {
  /// Pieces on their way, and disagreements, that are remembered at most.
  static let pieceLimit = 4096
  static let shownLimit = 200

  private let rule: DecisionRule
  private let ejected: Set<Int>
  private var heard: [Int: Evidence] = [:]
  private(set) var agreed = 0
  private(set) var disagreed = 0
  private(set) var skipped = 0
  private(set) var pairs: [String: [String: Int]] = [:]
  /// The newest last.
  private(set) var disagreements: [ShadowDisagreement] = []

  init(_ rule: DecisionRule, ejected: Set<Int>) { (self.rule, self.ejected) = (rule, ejected) }

  /// Takes in the logits `[classes]` of one view.
  mutating func hear(_ piece: Int, _ logits: some Collection<Float>, weight: Double) {
    // Of pieces that nobody decided, as their news had no room.
    if heard.count >= Self.pieceLimit { heard.removeAll(keepingCapacity: true) }
    heard[piece, default: Evidence()].add(logits, weight: weight)
  }

  /// The piece left undecided.
  mutating func forget(_ piece: Int) { heard[piece] = nil }

  /// All that was heard is void, as it is in the line when its recipe changes.
  mutating func forgetAll() { heard.removeAll(keepingCapacity: true) }

  /// Compares with what the line decided, where both had the same views; gives a disagreement.
  mutating func judge(_ decision: PieceDecision) -> ShadowDisagreement? {
    guard let evidence = heard.removeValue(forKey: decision.piece),
      evidence.views == decision.views, let verdict = rule.verdict(on: evidence)
    else {
      skipped += 1
      return nil
    }
    let opinion = ShadowOpinion(
      class: verdict.classIndex.map { rule.classes[$0] } ?? PieceDecision.unknown,
      likeliest: rule.classes[verdict.likeliest], confidence: verdict.confidence,
      isEjected: verdict.classIndex.map(ejected.contains) ?? false)
    let live = ShadowOpinion(
      class: decision.class, likeliest: decision.likeliest, confidence: decision.confidence,
      isEjected: decision.action == .eject)
    pairs[live.class, default: [:]][opinion.class, default: 0] += 1
    // What is blown out by neither, as it is too late, is no matter of opinion.
    let isAlike =
      live.class == opinion.class && (decision.isLate || live.isEjected == opinion.isEjected)
    guard !isAlike else {
      agreed += 1
      return nil
    }
    disagreed += 1
    let found = ShadowDisagreement(
      piece: decision.piece, live: live, shadow: opinion, views: decision.views,
      squareMillimeters: decision.areaSquareMillimeters)
    if disagreements.count == Self.shownLimit { disagreements.removeFirst() }
    disagreements.append(found)
    return found
  }
}
