import Bundles
import CommandKit
import Diagnostics
import Foundation
import NeuralNetworks
import Sorting

/// What `miraged recipe` is to do.
enum RecipeAction: String, CaseIterable, ArgumentValue {
  /// Lists the recipes of a folder.
  case list
  /// Says all that is wrong with a recipe or a folder of them.
  case check
}

struct RecipeCommand: Command {
  static let name = "recipe"
  static let summary = "Lists recipes, or says what is wrong with them before they are used."

  var action = RecipeAction.list
  var path = URL(filePath: ".")

  static let operands: [Operand<Self>] = [
    .required("ACTION", \.action, "list (a folder's recipes) or check (what is wrong)"),
    .required("PATH", \.path, "The folder of the recipes, or one recipe's file"),
  ]

  static let examples = [
    "miraged recipe list recipes", "miraged recipe check recipes/copper.json5",
  ]

  func run() async throws {
    let isFile = (try? BoundedFile.size(of: path)) != nil  // Else a folder, or nothing at all.
    let recipes = try isFile ? [StoredRecipe(path)] : StoredRecipe.all(in: path)
    guard !recipes.isEmpty else {
      throw Complaint(path.relativePath, "holds no recipe", remedy: "their files end in .json5")
    }
    switch action {
    case .list: list(recipes)
    case .check: try await check(recipes)
    }
  }

  private func list(_ recipes: [StoredRecipe]) {
    for recipe in recipes {
      guard recipe.problems.isEmpty else {
        print("\(recipe.name): not usable, see 'miraged recipe check'")
        continue
      }
      let ejected = recipe.recipe.ejected.joined(separator: ", ")
      print("\(recipe.name): \(ejected.isEmpty ? "blows nothing out" : "blows out \(ejected)")")
      print(
        "  bundle \(recipe.bundle.relativePath)\(recipe.note.isEmpty ? "" : "; \(recipe.note)")")
    }
  }

  private func check(_ recipes: [StoredRecipe]) async throws {
    var count = 0
    for recipe in recipes {
      var problems = recipe.problems
      if problems.isEmpty {
        do { try await tryOut(recipe) } catch {
          problems = ["\(recipe.file?.relativePath ?? recipe.name): \(error)"]
        }
      }
      if problems.isEmpty {
        print("\(recipe.file?.relativePath ?? recipe.name): good, '\(recipe.name)'")
      }
      for problem in problems { print(problem) }
      count += problems.count
    }
    guard count == 0 else {
      print("\(path.relativePath): \(count) to correct")
      throw ExitStatus.negative
    }
  }

  /// Opens the bundle and lays the recipe upon it, as the line would.
  private func tryOut(_ stored: StoredRecipe) async throws {
    try await Engine.onDedicatedThread(threads: 1) { engine in
      let bundle = try StudentBundle.open(stored.bundle, on: engine)
      _ = try LoadedRecipe(BundleClassifier(bundle, threads: 1), stored.recipe)
    }
  }
}
