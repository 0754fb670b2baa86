import Foundation
import Units

/// A piece that is known to lie on the belt, for judging a run.
public struct TruePiece: Sendable, Equatable {
  public var name: String
  public var `class`: String
  /// Where it lies on the belt, in the frames' belt coordinates.
  public var bounds: Rectangle<BeltFrame>
  /// Its mass where it is known, in grams.
  public var grams: Double?
  public var areaSquareMillimeters: Double

  public init(
    name: String, class: String, bounds: Rectangle<BeltFrame>, grams: Double? = nil,
    areaSquareMillimeters: Double? = nil
  ) {
    self.name = name
    self.class = `class`
    self.bounds = bounds
    self.grams = grams
    self.areaSquareMillimeters = areaSquareMillimeters ?? bounds.width * bounds.height
  }

  /// Its mass, or area to the power of 1.5, which stands for the mass of pieces of one shape.
  var weight: Double { grams ?? pow(areaSquareMillimeters, 1.5) / 1000 }
}

/// How well a set of pieces was separated, in shares; nil where there was nothing to divide by.
public struct SortingFigures: Codable, Sendable, Equatable {
  /// Share of what was taken out that belongs there.
  public var purity: Double?
  /// Share of what belongs out that was taken out.
  public var recovery: Double?
  /// Share of what does not belong out that was taken out.
  public var falseEject: Double?
  /// Share of the feed that was taken out.
  public var pull: Double?

  /// Source: Küppers et al., *Influence of Throughput Rate and Input Composition on Sensor-based
  /// Sorting*, 2020, for yield, purity, recovery and the share incorrectly discharged.
  init(trueOut: Double, falseOut: Double, targets: Double, others: Double) {
    func share(_ part: Double, of whole: Double) -> Double? { whole > 0 ? part / whole : nil }
    purity = share(trueOut, of: trueOut + falseOut)
    recovery = share(trueOut, of: targets)
    falseEject = share(min(falseOut, others), of: others)
    pull = share(trueOut + falseOut, of: targets + others)
  }
}

/// A run against the truth.
public struct Score: Codable, Sendable, Equatable {
  /// What stands in the last columns of the confusion.
  public static let missed = "missed"

  /// Figures of one class or set, weighted by mass and by count.
  public struct Figures: Codable, Sendable, Equatable {
    public var byMass: SortingFigures
    public var byCount: SortingFigures
  }

  /// Classes that were to be blown out.
  public var targets: [String]
  /// The target set, as ejected: late decisions and missed pieces count as not ejected.
  public var ejected: Figures
  /// Each class as if it were the target, by its decisions alone.
  public var classes: [String: Figures]
  /// Counts of true class (outer) and decided class (inner), with `unknown` and `missed`.
  public var confusion: [String: [String: Int]]
  /// True pieces that lay wholly within the frames.
  public var truePieces: Int
  /// True pieces without a decision.
  public var missed: Int
  /// Decisions without a true piece.
  public var falsePieces: Int
  /// Pieces blown out that should not have been, false pieces among them.
  public var falseEjects: Int
  /// Share of true pieces whose class was told, strangers by `unknown`.
  public var accuracy: Double?
  /// What the mass figures rest on.
  public var massSource: String
}

extension Score {
  /// Matches decisions to true pieces by belt position and judges them.
  ///
  /// - Parameters:
  ///   - seen: the stretch and width of belt that the run's frames showed; other pieces are left
  ///     out of the truth.
  ///   - targets: classes that are blown out.
  ///   - classes: what the bundle knows; a true piece of another class is rightly `unknown`.
  public init(
    of decisions: [PieceDecision], against truth: [TruePiece], seen: Rectangle<BeltFrame>,
    targets: Set<String>, classes: [String]
  ) {
    let truth = truth.filter { seen.contains($0.bounds) }
    let decisions = decisions.filter { seen.contains($0.beltMillimeters.center) }
    let matches = Self.match(decisions, to: truth)
    let matched = Set(matches.compactMap { $0 })
    let strays = decisions.indices.filter { !matched.contains($0) }
    var cells = SortingCells()
    var perClass = [String: SortingCells](
      uniqueKeysWithValues: classes.map { ($0, SortingCells()) })
    var confusion: [String: [String: Int]] = [:]
    var correct = 0
    for (piece, match) in zip(truth, matches) {
      let decision = match.map { decisions[$0] }
      let told = decision?.class ?? Self.missed
      confusion[piece.class, default: [:]][told, default: 0] += 1
      let wanted = classes.contains(piece.class) ? piece.class : PieceDecision.unknown
      if told == wanted { correct += 1 }
      cells.add(
        piece.weight, isTarget: targets.contains(piece.class), isOut: decision?.action == .eject)
      for name in classes {
        perClass[name]?.add(piece.weight, isTarget: piece.class == name, isOut: told == name)
      }
    }
    for index in strays {
      let stray = decisions[index]
      let weight = pow(stray.areaSquareMillimeters, 1.5) / 1000
      if stray.action == .eject { cells.addStray(weight) }
      perClass[stray.class]?.addStray(weight)
    }
    self.confusion = confusion
    self.targets = targets.sorted()
    ejected = cells.figures
    self.classes = perClass.mapValues(\.figures)
    truePieces = truth.count
    missed = matches.filter { $0 == nil }.count
    falsePieces = strays.count
    falseEjects = cells.falseOutCount
    accuracy = truth.isEmpty ? nil : Double(correct) / Double(truth.count)
    massSource =
      truth.allSatisfy { $0.grams != nil } && !truth.isEmpty
      ? "masses of the truth" : "area to the power of 1.5"
  }

