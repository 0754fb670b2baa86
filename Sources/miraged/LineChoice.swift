import Diagnostics
import Foundation
import Services
import Sorting

/// What a line sorts by: a configuration and a recipe, and how they came to be chosen.
struct LineChoice: Sendable {
  /// Longest list of problems that is told.
  private static let problemLimit = 10

  var options: Run
  /// The configuration's text; nil where all came on the command line.
  var configuration: ConfigurationText?
  var stored: StoredRecipe
  /// What is to be chosen again after a restart.
  var kept = LineMemory.Kept()

  /// What the command line and its configuration say.
  init(_ options: Run) throws {
    self.options = options
    configuration = try options.config.map { try ConfigurationText($0) }
    stored = try options.start
  }

  /// What was chosen when it was kept.
  init(_ kept: LineMemory.Kept, over written: Run) throws {
    var options = written
    configuration = try written.config.map { try ConfigurationText($0) }
    if let applied = kept.configuration, let config = written.config {
      let file = config.deletingLastPathComponent().appending(path: applied.name)
      options = try written.with(configuration: applied.text, in: file)
      configuration = applied
    }
    self.options = options
    self.kept = kept
    stored =
      try kept.recipe.map { try StoredRecipe.named($0, in: Self.folder(options)) }
      ?? options.start
  }

  /// The same configuration with another recipe.
  func with(recipe name: String) throws -> LineChoice {
    var choice = self
    choice.stored = try StoredRecipe.named(name, in: Self.folder(options))
    choice.kept.recipe = name
    return choice
  }

  /// Another configuration with the recipe that it names, checked as `miraged check` does it.
  func with(configuration name: String) throws -> LineChoice {
    guard let config = options.config else {
      throw Complaint("configuration", "miraged was started without --config")
    }
    let file = config.deletingLastPathComponent().appending(path: name)
    let text = try ConfigurationText(file)
    var choice = self
    choice.options = try options.with(configuration: text.text, in: file)
    try choice.options.checkIsLive(from: options)
    let problems = choice.options.complaints(about: name, .files)
    guard problems.isEmpty else {
      throw Complaint(
        "configuration '\(name)'", problems.prefix(Self.problemLimit).joined(separator: "; "),
        remedy: "nothing was changed")
    }
    choice.configuration = text
    choice.stored = try choice.options.start
    choice.kept = LineMemory.Kept(configuration: text)
    return choice
  }

  private static func folder(_ options: Run) throws(Complaint) -> URL {
    guard let folder = options.recipes else {
      throw Complaint("recipe", "miraged runs without --recipes, the folder that it would be in")
    }
    return folder
  }

  /// Both names in a few words.
  var title: String {
    (configuration.map { "configuration: \($0.name), " } ?? "") + "recipe: \(stored.title)"
  }

  /// What an auditor wants to know of it.
  var evidence: [String: String] {
    var facts = stored.evidence
    facts["configuration"] = configuration?.name
    facts["configurationDigest"] = configuration?.digest.hexadecimal
    return facts
  }

  /// The settings as they hold, with the recipe that is sorted by.
  var settings: [String: String] {
    var settings = options.placedSettings
    guard let recipe = stored.recipe.name else { return settings }
    settings["recipe"] = recipe
    return settings
  }

  /// How it is shown where recipes are.
  var card: RecipeCard {
    var card = RecipeCard(stored)
    card.settings = options.settings.filter {
      Run.liveSettings.contains($0.key) && !["bundle", "eject", "recipe"].contains($0.key)
    }
    if let configuration { card.settings?["configuration"] = configuration.name }
    return card
  }

  /// How it is shown where configurations are.
  var configurationCard: ConfigurationCard {
    var card = ConfigurationCard(settings: settings, live: Run.liveSettings)
    card.file = configuration?.name
    card.digest = configuration?.digest.hexadecimal
    card.folder =
      options.config?.deletingLastPathComponent().absoluteURL.standardizedFileURL.path
    return card
  }
}
