import Diagnostics
import Foundation
import Services
import Sorting

extension Run {
  /// The recipe that gives a second opinion, ready to be asked; nil where there is none.
  ///
  /// - Throws: why its bundle or recipe is refused.
  func shadow(
    _ loader: RecipeLoader, beside start: StoredRecipe,
    _ inForce: LoadedRecipe<BundleClassifier>, album: PieceAlbum?
  ) throws -> ShadowJudge? {
    guard let shadow else { return nil }
    let stored: StoredRecipe
    if shadow.pathExtension == "json5" {
      stored = StoredRecipe(shadow)
      if let problem = stored.problems.first { throw Complaint("--shadow", problem) }
    } else {
      stored = StoredRecipe(SortingRecipe(ejected: start.recipe.ejected), bundle: shadow)
    }
    // Threads that wait for one another would take time that others need.
    var options = loader.options
    options.threads = 1
    let (loaded, facts) = try RecipeLoader(input: loader.input, options: options)
      .load(stored, change: 0)
    guard loaded.cutsPieces(as: inForce) else {
      throw Complaint(
        "--shadow \(shadow.relativePath)",
        "its bundle cuts pieces out of pictures otherwise than the one that is sorted by",
        remedy: "train it with the same recipe of samples, or compare both with 'miraged replay'")
    }
    let title = stored.name.isEmpty ? facts.bundle : "\(stored.name) (\(facts.bundle))"
    say("second opinion: \(title)")
    return ShadowJudge(loaded, title: title, album: album)
  }
}

extension Pipeline {
  /// Lays crops down for a second opinion, if there is one, and tells of pieces on their way.
  mutating func serve(_ shadow: ShadowJudge?, tellsPaths: Bool) {
    if tellsPaths { tellPaths() }
    if let shadow { lay(into: shadow.tap) }
  }
}

extension ShadowStatus {
  init(_ board: ShadowBoard) {
    self.init(recipe: board.recipe)
    (agreed, disagreed, skipped) = (board.agreed, board.disagreed, board.skipped)
    pairs = board.pairs.map { Pair(live: $0.live, shadow: $0.shadow, pieces: $0.pieces) }
    trouble = board.trouble.map {
      LineReason(
        "shadow-failed", "the second opinion is not asked any more: \($0)",
        remedy: "sorting goes on without it; look at the bundle of --shadow", isUnfit: false)
    }
  }

  /// For the end of a run.
  var counts: [String: Int] {
    ["agreed": agreed, "disagreed": disagreed, "skipped": skipped]
  }
}

extension EvidencePages.Shadow {
  /// What the page shows: the board, with what to do where it fails.
  private struct Board: Encodable {
    var status: ShadowStatus
    var disagreements: [ShadowDisagreement]

    private enum Keys: String, CodingKey { case disagreements }

    func encode(to encoder: any Encoder) throws {
      try status.encode(to: encoder)
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(disagreements, forKey: .disagreements)
    }
  }

  init(_ judge: ShadowJudge) {
    self.init(
      board: {
        let board = judge.board
        let shown = Board(status: ShadowStatus(board), disagreements: board.disagreements)
        // It holds no number that JSON has no words for.
        return (try? JSONFile.line(shown)) ?? "{}"
      }, picture: { judge.picture(of: $0) })
  }
}
