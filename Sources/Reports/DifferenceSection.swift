import Distillation
import Pages

/// Paired differences between arms: a forest plot and the figures behind it.
struct DifferenceSection {
  let evidence: Evidence

  var section: PageSection {
    PageSection("differences", "Paired differences") {
      paragraph(
        "Both arms of a row share seeds, labelled samples and test \(evidence.units), so each seed "
          + "gives one difference. Right of the line: the first arm is better.")
      if entries("accuracy").isEmpty {
        paragraph("No two arms of this experiment form a comparison.", "note")
      } else {
        figure(
          "Difference in accuracy, points. Bar: 95 % interval of the mean (Student's t over "
            + "seeds). Small dots: single seeds. Hollow: checks that are not for use."
        ) { ForestPlot(entries: entries("accuracy")).markup }
        byPiece
        table(metrics.prefix(1))
        if metrics.count > 1 {
          element("details") {
            element("summary") { "Differences in \(metrics.dropFirst().joined(separator: ", "))" }
            table(metrics.dropFirst())
          }
        }
      }
    }
  }

  private func entries(_ metric: String) -> [PairedComparison] {
    evidence.results.comparisons.filter { $0.metric == metric }
  }

  private var metrics: [String] {
    evidence.results.comparisons.reduce(into: []) { names, entry in
      if !names.contains(entry.metric) { names.append(entry.metric) }
    }
  }

  private func table(_ metrics: ArraySlice<String>) -> Markup {
    let rows = metrics.flatMap { metric -> [Table.Row] in
      let own = entries(metric)
      let corrected = Self.holm(own.map(\.pValue))
      return [.group(metric)]
        + zip(own, corrected).map { entry, p in
          .cells([
            Markup(text: "\(Self.name(entry.first)) − \(Self.name(entry.second))"),
            Markup(text: NumberText.signed(entry.mean, digits: 2)),
            Markup(text: NumberText.interval(entry.low, entry.high, digits: 2)),
            Markup(text: entry.low.isFinite ? NumberText.probability(entry.pValue) : "–"),
            Markup(text: entry.low.isFinite ? NumberText.probability(p) : "–"),
            Markup(text: "\(entry.wins) of \(entry.differences.count)"),
          ])
        }
    }
    return Table(
      columns: [
        .text("difference"), .number("mean, points"), .number("95 % interval"), .number("p"),
        .number("p after Holm"), .number("seeds won"),
      ], rows: rows,
      note: "Two-sided paired t-test over seeds; the second p is corrected for looking at all rows "
        + "of the measure (Holm, 1979)."
    ).markup
  }

  @MarkupBuilder private var byPiece: Markup {
    if let student = evidence.student, let control = evidence.control,
      let found = evidence.compare(student, control)
    {
      paragraph(
        "\(evidence.unit.capitalized) by \(evidence.unit), by mean probability over seeds: only "
          + "the \(student.short) is right on \(NumberText.count(found.onlyFirst)), only the "
          + "\(control.short) on \(NumberText.count(found.onlySecond)) (McNemar's exact test, "
          + "p\(NumberText.noBreak)\(NumberText.probability(found.pValue))). "
          + (found.interval.map {
            "Drawing the \(found.groups) groups of test \(evidence.units) again 2000 times gives "
              + "\(NumberText.interval($0.lowerBound, $0.upperBound)) points."
          }
            ?? "The test holds \(found.groups) "
            + (found.groups == 1 ? "group" : "groups") + ", too few to draw them again."))
    }
  }

  static func name(_ arm: String) -> String { Arm(rawValue: arm)?.short ?? arm }

  /// p-values corrected for their number, in the order given.
  ///
  /// Source: Holm, *A Simple Sequentially Rejective Multiple Test Procedure*, Scandinavian Journal
  /// of Statistics 6, 1979.
  static func holm(_ values: [Double]) -> [Double] {
    var corrected = values
    var highest = 0.0
    for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
      highest = max(highest, min(1, values[index] * Double(values.count - rank)))
      corrected[index] = highest
    }
    return corrected
  }
}

/// Differences with their intervals, one row each, on one axis.
struct ForestPlot {
  let entries: [PairedComparison]
  private let width = 900.0
  private let left = 330.0
  private let right = 190.0
  private let rowHeight = 30.0

  init(entries: [PairedComparison]) { self.entries = entries }

  private var height: Double { Double(entries.count) * rowHeight + 46 }

  private var axis: Axis {
    Axis(
      "points",
      holding: entries.flatMap { entry in
        // Two seeds give intervals that would squeeze all else; they are cut at the axis.
        entry.differences + [0] + (entry.differences.count > 2 ? [entry.low, entry.high] : [])
      }, count: 7)
  }

  private func x(_ value: Double, _ axis: Axis) -> Double {
    let share = (value - axis.range.lowerBound) / (axis.range.upperBound - axis.range.lowerBound)
    return left + min(1, max(0, share)) * (width - left - right)
  }

  var markup: Markup {
    let axis = axis
    let foot = height - 36
    return svg("Paired differences in accuracy", width: width, height: height) {
      axis.ticks.map { tick in
        Markup(joining: [
          segment(x(tick, axis), 4, x(tick, axis), foot, "grid"),
          words(
            NumberText.signed(tick, digits: axis.digits), x(tick, axis), foot + 16, "middle"),
        ])
      }
      segment(x(0, axis), 4, x(0, axis), foot, "zero")
      words(
        "difference in accuracy, points", (left + width - right) / 2, height - 4, "middle", "title")
      entries.enumerated().map { index, entry in
        row(entry, Double(index) * rowHeight + 4 + rowHeight / 2, axis)
      }
    }
  }

  private func row(_ entry: PairedComparison, _ y: Double, _ axis: Axis) -> Markup {
    let arm = Arm(rawValue: entry.first)
    let color = arm?.look.color ?? "gray"
    let isCheck = arm?.way == .check
    let name = "\(DifferenceSection.name(entry.first)) − \(DifferenceSection.name(entry.second))"
    return Markup(joining: [
      words(name, left - 14, y + 4, "end", "name"),
      Markup(
        joining: entry.differences.map { difference in
          leaf(
            "circle",
            [
              "cx": NumberText.coordinate(x(difference, axis)),
              "cy": NumberText.coordinate(y + 8), "r": "2", "class": "seed-dot",
            ])
        }),
      entry.low.isFinite
        ? leaf(
          "line",
          [
            "x1": NumberText.coordinate(x(entry.low, axis)),
            "x2": NumberText.coordinate(x(entry.high, axis)), "y1": NumberText.coordinate(y),
            "y2": NumberText.coordinate(y), "stroke-linecap": "round",
            "style": "stroke:var(--\(color));stroke-width:3",
          ]) : Markup(),
      leaf(
        "circle",
        [
          "cx": NumberText.coordinate(x(entry.mean, axis)), "cy": NumberText.coordinate(y),
          "r": "5",
          "style": isCheck
            ? "fill:var(--card);stroke:var(--\(color));stroke-width:2" : "fill:var(--\(color))",
        ]),
      words(
        "\(NumberText.signed(entry.mean)) \(NumberText.interval(entry.low, entry.high))",
        width - right + 14, y + 4, "start", "name"),
    ])
  }
}
