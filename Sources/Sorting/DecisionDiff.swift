import Units

/// What other settings make of the same recording, piece by piece.
///
/// Pieces have the numbers of their own run: those of two runs are matched by where they lie on the
/// belt, nearest centers first.
public struct DecisionDiff: Codable, Sendable, Equatable {
  /// A piece that is told or handled otherwise.
  public struct Change: Codable, Sendable, Equatable {
    /// Nil where only the other settings found it.
    public var before: PieceDecision?
    /// Nil where only the settings of before found it.
    public var after: PieceDecision?

    /// Whether it was blown out before, and is now.
    public var wasEjected: Bool { before?.action == .eject }
    public var isEjected: Bool { after?.action == .eject }
  }

  /// How many pieces were told one way and are told another.
  public struct Turn: Codable, Sendable, Equatable {
    /// A class, `unknown`, or nil for a piece that was not found.
    public var from: String?
    public var to: String?
    public var count: Int
  }

  /// Pieces that both runs decided, and those that one of them did.
  public private(set) var both = 0
  public private(set) var onlyBefore = 0
  public private(set) var onlyAfter = 0
  /// In the order in which they lie on the belt.
  public private(set) var changes: [Change] = []

  /// Pieces of either run.
  public var pieces: Int { both + onlyBefore + onlyAfter }
  public var newlyEjected: Int { changes.count { $0.isEjected && !$0.wasEjected } }
  public var noLongerEjected: Int { changes.count { $0.wasEjected && !$0.isEjected } }

  /// The changes of class, the most frequent first.
  public var turns: [Turn] {
    var counts: [[String?]: Int] = [:]
    for change in changes where change.before?.class != change.after?.class {
      counts[[change.before?.class, change.after?.class], default: 0] += 1
    }
    func name(_ turn: Turn) -> String { "\(turn.from ?? "") \(turn.to ?? "")" }
    return counts.map { Turn(from: $0.key[0], to: $0.key[1], count: $0.value) }
      .sorted { ($1.count, name($0)) < ($0.count, name($1)) }
  }

  /// Compares the decisions of two runs over one recording.
  ///
  /// - Parameter gateMillimeters: how far apart two centers of one piece may lie; a piece is never
  ///   matched over more than half of its own size.
  public init(
    from before: [PieceDecision], to after: [PieceDecision], gateMillimeters: Double = 10
  ) {
    let matches = Self.match(before, after, gate: gateMillimeters)
    var isMatched = [Bool](repeating: false, count: after.count)
    for (index, match) in matches.enumerated() {
      guard let match else {
        onlyBefore += 1
        changes.append(Change(before: before[index]))
        continue
      }
      both += 1
      isMatched[match] = true
      let (first, second) = (before[index], after[match])
      if first.class != second.class || first.action != second.action {
        changes.append(Change(before: first, after: second))
      }
    }
    for index in after.indices where !isMatched[index] {
      onlyAfter += 1
      changes.append(Change(after: after[index]))
    }
    changes.sort { ($0.place.y, $0.place.x) < ($1.place.y, $1.place.x) }
  }

  /// For each decision the other that is of the same piece.
  ///
  /// Both lists are gone through along the belt, so that a recording of hours takes no longer for
  /// each piece than one of minutes.
  private static func match(
    _ before: [PieceDecision], _ after: [PieceDecision], gate: Double
  ) -> [Int?] {
    let order = after.indices.sorted { after[$0].center.y < after[$1].center.y }
    var pairs: [(distance: Double, before: Int, after: Int)] = []
    var first = 0
    for index in before.indices.sorted(by: { before[$0].center.y < before[$1].center.y }) {
      let center = before[index].center
      while first < order.count, after[order[first]].center.y < center.y - gate { first += 1 }
      for place in order[first...] {
        let other = after[place].center
        if other.y > center.y + gate { break }
        let (dx, dy) = (other.x - center.x, other.y - center.y)
        let distance = (dx * dx + dy * dy).squareRoot()
        let size = before[index].beltMillimeters
        if distance <= min(gate, max(1, max(size.width, size.height) / 2)) {
          pairs.append((distance, index, place))
        }
      }
    }
    pairs.sort { ($0.distance, $0.before, $0.after) < ($1.distance, $1.before, $1.after) }
    var matches = [Int?](repeating: nil, count: before.count)
    var isTaken = [Bool](repeating: false, count: after.count)
    for pair in pairs where matches[pair.before] == nil && !isTaken[pair.after] {
      matches[pair.before] = pair.after
      isTaken[pair.after] = true
    }
    return matches
  }
}

extension PieceDecision {
  fileprivate var center: Point<BeltFrame> { beltMillimeters.center }
}

extension DecisionDiff.Change {
  fileprivate init(before: PieceDecision) { self.init(before: before, after: nil) }
  fileprivate init(after: PieceDecision) { self.init(before: nil, after: after) }

  fileprivate var place: Point<BeltFrame> {
    (before ?? after)?.beltMillimeters.center ?? Point(x: 0, y: 0)
  }
}
