import Bundles
import Conveyor
import Foundation
import NeuralNetworks
import Services
import Sorting

/// Opens bundles and makes recipes ready to sort with, on whatever thread asks for it.
struct RecipeLoader: Sendable {
  /// Pieces of one frame that memory is made ready for.
  private static let pieces = 64

  let input: LineInput
  var options: Run

  /// A recipe with its bundle opened, tried on golden samples and warm; and what is shown of it.
  ///
  /// - Throws: why the bundle or the recipe is refused.
  func load(
    _ stored: StoredRecipe, change: Int
  ) throws -> (LoadedRecipe<BundleClassifier>, LineFacts) {
    let bundle = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      // While pieces are sorted, reading and trying a bundle has time; deadlines have none. Where
      // the service's unit forbids it, all stay as they are.
      if change > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10) }
      return try StudentBundle.open(stored.bundle, on: engine)
    }
    let classifier = try BundleClassifier(bundle, threads: options.threads)
    var loaded = try LoadedRecipe(classifier, stored.recipe, change: change)
    loaded.valves = try ValveSettings(input.calibration, options)
    try loaded.warm(pieces: Self.pieces)
    let advice = try options.compare(bundle, with: input)
    var facts = LineFacts(bundle, input, loaded, advice)
    facts.configuration = options.config?.lastPathComponent
    return (loaded, facts)
  }
}
