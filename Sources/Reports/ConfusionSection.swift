import Distillation
import Pages

/// Which class is taken for which, as heat maps.
struct ConfusionSection {
  let evidence: Evidence

  var section: PageSection {
    PageSection("confusion", "What is taken for what") {
      paragraph(
        "Rows: true class; columns: decided class. Numbers are test \(evidence.units), mean over "
          + "seeds; shade is the share of the row (blue: right, orange: wrong, the root of the "
          + "share, so that small errors show).")
      element("div", ["class": "gallery wide"]) {
        shown.map { arm in
          figure(caption(arm)) {
            HeatMap(
              label: "Confusion of \(arm.short)", classes: evidence.classes,
              counts: evidence.confusion(arm)
            ).markup
          }
        }
      }
    }
  }

  private var shown: [Arm] {
    var arms = [evidence.student, evidence.control, evidence.teacher].compactMap { $0 }
    if let sealed = evidence.sealed, !arms.contains(sealed) { arms.append(sealed) }
    return arms
  }

  private func caption(_ arm: Arm) -> String {
    guard let result = evidence.results.arm(arm) else { return arm.title }
    return "\(arm.title): accuracy \(SeedMean(result, \.accuracy).percent), balanced "
      + "\(SeedMean(result, \.balancedAccuracy).percent)"
  }
}

/// A square of counts, true class by decided class.
struct HeatMap {
  let label: String
  let classes: [String]
  /// Row: true class, column: decided class.
  let counts: [[Double]]

  private var cell: Double { min(58, max(22, 380 / Double(max(1, classes.count)))) }
  private var longest: Double { Double(classes.map { shown($0).count }.max() ?? 1) }
  private var left: Double { 16 + 6.3 * longest }
  private var top: Double { 16 + 4.6 * longest }

  private func shown(_ name: String) -> String {
    name.count > 22 ? name.prefix(21) + "…" : name
  }

  var markup: Markup {
    let side = cell * Double(classes.count)
    let overhang = 4.6 * longest
    return svg(label, width: left + side + max(12, overhang), height: top + side + 6) {
      classes.enumerated().map { index, name in
        let middle = (Double(index) + 0.5) * cell
        let (x, y) = (
          NumberText.coordinate(left + middle + 3), NumberText.coordinate(top - 6)
        )
        return Markup(joining: [
          words(shown(name), left - 6, top + middle + 4, "end"),
          element("text", ["transform": "translate(\(x) \(y)) rotate(-45)"]) { shown(name) },
        ])
      }
      counts.enumerated().map { row, values in
        let total = values.reduce(0, +)
        return Markup(
          joining: values.enumerated().map { column, value in
            square(row, column, value, share: total > 0 ? value / total : 0)
          })
      }
    }
  }

  private func square(_ row: Int, _ column: Int, _ value: Double, share: Double) -> Markup {
    let (x, y) = (left + Double(column) * cell, top + Double(row) * cell)
    let isRight = row == column
    let opacity = isRight ? share : share.squareRoot()
    let text = Self.count(value)
    return element("g") {
      element("title") {
        "true \(classes[row]), decided \(classes[column]): \(text.isEmpty ? "0" : text) "
          + "(\(NumberText.percent(share)))"
      }
      leaf(
        "rect",
        [
          "x": NumberText.coordinate(x + 0.5), "y": NumberText.coordinate(y + 0.5),
          "width": NumberText.coordinate(cell - 1), "height": NumberText.coordinate(cell - 1),
          "class": "cell",
        ])
      value > 0
        ? leaf(
          "rect",
          [
            "x": NumberText.coordinate(x + 0.5), "y": NumberText.coordinate(y + 0.5),
            "width": NumberText.coordinate(cell - 1), "height": NumberText.coordinate(cell - 1),
            "style": "fill:var(--\(isRight ? "blue" : "orange"));fill-opacity:"
              + NumberText.fixed(opacity, digits: 2),
          ]) : nil
      text.isEmpty
        ? nil
        : words(
          text, x + cell / 2, y + cell / 2 + 4, "middle",
          (opacity > 0.6 ? "on-fill" : "value") + (cell < 30 || text.count > 4 ? " tiny" : ""))
    }
  }

  /// A mean count: whole where it is, one digit below 10; nothing for 0.
  static func count(_ value: Double) -> String {
    guard value > 0 else { return "" }
    let isWhole = abs(value - value.rounded()) < 0.05
    return NumberText.fixed(value, digits: isWhole || value >= 10 ? 0 : 1)
  }
}
