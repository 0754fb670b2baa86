import Distillation
import Foundation
import Pages

/// The four ways to sort side by side, by arm and by class.
struct ComparisonSection {
  let evidence: Evidence

  var section: PageSection {
    PageSection("ways", "Four ways to sort") {
      paragraph(
        "Every figure counts \(evidence.units), the unit of decision: samples of one "
          + "\(evidence.unit) are averaged first. Mean ± half of the 95 % interval over "
          + "\(evidence.results.seeds.count) seeds; each small tick is one seed.")
      arms
      element("h3") { "Recall of each class, %" }
      byClass("recall: share of the class that is decided rightly") { $0.recall[$1] }
      element("h3") { "Purity of each class at 95 % recovery, %" }
      byClass("purity: share of the class in what is ejected when 95 % of it is recovered") {
        $0.purityAt95Recovery[$1]
      }
    }
  }

  private var arms: Markup {
    let axis = accuracyAxis
    let rows = Arm.Way.allCases.flatMap { way -> [Table.Row] in
      let members = evidence.results.arms.filter { $0.arm.way == way }
      guard !members.isEmpty else { return [] }
      return [.group(way.title)] + members.map { row($0, axis) }
    }
    return Table(
      columns: [
        .text("way to sort"), .text("accuracy of each seed, %"), .number("accuracy"),
        .number("macro F1"), .number("purity at 95 % recovery"), .number("parameters"),
        .number("multiply-adds"),
      ], rows: rows,
      note: "Purity: mean over classes. Parameters and multiply-adds: of the network that runs, "
        + "for one sample; classical arms have none."
    ).markup
  }

  private func row(_ result: ArmResult, _ axis: Axis) -> Table.Row {
    let cells: [Markup] = [
      Markup(text: result.arm.title),
      Self.strip(result, axis),
      Markup(text: SeedMean(result, \.accuracy).percent),
      Markup(text: SeedMean(result, \.macroF1).percent),
      Markup(text: SeedMean(result, \.meanPurity).percent),
      Markup(text: result.parameters > 0 ? NumberText.scaled(result.parameters) : "–"),
      Markup(text: result.multiplyAdds > 0 ? NumberText.scaled(result.multiplyAdds) : "–"),
    ]
    return result.arm == evidence.student || result.arm == evidence.control
      ? .emphasized(cells) : .cells(cells)
  }

  private var accuracyAxis: Axis {
    let values = evidence.results.arms.filter { $0.arm.way != .check }.flatMap { result in
      let mean = SeedMean(result, \.accuracy)
      // Two seeds give intervals that would squeeze all else; they are cut at the axis.
      guard let half = mean.half, mean.values.count > 2 else { return mean.values }
      return mean.values + [mean.mean - half, mean.mean + half]
    }
    return Axis("", holding: values.map { min(1, max(0, $0)) }, count: 3, factor: 100)
  }

  /// Mean, interval and seeds of an arm's accuracy on an axis that all arms share.
  private static func strip(_ result: ArmResult, _ axis: Axis) -> Markup {
    let (width, middle) = (200.0, 10.0)
    let mean = SeedMean(result, \.accuracy)
    func x(_ value: Double) -> Double {
      let share =
        (value - axis.range.lowerBound) / (axis.range.upperBound - axis.range.lowerBound)
      return 8 + min(1, max(0, share)) * (width - 16)
    }
    return svg(
      "\(result.arm.short): accuracy \(mean.percent)", width: width, height: 28
    ) {
      axis.ticks.map { segment(x($0), 0, x($0), 17, "grid") }
      axis.ticks.map { words(axis.label($0), x($0), 26, "middle", "tiny") }
      mean.values.map { segment(x($0), middle - 5, x($0), middle + 1, "seed") }
      if let half = mean.half {
        leaf(
          "line",
          [
            "x1": NumberText.coordinate(x(mean.mean - half)),
            "x2": NumberText.coordinate(x(mean.mean + half)),
            "y1": NumberText.coordinate(middle), "y2": NumberText.coordinate(middle),
            "style": "stroke:var(--\(result.arm.look.color));stroke-width:3",
            "stroke-linecap": "round",
          ])
      }
      leaf(
        "circle",
        [
          "cx": NumberText.coordinate(x(mean.mean)), "cy": NumberText.coordinate(middle), "r": "4",
          "style": "fill:var(--\(result.arm.look.color))",
        ])
    }
  }

  private func byClass(
    _ note: String, _ value: @escaping (Metrics, Int) -> Double
  ) -> Markup {
    let shown: [Arm] = [.fusion, .spectral, .color, .twoColor, .student, .compactPlain, .compact]
      .filter { evidence.results.arm($0) != nil }
    let results = shown.compactMap { evidence.results.arm($0) }
    let counts = evidence.piecesPerClass
    let difference = evidence.student.flatMap { student in
      evidence.control.flatMap { control in
        evidence.results.arm(student).flatMap { first in
          evidence.results.arm(control).map { (first, $0) }
        }
      }
    }
    let rows = evidence.classes.enumerated().map { label, name -> Table.Row in
      var cells = [Markup(text: name), Markup(text: NumberText.count(counts[label]))]
      guard counts[label] > 0 else {
        return .cells(cells + Array(repeating: "–", count: shown.count + 1))
      }
      cells += results.map { Markup(text: SeedMean($0.metrics.map { value($0, label) }).share) }
      cells.append(
        difference.map { pair in
          Self.gain(
            zip(pair.0.metrics, pair.1.metrics).map { 100 * (value($0, label) - value($1, label)) })
        } ?? "–")
      return .cells(cells)
    }
    return Table(
      columns: [.text("class"), .number("test \(evidence.units)")]
        + shown.map { .number($0.short) } + [.number("student − control, points")],
      rows: rows,
      note: note + "; ± is half of the 95 % interval over seeds, brackets hold the "
        + "paired one. Bold where that leaves out 0."
    ).markup
  }

  private static func gain(_ differences: [Double]) -> Markup {
    let mean = SeedMean(differences)
    let text = NumberText.signed(mean.mean)
    guard let half = mean.half else { return Markup(text: text) }
    let (low, high) = (mean.mean - half, mean.mean + half)
    let whole = "\(text) \(NumberText.interval(low, high))"
    // Equal differences in all seeds leave an interval of no width, which shows nothing.
    guard half > 0, low > 0 || high < 0 else { return Markup(text: whole) }
    return element("b", ["class": low > 0 ? "gain" : "loss"]) { whole }
  }
}
