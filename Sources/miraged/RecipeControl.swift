import Diagnostics
import Foundation
import Services
import Sorting
import Synchronization

/// Changes of recipe and configuration while a run sorts: makes the wanted one ready, hands it to
/// the frame thread, and keeps the one before warm for the way back.
final class RecipeControl: Sendable {
  /// The longest wait for the next frame.
  private static let patience = Duration.seconds(5)
  /// How long the folder's recipes are shown as they were read.
  private static let freshness = Duration.seconds(1)

  private struct Former: Sendable {
    var choice: LineChoice
    var loaded: LoadedRecipe<BundleClassifier>
    var facts: LineFacts
  }

  private struct Books: Sendable {
    var choice: LineChoice
    var facts: LineFacts
    var former: Former?
  }

  let exchange = RecipeExchange<BundleClassifier>()
  private let input: LineInput
  private let memory: LineMemory?
  private let announce: @Sendable (LineFacts, LineChoice) throws -> Void
  private let books: Mutex<Books>
  private let cards = Mutex<(cards: [RecipeCard], readAt: ContinuousClock.Instant)?>(nil)

  /// - Parameters:
  ///   - memory: keeps what was changed over a restart.
  ///   - announce: gets what will be shown of a change, before the frame thread has it.
  init(
    _ input: LineInput, sorting choice: LineChoice, _ facts: LineFacts, memory: LineMemory?,
    announce: @escaping @Sendable (LineFacts, LineChoice) throws -> Void
  ) {
    self.input = input
    self.memory = memory
    self.announce = announce
    books = Mutex(Books(choice: choice, facts: facts))
  }

  /// What the desk may ask for; one change at a time.
  var line: ControlDesk.Line {
    ControlDesk.Line(
      recipes: { self.recipes },
      standing: {
        self.books.withLock { ($0.choice.card, $0.former?.choice.card) }
      },
      configuration: { self.books.withLock { $0.choice }.configurationCard },
      change: { try self.change($0) })
  }

  private var recipes: [RecipeCard] {
    guard let folder = books.withLock({ $0.choice.options.recipes }) else { return [] }
    return cards.withLock { held in
      if let held, held.readAt.duration(to: .now) < Self.freshness { return held.cards }
      // A folder that is gone has no recipes; whoever wants one by name is told why.
      let cards = ((try? StoredRecipe.all(in: folder)) ?? []).map(RecipeCard.init)
      held = (cards, .now)
      return cards
    }
  }

  private func change(_ wanted: ChangeWish.Wanted) throws -> [String: String] {
    let (choice, former) = books.withLock { ($0.choice, $0.former) }
    switch wanted {
    case .recipe(let name): return try sort(by: choice.with(recipe: name))
    case .configuration(let name): return try sort(by: choice.with(configuration: name))
    case .former:
      guard var former else { throw Complaint("recipe", "there is none to go back to") }
      former.loaded = former.loaded.numbered(nextChange)
      former.facts.change = nextChange
      return try sort(by: former)
    }
  }

  private var nextChange: Int { books.withLock { $0.facts.change } + 1 }

  private func sort(by choice: LineChoice) throws -> [String: String] {
    let loader = RecipeLoader(input: input, options: choice.options)
    let (loaded, facts) = try loader.load(choice.stored, change: nextChange)
    return try sort(by: Former(choice: choice, loaded: loaded, facts: facts))
  }

  private func sort(by next: Former) throws -> [String: String] {
    try announce(next.facts, next.choice)
    let loaded = try exchange.exchange(for: next.loaded, within: Self.patience)
    books.withLock { books in
      books.former = Former(choice: books.choice, loaded: loaded, facts: books.facts)
      (books.choice, books.facts) = (next.choice, next.facts)
    }
    cards.withLock { $0 = nil }
    var facts = next.choice.evidence
    facts["change"] = "\(next.facts.change)"
    say("\(next.choice.title), change \(next.facts.change)")
    do { try memory?.keep(next.choice.kept) } catch {
      say("state: \(error)")
      facts["notKept"] = "\(error)"
    }
    return facts
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
    (energyLimit, coverage) = (stored.recipe.energyLimit, stored.recipe.coverage)
    (views, minimumViews) = (stored.recipe.views, stored.recipe.minimumViews)
    problem = stored.problems.first
  }
}
