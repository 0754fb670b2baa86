import Diagnostics
import Foundation
import Services

/// What is to be kept of a run, and where.
struct StoreWish: Sendable {
  var file: URL?
  var days = StoreSettings.standardDays
  var megabytes = StoreSettings.standardMegabytes
  var lot: String?
}

extension Run {
  /// The store that is to be kept, if one is.
  var storeSettings: StoreSettings? {
    get throws {
      guard let file = storing.file else {
        if storing.lot != nil { throw WrongOptions("--lot", "found without --store") }
        return nil
      }
      guard isPaced else {
        throw WrongOptions(
          "--store", "found without real time", remedy: "add --pace real, or a --rate")
      }
      if let lot = storing.lot, lot.isEmpty || lot.utf8.count > 200 {
        throw WrongOptions("--lot", "\(lot.utf8.count) bytes found, a name of 1 to 200 wanted")
      }
      return StoreSettings(file: file, days: storing.days, megabytes: storing.megabytes)
    }
  }

  /// What is in force with a recipe, as it is kept.
  func setup(
    _ facts: LineFacts, _ input: LineInput, _ stored: StoredRecipe
  ) throws -> LineSetup {
    var setup = LineSetup(
      source: facts.source, bundle: facts.bundle,
      // What the bundle's seal is over.
      bundleDigest: try Digest(ofFile: stored.bundle.appending(path: "bundle.json")).hexadecimal,
      calibration: try input.calibration.id, classes: facts.classes)
    setup.recipe = facts.recipe
    setup.lot = storing.lot
    setup.settings = settings
    return setup
  }
}
