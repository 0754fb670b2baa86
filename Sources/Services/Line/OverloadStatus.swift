/// How closely a line looks at pieces, from having time to having none.
public enum OverloadRung: String, Sendable, Codable, CaseIterable {
  case full
  case fewerViews
  case color
  case blind

  /// From 1, as a PLC reads it.
  var number: UInt16 { UInt16((Self.allCases.firstIndex(of: self) ?? 0) + 1) }

  /// What it means, for an operator.
  public var sentence: String {
    switch self {
    case .full: "every piece is looked at as often as the recipe wants"
    case .fewerViews: "every piece is looked at once only"
    case .color: "pieces are told apart by their color alone"
    case .blind: "pieces are not looked at; all go where the recipe says"
    }
  }
}

/// How closely it looks now, and what was announced.
public struct OverloadStatus: Sendable, Codable, Equatable {
  public var rung: OverloadRung
  /// Announced, and in force within a third of a second.
  public var coming: OverloadRung?
  /// Steps since the start, down and up.
  public var steps: Int

  public init(_ rung: OverloadRung, coming: OverloadRung?, steps: Int) {
    (self.rung, self.coming, self.steps) = (rung, coming, steps)
  }

  /// In a sentence, for the journal.
  public var sentence: String {
    coming.map { "in a moment \($0.sentence)" } ?? rung.sentence
  }

  /// What is to be told while not all is as it should be.
  var reason: LineReason? {
    guard rung != .full else { return nil }
    return LineReason(
      "overload-\(rung.rawValue)", "time is short: \(rung.sentence)",
      remedy: "slow the belt, or take other work off this computer; it goes back by itself",
      isUnfit: rung != .fewerViews)
  }
}
