import Diagnostics
import Foundation
import Services
import Sorting
import Synchronization

/// Changes of recipe while a run sorts: makes the wanted one ready, hands it to the frame thread,
/// and keeps the one before warm for the way back.
final class RecipeControl: Sendable {
  /// The longest wait for the next frame.
  private static let patience = Duration.seconds(5)
  /// How long the folder's recipes are shown as they were read.
  private static let freshness = Duration.seconds(1)

  private struct Former: Sendable {
    var stored: StoredRecipe
    var loaded: LoadedRecipe<BundleClassifier>
    var facts: LineFacts
  }

  private struct Books: Sendable {
    var stored: StoredRecipe
    var facts: LineFacts
    var former: Former?
  }

  let exchange = RecipeExchange<BundleClassifier>()
  private let folder: URL
  private let loader: RecipeLoader
  private let announce: @Sendable (LineFacts, StoredRecipe) throws -> Void
  private let books: Mutex<Books>
  private let cards = Mutex<(cards: [RecipeCard], readAt: ContinuousClock.Instant)?>(nil)

  /// - Parameter announce: gets what will be shown of a recipe, before the frame thread has it.
  init(
    _ folder: URL, sorting stored: StoredRecipe, _ facts: LineFacts, _ loader: RecipeLoader,
    announce: @escaping @Sendable (LineFacts, StoredRecipe) throws -> Void
  ) {
    self.folder = folder
    self.loader = loader
    self.announce = announce
    books = Mutex(Books(stored: stored, facts: facts))
  }

  /// What the desk may ask for; one change at a time.
  var line: ControlDesk.Line {
    ControlDesk.Line(
      recipes: { self.recipes },
      standing: {
        self.books.withLock { (RecipeCard($0.stored), $0.former.map { RecipeCard($0.stored) }) }
      },
      change: { name in try name.map(self.apply) ?? self.revert() })
  }

  private var recipes: [RecipeCard] {
    cards.withLock { held in
      if let held, held.readAt.duration(to: .now) < Self.freshness { return held.cards }
      // A folder that is gone has no recipes; whoever wants one by name is told why.
      let cards = ((try? StoredRecipe.all(in: folder)) ?? []).map(RecipeCard.init)
      held = (cards, .now)
      return cards
    }
  }

  private func apply(_ name: String) throws -> [String: String] {
    let stored = try StoredRecipe.named(name, in: folder)
    let (loaded, facts) = try loader.load(stored, change: nextChange)
    return try sort(by: Former(stored: stored, loaded: loaded, facts: facts))
  }

  private func revert() throws -> [String: String] {
    guard var former = books.withLock({ $0.former }) else {
      throw Complaint("recipe", "there is none to go back to")
    }
    former.loaded = former.loaded.numbered(nextChange)
    former.facts.change = nextChange
    return try sort(by: former)
  }

  private var nextChange: Int { books.withLock { $0.facts.change } + 1 }

  private func sort(by next: Former) throws -> [String: String] {
    try announce(next.facts, next.stored)
    let loaded = try exchange.exchange(for: next.loaded, within: Self.patience)
    books.withLock { books in
      books.former = Former(stored: books.stored, loaded: loaded, facts: books.facts)
      (books.stored, books.facts) = (next.stored, next.facts)
    }
    say("recipe: \(next.stored.title), change \(next.facts.change)")
    return next.stored.evidence.merging(["change": "\(next.facts.change)"]) { $1 }
  }
}

extension StoredRecipe {
  /// The name, or what stands for one.
  var title: String { name.isEmpty ? "as the run began" : name }

  /// What an auditor wants to know of it.
  var evidence: [String: String] {
    var facts = ["bundle": bundle.relativePath]
    if !name.isEmpty { facts["recipe"] = name }
    facts["recipeDigest"] = digest?.hexadecimal
    // A bundle that cannot be read is refused by whoever opens it, with the reason.
    facts["bundleDigest"] = try? Digest(ofFile: bundle.appending(path: "bundle.json")).hexadecimal
    return facts
  }
}

extension RecipeCard {
  init(_ stored: StoredRecipe) {
    self.init(
      name: stored.name, note: stored.note,
      bundle: stored.bundle.standardizedFileURL.lastPathComponent,
      ejected: stored.recipe.ejected)
    thresholds = stored.recipe.thresholds
    energyLimit = stored.recipe.energyLimit
    (views, minimumViews) = (stored.recipe.views, stored.recipe.minimumViews)
    problem = stored.problems.first
  }
}
