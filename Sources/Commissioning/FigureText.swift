import CameraCalibration
import Pages

/// Figures as the page shows them.
enum FigureText {
  /// `0.62 ± 0.05 mm`.
  static func value(_ figure: Figure) -> String {
    let digits = StepText.digits(figure)
    guard figure.value.isFinite else { return "unknown" }
    var text = NumberText.fixed(figure.value, digits: digits)
    if let uncertainty = figure.uncertainty {
      text += "\(NumberText.noBreak)±\(NumberText.noBreak)"
      text += NumberText.fixed(uncertainty, digits: digits)
    }
    return figure.unit.isEmpty ? text : "\(text)\(NumberText.space)\(figure.unit)"
  }

  /// `at most 1.5 mm`; `nil` where the figure is not judged.
  static func bound(_ figure: Figure) -> String? {
    let unit = figure.unit.isEmpty ? "" : "\(NumberText.space)\(figure.unit)"
    switch figure.bound {
    case .atMost(let limit): return "at most \(limit.formatted())\(unit)"
    case .atLeast(let limit): return "at least \(limit.formatted())\(unit)"
    case .none: return nil
    }
  }

  /// A table of figures: value, uncertainty and limit.
  static func table(_ figures: [Figure]) -> Markup {
    Table(
      columns: [.text("figure"), .number("value"), .text("limit"), .text("")],
      rows: figures.map { figure in
        .cells([
          Markup(text: figure.name), Markup(text: value(figure)),
          Markup(text: bound(figure) ?? "told, not judged"),
          figure.bound == .none
            ? Markup()
            : element("span", ["class": figure.isMet ? "gain" : "loss"]) {
              figure.isMet ? "✓ kept" : "✕ missed"
            },
        ])
      },
      note: figures.contains { $0.uncertainty != nil }
        ? "± is half the width of the 95 % interval." : ""
    ).markup
  }
}