  /// The true class of each decided piece, by the piece's number; pieces that lay partly outside
  /// the frames, and decisions that are no true piece, are left out.
  public static func trueClasses(
    of decisions: [PieceDecision], against truth: [TruePiece], seen: Rectangle<BeltFrame>
  ) -> [Int: String] {
    let truth = truth.filter { seen.contains($0.bounds) }
    let decisions = decisions.filter { seen.contains($0.beltMillimeters.center) }
    return zip(truth, match(decisions, to: truth)).reduce(into: [:]) { classes, pair in
      if let number = pair.1 { classes[decisions[number].piece] = pair.0.class }
    }
  }

  /// The decision of each true piece: nearest centers first, each used once.
  private static func match(_ decisions: [PieceDecision], to truth: [TruePiece]) -> [Int?] {
    var pairs: [(distance: Double, piece: Int, decision: Int)] = []
    for (index, piece) in truth.enumerated() {
      // Half a piece's size apart, two centers can hardly belong to one piece.
      let gate = max(10, 0.5 * max(piece.bounds.width, piece.bounds.height))
      for (number, decision) in decisions.enumerated() {
        let (a, b) = (piece.bounds.center, decision.beltMillimeters.center)
        let distance = ((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)).squareRoot()
        if distance <= gate { pairs.append((distance, index, number)) }
      }
    }
    pairs.sort { ($0.distance, $0.piece, $0.decision) < ($1.distance, $1.piece, $1.decision) }
    var matches = [Int?](repeating: nil, count: truth.count)
    var isTaken = [Bool](repeating: false, count: decisions.count)
    for pair in pairs where matches[pair.piece] == nil && !isTaken[pair.decision] {
      matches[pair.piece] = pair.decision
      isTaken[pair.decision] = true
    }
    return matches
  }
}

/// Sums of mass and count, in and out of the target set, taken out or left.
private struct SortingCells {
  private var mass = (trueOut: 0.0, falseOut: 0.0, targets: 0.0, others: 0.0)
  private var count = (trueOut: 0, falseOut: 0, targets: 0, others: 0)

  var falseOutCount: Int { count.falseOut }

  mutating func add(_ weight: Double, isTarget: Bool, isOut: Bool) {
    if isTarget {
      mass.targets += weight
      count.targets += 1
    } else {
      mass.others += weight
      count.others += 1
    }
    guard isOut else { return }
    if isTarget {
      mass.trueOut += weight
      count.trueOut += 1
    } else {
      mass.falseOut += weight
      count.falseOut += 1
    }
  }

  /// Something taken out that is no piece of the truth.
  mutating func addStray(_ weight: Double) {
    mass.falseOut += weight
    count.falseOut += 1
  }

  var figures: Score.Figures {
    Score.Figures(
      byMass: SortingFigures(
        trueOut: mass.trueOut, falseOut: mass.falseOut, targets: mass.targets,
        others: mass.others),
      byCount: SortingFigures(
        trueOut: Double(count.trueOut), falseOut: Double(count.falseOut),
        targets: Double(count.targets), others: Double(count.others)))
  }
}

extension Rectangle<BeltFrame> {
  fileprivate func contains(_ other: Self) -> Bool {
    other.x >= x && other.y >= y && other.x + other.width <= x + width
      && other.y + other.height <= y + height
  }

  fileprivate func contains(_ point: Point<BeltFrame>) -> Bool {
    (x...(x + width)).contains(point.x) && (y...(y + height)).contains(point.y)
  }
}
