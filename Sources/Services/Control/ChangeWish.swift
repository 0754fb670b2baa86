import Diagnostics
import Foundation

/// What someone wants changed, who it is, and why.
public struct ChangeWish: Sendable, Equatable {
  static let whoLimit = 60
  static let whyLimit = 200

  /// The recipe's name; nil for the one before.
  public var recipe: String?
  public var who: String
  public var why: String

  private enum Keys: String, CodingKey, CaseIterable { case recipe, who, why }

  /// Reads what came with a change: an object with `who` and `why`, and `recipe` where `isNamed`.
  ///
  /// - Throws: a `Complaint` about what is missing, unknown or too long.
  package init(_ body: [UInt8], isNamed: Bool) throws {
    let read = try JSONFile.decode(Body.self, from: Data(body), place: "request")
    recipe = try read.recipe.map { try Self.line($0, "recipe", limit: Self.whyLimit) }
    who = try Self.line(read.who, "who", limit: Self.whoLimit)
    why = try Self.line(read.why, "why", limit: Self.whyLimit)
    guard isNamed == (recipe != nil) else {
      throw Complaint(
        "request", isNamed ? "the key 'recipe' is missing" : "the key 'recipe' is not known here")
    }
  }

  private struct Body: Decodable {
    let recipe: String?
    let who: String
    let why: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.strictContainer(keyedBy: Keys.self)
      recipe = try container.decodeIfPresent(String.self, forKey: .recipe)
      who = try container.decode(String.self, forKey: .who)
      why = try container.decode(String.self, forKey: .why)
    }
  }

  /// A text of one line, without the spaces around it.
  private static func line(_ text: String, _ name: String, limit: Int) throws(Complaint) -> String {
    let line = text.trimmingCharacters(in: .whitespaces)
    let letters = line.unicodeScalars
    guard (1...limit).contains(letters.count),
      !letters.contains(where: { $0.properties.generalCategory == .control })
    else { throw Complaint("request", "'\(name)' takes 1 to \(limit) letters on one line") }
    return line
  }
}

/// A change that was asked for, and what became of it.
public struct ChangeStatus: Sendable, Codable, Equatable {
  /// How far it is.
  public enum Progress: String, Sendable, Codable, CaseIterable {
    case preparing
    case done
    case refused
  }

  /// From 1, by one more for each that was taken up.
  public var number: Int
  public var isRevert: Bool
  public var recipe: String?
  public var who: String
  public var why: String
  public var progress = Progress.preparing
  /// Why it was refused; sorting then goes on as it was.
  public var problem: String?
}

/// A recipe as it is shown to whoever may choose it.
public struct RecipeCard: Sendable, Codable, Equatable {
  public var name: String
  public var note: String
  /// The bundle's folder, by its last name.
  public var bundle: String
  public var ejected: [String]
  public var thresholds: [String: Double]
  public var energyLimit: Double?
  public var views: Int?
  public var minimumViews: Int?
  /// Why it cannot be used, if so.
  public var problem: String?

  public init(name: String, note: String, bundle: String, ejected: [String]) {
    (self.name, self.note, self.bundle, self.ejected) = (name, note, bundle, ejected)
    thresholds = [:]
  }

  /// What is otherwise in `other`, a sentence each.
  func differences(to other: RecipeCard) -> [String] {
    var lines: [String] = []
    func tell(_ what: String, _ before: String, _ after: String) {
      if before != after { lines.append("\(what): \(before) → \(after)") }
    }
    let list = { (names: [String]) in names.isEmpty ? "nothing" : names.joined(separator: ", ") }
    tell("blown out", list(ejected.sorted()), list(other.ejected.sorted()))
    tell("bundle", bundle, other.bundle)
    let number = { (value: Double?) in value.map { "\($0)" } ?? "as the bundle says" }
    for name in Set(thresholds.keys).union(other.thresholds.keys).sorted() {
      tell("threshold of \(name)", number(thresholds[name]), number(other.thresholds[name]))
    }
    tell("energy limit", number(energyLimit), number(other.energyLimit))
    let count = { (value: Int?) in value.map { "\($0)" } ?? "as usual" }
    tell("views", count(views), count(other.views))
    tell("minimum views", count(minimumViews), count(other.minimumViews))
    return lines
  }
}

/// The recipes that there are, the one that is sorted by, and the last change.
public struct RecipeBoard: Sendable, Codable, Equatable {
  /// A recipe, and what it would change.
  public struct Row: Sendable, Codable, Equatable {
    public var card: RecipeCard
    public var isInForce: Bool
    public var changes: [String]
  }

  public var recipes: [Row]
  /// The name of the recipe that is sorted by; nil where the run began without one.
  public var inForce: String?
  /// What a revert would bring back, and what that changes; nil where nothing was changed yet.
  public var former: Row?
  public var latest: ChangeStatus?
  /// Why nothing can be changed, if so.
  public var closed: String?
}
