import CommandKit
import Foundation
import Sorting

/// The keys of a recipe's file.
struct RecipeSettings: Settings {
  var name: String?
  var bundle = URL(filePath: ".")
  var ejected = ""
  var thresholds = NamedNumbers()
  var energyLimit: Double?
  var coverage: Double?
  var views: Int?
  var minimumViews: Int?
  var blindAction: SortAction?
  var note = ""

  static let flags: [Flag<Self>] = [
    .optional("--name", \.name, "TEXT", "What people call it; default: the name of the file"),
    .required("--bundle", \.bundle, "FOLDER", "The bundle that mirage-train made"),
    .value("--eject", \.ejected, "CLASSES", "Classes to blow out, as copper,brass"),
    .numbers(
      "--thresholds", \.thresholds, "CLASS=P",
      "Least probability at which a piece counts as of a class, where it is not the bundle's",
      in: .from(0, to: 1)),
    .optional(
      "--energy-limit", \.energyLimit, "E", "Largest energy of a known piece; default: the bundle's"
    ),
    .optional(
      "--coverage", \.coverage, "SHARE",
      "Decide by sets that hold the true class in this share of the pieces, as 0.95",
      in: .from(0.5, to: 0.999)),
    .optional(
      "--views", \.views, "N", "Views after which a piece is decided; default: 3",
      in: .from(1, to: 100)),
    .optional(
      "--minimum-views", \.minimumViews, "N",
      "Views without which a piece that leaves is not believed; default: 1", in: .from(1, to: 100)),
    .optional(
      "--blind-action", \.blindAction, "ACTION",
      "With 'ladder', what is done with all pieces while there is no time to look at them"),
    .value("--note", \.note, "TEXT", "What an operator should know of it"),
  ]
}

extension SortAction: ArgumentValue {}
