import Foundation
import Pages
import Sorting

extension Replay {
  /// A changed piece: its picture, if it has one, and what either recipe said.
  func card(_ change: DecisionDiff.Change) -> Markup {
    let decision = change.after ?? change.before
    let picture =
      change.after.flatMap { runs[1].pictures[$0.piece] }
      ?? change.before.flatMap { runs[0].pictures[$0.piece] }
    let center = decision?.beltMillimeters.center
    return element("div", ["class": "card mistake"]) {
      element("div") {
        if let picture {
          leaf(
            "img",
            [
              "src": "data:image/jpeg;base64,\(Data(picture).base64EncodedString())",
              "width": "112", "height": "112",
              "alt": "piece of frame \(decision?.frame ?? 0)",
            ])
        }
        element("small") {
          "frame \(decision?.frame ?? 0), \(Int(center?.x ?? 0)) mm across, "
            + "\(Int(center?.y ?? 0)) mm along"
        }
      }
      element("div") {
        said(change.before, names[0])
        said(change.after, names[1])
      }
    }
  }

  private func said(_ decision: PieceDecision?, _ recipe: String) -> Markup {
    element("p", ["class": "calls"]) {
      element("small") { recipe }
      if let decision {
        element("strong") { decision.class }
        decision.action == .eject ? ", blown out" : ", passes"
        element("small") {
          "\(decision.likeliest) \(NumberText.percent(decision.confidence)) of "
            + "\(decision.views) views" + (decision.isLate ? ", too late" : "")
        }
      } else {
        element("strong") { "not found" }
      }
    }
  }
}
