import Diagnostics
import Foundation
import Pages
import Sorting

/// What two recipes made of one recording, as text and as a page.
struct Replay {
  /// Pieces that have a picture on the page.
  static let shownLimit = 300

  let recording: String
  /// Of the recipes, before and after.
  let names: [String]
  let files: [URL]
  let runs: [ReplayedRun]
  let diff: DecisionDiff

  /// One sentence that says it all.
  var verdict: String {
    guard !diff.changes.isEmpty else {
      return "of \(NumberText.count(diff.pieces)) pieces none changed"
    }
    let share = NumberText.percent(Double(diff.changes.count) / Double(max(1, diff.pieces)))
    return "of \(NumberText.count(diff.pieces)) pieces \(NumberText.count(diff.changes.count)) "
      + "changed (\(share)): \(diff.newlyEjected) more are blown out, "
      + "\(diff.noLongerEjected) no longer"
  }

  /// For a terminal.
  var text: String {
    var lines = ["\(recording), \(names[0]) → \(names[1]): \(verdict)"]
    for turn in diff.turns {
      lines.append("  \(Self.name(turn.from)) → \(Self.name(turn.to)): \(turn.count)")
    }
    return lines.joined(separator: "\n")
  }

  /// The page; the same recording and recipes give the same characters.
  var page: Page {
    Page(
      title: "\(names[0]) → \(names[1])", kicker: "Mirage: replay", name: recording, lead: lead,
      sections: diff.changes.isEmpty ? [recipes] : [turns, pieces, recipes],
      footer: "Sorted in the recording's own time: the same recording gives the same page.")
  }

  static func name(_ told: String?) -> String { told ?? "not found" }

  // MARK: Parts

  private var lead: Markup {
    element("section", ["class": "verdict"]) {
      element("h1") { verdict.prefix(1).uppercased() + verdict.dropFirst() + "." }
      element("div", ["class": "tiles"]) {
        tile(NumberText.count(diff.pieces), "pieces", "\(NumberText.count(diff.both)) of both runs")
        tile(NumberText.count(diff.changes.count), "changed", "class, or what is done")
        tile("+\(diff.newlyEjected)", "blown out", "and were not before")
        tile("\(NumberText.minus)\(diff.noLongerEjected)", "blown out", "that were before")
      }
    }
  }

  private var turns: PageSection {
    PageSection("turns", "What became of what") {
      if diff.turns.isEmpty {
        element("p") { "No class changed, only what is done with pieces of a class." }
      } else {
        Table(
          columns: [.text("before"), .text("after"), .number("pieces")],
          rows: diff.turns.map { turn in
            .cells([
              "\(Self.name(turn.from))", "\(Self.name(turn.to))",
              "\(NumberText.count(turn.count))",
            ])
          }
        ).markup
      }
    }
  }

  private var pieces: PageSection {
    PageSection("pieces", "The pieces") {
      if diff.changes.count > Self.shownLimit {
        element("p") {
          "The first \(Self.shownLimit) along the belt; '--json' writes all of them."
        }
      }
      element("div", ["class": "mistakes"]) {
        diff.changes.prefix(Self.shownLimit).map(card)
      }
    }
  }

  private var recipes: PageSection {
    PageSection("recipes", "The recipes") {
      Table(
        columns: [.text("recipe"), .text("file"), .number("pieces"), .number("blown out")],
        rows: (0..<2).map { index in
          let decisions = runs[index].decisions
          return .cells([
            "\(names[index])", "\(files[index].relativePath)",
            "\(NumberText.count(decisions.count))",
            "\(NumberText.count(decisions.count { $0.action == .eject }))",
          ])
        }
      ).markup
    }
  }
}
