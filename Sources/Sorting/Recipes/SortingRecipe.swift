import Bundles
import Conveyor
import Diagnostics

/// How what a network says of pieces is taken: what an operator chooses, beside the network itself.
///
/// What is nil is as the bundle and the line's settings say.
public struct SortingRecipe: Codable, Equatable, Sendable {
  /// Bounds of the views after which a piece is decided, and without which it is not believed.
  public static let viewBounds = 1...100

  /// What a person calls it; nil for settings that have no name.
  public var name: String?
  /// Classes that are blown out.
  public var ejected: [String]
  /// Least probability at which a piece counts as of a class, 0 to 1, by class.
  public var thresholds: [String: Double] = [:]
  /// Largest energy of a known piece.
  public var energyLimit: Double?
  /// Share of a class's pieces whose set of classes shall hold it, 0.5 to 0.999.
  ///
  /// A piece whose set is not one class alone is uncertain, or unknown where it is empty; nil
  /// decides by thresholds.
  public var coverage: Double?
  public var views: Int?
  public var minimumViews: Int?
  /// What is done with all pieces while there is no time to look at them; nil lets them pass.
  public var blindAction: SortAction?

  public init(_ name: String? = nil, ejected: [String]) {
    self.name = name
    self.ejected = ejected
  }

  /// A network's rule with what the recipe changes of it.
  ///
  /// - Throws: a `Complaint` about a class that the network does not know, or a wrong number.
  public func rule(on network: DecisionRule) throws(Complaint) -> DecisionRule {
    var rule = network
    for (name, threshold) in thresholds.sorted(by: { $0.key < $1.key }) {
      let index = try Self.index(of: name, in: rule.classes)
      guard (0...1).contains(threshold) else {
        throw Complaint("threshold of '\(name)'", "\(threshold) found, 0 to 1 wanted")
      }
      rule.thresholds[index] = threshold
    }
    if let energyLimit {
      guard energyLimit.isFinite else {
        throw Complaint("energy limit", "\(energyLimit) found, a finite number wanted")
      }
      rule.energyLimit = energyLimit
    }
    return rule
  }

  /// Places of the ejected classes among those of a network.
  ///
  /// - Throws: a `Complaint` about a class that the network does not know.
  public func ejectedPlaces(among classes: [String]) throws(Complaint) -> Set<Int> {
    var places: Set<Int> = []
    for name in ejected { places.insert(try Self.index(of: name, in: classes)) }
    return places
  }

  private static func index(of name: String, in classes: [String]) throws(Complaint) -> Int {
    guard let index = classes.firstIndex(of: name) else {
      throw Complaint(
        "class '\(name)'", "is none of the bundle's: \(classes.joined(separator: ", "))",
        remedy: "name classes of the bundle, with commas between")
    }
    return index
  }
}

/// A recipe with its network, ready to sort with: what is exchanged as a whole between two frames.
public struct LoadedRecipe<Classifier: PieceClassifier>: Sendable {
  public let recipe: SortingRecipe
  /// Which change of the run brought it; 0 for what the run began with.
  public private(set) var change: Int
  /// The network's rule with what the recipe changes of it.
  public let rule: DecisionRule
  /// How the valves blow from then on; nil where that stays as it is.
  public var valves: ValveSettings?
  /// Places of the classes that are blown out.
  let ejected: Set<Int>
  var classifier: Classifier
  /// Crops `[N, colorSize, colorSize, 3]` and logits `[N, classes]`, and room for more pieces.
  var crops: [Float] = []
  var logits: [Float] = []

  /// - Throws: a `Complaint` where the recipe does not go with the network.
  public init(
    _ classifier: Classifier, _ recipe: SortingRecipe, change: Int = 0
  ) throws(Complaint) {
    for (name, count) in [("views", recipe.views), ("minimumViews", recipe.minimumViews)] {
      guard let count, !SortingRecipe.viewBounds.contains(count) else { continue }
      let (least, most) = (SortingRecipe.viewBounds.lowerBound, SortingRecipe.viewBounds.upperBound)
      throw Complaint(name, "\(count) found, \(least) to \(most) wanted")
    }
    var rule = try recipe.rule(on: classifier.rule)
    if let coverage = recipe.coverage {
      rule.setLimits = try Self.limits(of: classifier, coverage: coverage)
    }
    self.rule = rule
    ejected = try recipe.ejectedPlaces(among: rule.classes)
    self.recipe = recipe
    self.change = change
    self.classifier = classifier
  }

  /// Whether crops cut for the other are as the network here was taught with.
  public func cutsPieces(as other: Self) -> Bool {
    classifier.recipe == other.classifier.recipe
  }

  private static func limits(
    of classifier: Classifier, coverage: Double
  ) throws(Complaint) -> [Double] {
    guard ConformalScores.coverages.contains(coverage) else {
      throw Complaint("coverage", "\(coverage) found, 0.5 to 0.999 wanted")
    }
    guard let limits = classifier.setLimits(coverage: coverage) else {
      throw Complaint(
        "coverage", "is asked for, and the bundle knows nothing of pieces that were held out",
        remedy: "fit the bundle again with this version of mirage-train, or leave 'coverage' out")
    }
    return limits
  }

  /// The same as another change brings it.
  public func numbered(_ change: Int) -> Self {
    var other = self
    other.change = change
    return other
  }

  /// Runs the network on as many blank crops, so that neither code nor memory is new to it later.
  public mutating func warm(pieces: Int) throws {
    makeRoom(for: pieces)
    for _ in 0..<2 { try classifier.classify(crops, count: pieces, into: &logits) }
  }

  mutating func makeRoom(for pieces: Int) {
    let (cropCount, logitCount) = (
      pieces * classifier.recipe.colorCount, pieces * rule.classes.count
    )
    if crops.count < cropCount { crops = [Float](repeating: 0, count: cropCount) }
    if logits.count < logitCount { logits = [Float](repeating: 0, count: logitCount) }
  }
}
