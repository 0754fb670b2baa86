import Diagnostics
import Foundation

/// What someone wants changed, who it is, and why.
public struct ChangeWish: Sendable, Equatable {
  static let whoLimit = 60
  static let whyLimit = 200

  /// What can be wanted.
  public enum Wanted: Sendable, Equatable {
    /// The recipe of a name.
    case recipe(String)
    /// The configuration in a file beside the one that was started with.
    case configuration(String)
    /// What held before the last change.
    case former
  }

  /// What kind of thing a request may want.
  package enum Kind: String, CaseIterable, Sendable { case recipe, configuration, former }

  public var wanted: Wanted
  public var who: String
  public var why: String

  private enum Keys: String, CodingKey, CaseIterable { case recipe, configuration, who, why }

  /// Reads what came with a change: an object with `who` and `why`, and the key that `kind` names.
  ///
  /// - Throws: a `Complaint` about what is missing, unknown or too long.
  package init(_ body: [UInt8], _ kind: Kind) throws {
    let read = try JSONFile.decode(Body.self, from: Data(body), place: "request")
    who = try Self.line(read.who, "who", limit: Self.whoLimit)
    why = try Self.line(read.why, "why", limit: Self.whyLimit)
    for (key, value) in [("recipe", read.recipe), ("configuration", read.configuration)] {
      guard (value != nil) == (key == kind.rawValue) else {
        throw Complaint(
          "request", "the key '\(key)' is \(value == nil ? "missing" : "not known here")")
      }
    }
    wanted =
      if let recipe = read.recipe {
        .recipe(try Self.line(recipe, "recipe", limit: Self.whyLimit))
      } else if let file = read.configuration {
        .configuration(try Self.fileName(file))
      } else {
        .former
      }
  }

  /// The name of a file, and of nothing elsewhere.
  private static func fileName(_ text: String) throws(Complaint) -> String {
    let name = try line(text, "configuration", limit: whyLimit)
    guard !name.contains("/"), !name.hasPrefix(".") else {
      throw Complaint(
        "request", "'configuration' takes the name of a file beside the one that was started with")
    }
    return name
  }

  private struct Body: Decodable {
    let recipe: String?
    let configuration: String?
    let who: String
    let why: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.strictContainer(keyedBy: Keys.self)
      recipe = try container.decodeIfPresent(String.self, forKey: .recipe)
      configuration = try container.decodeIfPresent(String.self, forKey: .configuration)
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
  /// The configuration's file, where one was asked for.
  public var configuration: String?
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
  /// Of sets of classes, 0 to 1; nil where thresholds decide.
  public var coverage: Double?
  public var views: Int?
  public var minimumViews: Int?
  /// Why it cannot be used, if so.
  public var problem: String?
  /// Settings beside it that can be changed as well, by key; empty for what merely lies there.
  public var settings: [String: String]?

  public init(name: String, note: String, bundle: String, ejected: [String]) {
    (self.name, self.note, self.bundle, self.ejected) = (name, note, bundle, ejected)
    thresholds = [:]
  }

  /// Whether `other` is sorted by alike.
  func isSame(as other: RecipeCard) -> Bool {
    var (one, other) = (self, other)
    (one.settings, other.settings) = (nil, nil)
    return one == other
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
    let share = { (value: Double?) in value.map { "\($0)" } ?? "thresholds decide" }
    tell("coverage of sets", share(coverage), share(other.coverage))
    let count = { (value: Int?) in value.map { "\($0)" } ?? "as usual" }
    tell("views", count(views), count(other.views))
    tell("minimum views", count(minimumViews), count(other.minimumViews))
    guard let settings, let others = other.settings else { return lines }
    for key in Set(settings.keys).union(others.keys).sorted() {
      tell(key, settings[key] ?? "as usual", others[key] ?? "as usual")
    }
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

/// The configuration that holds: what was started with, and what was applied since.
public struct ConfigurationCard: Sendable, Codable, Equatable {
  /// The name of its file; nil where all came on the command line.
  public var file: String?
  /// Where others lie that can be applied.
  public var folder: String?
  /// SHA-256 of its text, hexadecimal.
  public var digest: String?
  /// What differs from the defaults, by key, as a person would type it.
  public var settings: [String: String]
  /// The keys that can be changed while it sorts.
  public var live: [String]

  public init(settings: [String: String], live: [String]) {
    (self.settings, self.live) = (settings, live)
  }
}
