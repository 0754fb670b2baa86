import CommandKit
import Diagnostics
import Foundation
import Sorting

/// A recipe as it lies in a folder: how to take what which bundle says.
struct StoredRecipe: Sendable {
  /// The largest file that is read, and the most files of a folder.
  static let fileLimit = 64 << 10
  static let countLimit = 64
  static let nameLimit = 60

  /// Nil for what the command line says.
  var file: URL?
  var recipe: SortingRecipe
  var bundle: URL
  var note = ""
  /// Of the file's bytes.
  var digest: Digest?
  /// What is wrong with it, each in words; such a one is shown and never used.
  var problems: [String] = []

  var name: String { recipe.name ?? "" }

  /// A recipe without a file.
  init(_ recipe: SortingRecipe, bundle: URL) {
    self.recipe = recipe
    self.bundle = bundle
  }

  /// Reads a file; whatever is wrong with it is kept in words.
  init(_ file: URL) {
    let base = file.deletingPathExtension().lastPathComponent
    self.init(SortingRecipe(base, ejected: []), bundle: file)
    self.file = file
    do {
      digest = Digest(of: try BoundedFile.read(file, limit: Self.fileLimit))
      let (settings, given, found) = try RecipeSettings.read(settings: file)
      problems = found
      if !given.contains("--bundle"), !found.contains(where: { $0.contains("'bundle'") }) {
        problems.append("\(file.relativePath): 'bundle' is missing")
      }
      take(settings, base)
    } catch {
      problems.append("\(error)".split(separator: "\n").first.map(String.init) ?? "\(error)")
    }
  }

  private mutating func take(_ settings: RecipeSettings, _ base: String) {
    var taken = SortingRecipe(settings.name ?? base, ejected: classes(in: settings.ejected))
    taken.thresholds = settings.thresholds.numbers
    taken.energyLimit = settings.energyLimit
    taken.coverage = settings.coverage
    (taken.views, taken.minimumViews) = (settings.views, settings.minimumViews)
    taken.blindAction = settings.blindAction
    (recipe, bundle, note) = (taken, settings.bundle, settings.note)
    let letters = name.unicodeScalars
    if letters.isEmpty || letters.count > Self.nameLimit
      || letters.contains(where: { $0.properties.generalCategory == .control })
    {
      problems.append(
        "\(file?.relativePath ?? base): 'name' takes 1 to \(Self.nameLimit) letters on one line")
    }
  }

  /// The recipes of a folder, by the names of their files; of two with one name neither is used.
  static func all(in folder: URL) throws(Complaint) -> [StoredRecipe] {
    let place = folder.relativePath
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      // Why is always that it is not there, not a folder or closed to us.
      throw Complaint(
        place, "is no folder that can be read", remedy: "give the folder of the recipes' files")
    }
    let files = names.filter { $0.hasSuffix(".json5") && !$0.hasPrefix(".") }.sorted()
    guard files.count <= countLimit else {
      throw Complaint(place, "holds \(files.count) recipes, at most \(countLimit) are read")
    }
    var recipes = files.map { StoredRecipe(folder.appending(path: $0)) }
    let counts = Dictionary(recipes.map { ($0.name, 1) }, uniquingKeysWith: +)
    for index in recipes.indices where counts[recipes[index].name, default: 0] > 1 {
      let other = recipes.enumerated().first {
        $0.offset != index && $0.element.name == recipes[index].name
      }?.element.file?.lastPathComponent
      recipes[index].problems.append(
        "\(folder.appending(path: files[index]).relativePath): its name '\(recipes[index].name)' "
          + "is also that of \(other ?? "another")")
    }
    return recipes
  }

  /// The recipe of a name; refused with what is wrong with it, or the names that there are.
  static func named(_ name: String, in folder: URL) throws(Complaint) -> StoredRecipe {
    let recipes = try all(in: folder)
    guard let found = recipes.first(where: { $0.name == name }) else {
      throw Complaint(
        "recipe '\(name)'", "is not in \(folder.relativePath)",
        remedy: recipes.isEmpty
          ? "the folder holds no file that ends in .json5"
          : "there are \(recipes.map { "'\($0.name)'" }.joined(separator: ", "))")
    }
    if let problem = found.problems.first {
      throw Complaint(
        "recipe '\(name)'", problem, remedy: "'miraged recipe check' says all that is wrong")
    }
    return found
  }
}

/// Names of classes between commas.
func classes(in text: String) -> [String] {
  text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    .filter { !$0.isEmpty }
}
