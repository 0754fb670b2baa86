import Bundles
import CommandKit
import Conveyor
import Diagnostics
import Foundation
import NeuralNetworks
import Services

extension Run {
  /// How far a configuration is looked at.
  enum Depth {
    /// Its text alone.
    case text
    /// The files that it names as well, save the bundle.
    case files
    /// All recipes, those that it does not begin with too.
    case recipes
  }

  /// What `run` would stumble over, step by step; each is looked at, whatever the others say.
  func complaints(about place: String, _ depth: Depth) -> [String] {
    var problems: [String] = []
    func look(_ step: () throws -> Void) {
      do { try step() } catch {
        // Two steps may stumble over the same.
        let problem = "\(place): \(error)"
        if !problems.contains(problem) { problems.append(problem) }
      }
    }
    look { _ = try valveAddress }
    look { _ = try httpAddress }
    look { _ = try modbusAddress }
    look { _ = try storeSettings }
    look { _ = try broker }
    guard depth != .text else { return problems }
    look { _ = try token }
    look {
      guard depth == .recipes, let recipes else { return }
      problems += try StoredRecipe.all(in: recipes).flatMap(\.problems)
    }
    look {
      let input = try LineInput(self)
      _ = try ValveSettings(input.calibration, self)
    }
    return problems
  }

  /// What is wrong with the bundle that would be sorted by first.
  func bundleComplaints(about file: URL) async -> [String] {
    do {
      let start = try start
      let classes = try await Engine.onDedicatedThread(threads: 1) { engine in
        try StudentBundle.open(start.bundle, on: engine).contents.classes
      }
      return start.recipe.ejected.filter { !classes.contains($0) }.map {
        "\(file.relativePath): 'eject' names '\($0)', the bundle knows "
          + classes.joined(separator: ", ")
      }
    } catch {
      return ["\(file.relativePath): \(error)"]
    }
  }
}
