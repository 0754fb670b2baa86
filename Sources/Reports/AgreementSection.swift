import Distillation
import Pages

/// How much the hallucinated features tell of those that the spectra give.
struct AgreementSection {
  let evidence: Evidence

  var section: PageSection {
    PageSection("agreement", "Hallucinated features") {
      if let arm, !cosines(arm).isEmpty {
        paragraph(
          "How much of what the spectra show can be read from the RGB-only network: a linear "
            + "read-out of its hallucination stream, fitted on the training pairs, is held against "
            + "the features of the teacher's spectral stream for each test \(evidence.unit). 1 is "
            + "the same direction around their mean, 0 is none in common. The second RGB stream of "
            + "the control, which no spectrum has taught, gets a read-out too: only what lies "
            + "above it was learnt from the spectra.")
        element("div", ["class": "columns"]) {
          figure("Each class: median, middle half and middle nine tenths, all seeds together.") {
            boxes(arm)
          }
          element("div") {
            seedTable
            paragraph(relation(arm))
          }
        }
      } else {
        paragraph("No hallucination stream was trained.", "note")
      }
    }
  }

  private var arm: Arm? {
    [.student, .hallucination].first { evidence.has($0) && !cosines($0).isEmpty }
  }

  private struct Cosine {
    let value: Double
    let truth: Int
    let isRight: Bool
  }

  private func cosines(_ arm: Arm) -> [Cosine] {
    evidence.judgements(arm).flatMap { judgement in
      zip(judgement.agreement, zip(judgement.truth, judgement.raw)).map { value, entry in
        Cosine(value: value, truth: entry.0, isRight: decided(entry.1) == entry.0)
      }
    }
  }

  private var seedTable: Markup {
    let arms = [Arm.twoColor, .hallucination, .student].filter {
      evidence.results.arm($0)?.featureAgreement != nil
    }
    let seeds = evidence.results.seeds
    let rows = seeds.indices.map { index in
      Table.Row.cells(
        [Markup(text: "seed \(seeds[index])")]
          + arms.map { arm in
            let values = evidence.results.arm(arm)?.featureAgreement ?? []
            return values.indices.contains(index)
              ? Markup(text: NumberText.fixed(values[index], digits: 2)) : "–"
          })
    }
    let mean = Table.Row.emphasized(
      ["mean"]
        + arms.map { arm in
          Markup(text: SeedMean(evidence.results.arm(arm)?.featureAgreement ?? []).plain)
        })
    let explained = Table.Row.cells(
      ["spectra explained, %"]
        + arms.map { arm in
          Markup(text: SeedMean(evidence.results.arm(arm)?.spectrumExplained ?? []).share)
        })
    return Table(
      columns: [.text("mean cosine")] + arms.map { .number(Self.column($0)) },
      rows: rows + [mean, explained],
      note: "Spectra explained: share of the squared differences of test spectra from the mean of "
        + "the training spectra that the read-out gets right; ± half of the 95 % interval over "
        + "seeds."
    ).markup
  }

  private static func column(_ arm: Arm) -> String {
    switch arm {
    case .twoColor: "control"
    case .hallucination: "after step 3"
    default: "after step 4"
    }
  }

  /// Whether good imagination goes with right decisions.
  private func relation(_ arm: Arm) -> String {
    let all = cosines(arm)
    let right = all.filter(\.isRight).map(\.value).sorted()
    let wrong = all.filter { !$0.isRight }.map(\.value).sorted()
    guard !wrong.isEmpty, !right.isEmpty else { return "" }
    let (a, b) = (Curves.quantile(right, 0.5), Curves.quantile(wrong, 0.5))
    let start =
      "Median where the \(arm.short) decides rightly: \(NumberText.fixed(a, digits: 2)); where it "
      + "errs: \(NumberText.fixed(b, digits: 2)). "
    if a < 0.2 { return start + "Next to nothing of what the spectra show can be read from it." }
    return start
      + (a - b > 0.05
        ? "Its mistakes are also where it imagines the spectra badly."
        : "Its mistakes do not come from imagining badly.")
  }

  private func boxes(_ arm: Arm) -> Markup {
    let all = cosines(arm)
    let groups = Dictionary(grouping: all, by: \.truth).mapValues { $0.map(\.value).sorted() }
    let classes = evidence.classes.indices.filter { groups[$0] != nil }
    let (width, rowHeight, right) = (470.0, 26.0, 44.0)
    let left = 20 + 6.6 * Double(classes.map { min(20, evidence.classes[$0].count) }.max() ?? 1)
    let axis = Axis(
      "", holding: groups.values.flatMap { [Curves.quantile($0, 0.05), 1] } + [0], count: 5)
    func x(_ value: Double) -> Double {
      let share =
        (value - axis.range.lowerBound) / (axis.range.upperBound - axis.range.lowerBound)
      return left + min(1, max(0, share)) * (width - left - right)
    }
    let foot = Double(classes.count) * rowHeight + 6
    return svg("Agreement of features by class", width: width, height: foot + 36) {
      axis.ticks.map { tick in
        Markup(joining: [
          segment(x(tick), 2, x(tick), foot, "grid"),
          words(axis.label(tick), x(tick), foot + 15, "middle"),
        ])
      }
      words("cosine", (left + width - right) / 2, foot + 32, "middle", "title")
      classes.enumerated().map { index, label in
        box(
          groups[label] ?? [], name: evidence.classes[label], left: left, right: width - right,
          y: Double(index) * rowHeight + 4 + rowHeight / 2, x: x)
      }
    }
  }

  private func box(
    _ values: [Double], name: String, left: Double, right: Double, y: Double,
    x: (Double) -> Double
  ) -> Markup {
    let marks = [0.05, 0.25, 0.5, 0.75, 0.95].map { x(Curves.quantile(values, $0)) }
    let shown = name.count > 20 ? name.prefix(19) + "…" : name
    return Markup(joining: [
      words(shown, left - 8, y + 4, "end", "name"),
      segment(marks[0], y, marks[4], y, "whisker"),
      leaf(
        "rect",
        [
          "x": NumberText.coordinate(marks[1]), "y": NumberText.coordinate(y - 7),
          "width": NumberText.coordinate(max(1, marks[3] - marks[1])), "height": "14", "rx": "2",
          "class": "box",
        ]),
      segment(marks[2], y - 7, marks[2], y + 7, "median"),
      words(
        NumberText.fixed(Curves.quantile(values, 0.5), digits: 2), right + 8, y + 4, "start",
        "name"),
    ])
  }
}
