import Distillation
import Foundation
import Pages

/// Whether confidence can be believed, and what can be had by refusing the unsure.
struct CertaintySection {
  let evidence: Evidence

  var section: PageSection {
    PageSection("certainty", "Confidence and purity") {
      if let arm = evidence.sealed {
        element("h3") { "Reliability of the \(arm.short)" }
        paragraph(
          "A confidence of 80 % should be right 80 times in 100. Bars below the diagonal: too "
            + "sure. The temperature is fitted on the calibration \(evidence.units), never on the "
            + "test.")
        element("div", ["class": "gallery"]) {
          reliability(arm, \.raw, "before the temperature")
          reliability(arm, \.calibrated, "after the temperature (\(temperatures(arm)))")
          figure(
            "Errors among the accepted when only the surest are accepted, mean over seeds. Area "
              + "under the generalized curve (AUGRC): \(areas)."
          ) {
            risk
            legend(shown)
          }
        }
        element("h3") { "Purity against recovery" }
        paragraph(
          "For each class: how pure the ejected fraction is (share of the class in it, counted in "
            + "\(evidence.units)) when a threshold recovers so much of the class. Mean over seeds; "
            + "the dot marks 95 % recovery.")
        legend(shown)
        element("div", ["class": "gallery small"]) {
          evidence.classes.indices.filter { evidence.piecesPerClass[$0] > 0 }.map(purity)
        }
      } else {
        paragraph("No student was trained.", "note")
      }
    }
  }

  private var shown: [Arm] {
    var arms = [evidence.student, evidence.control, evidence.teacher].compactMap { $0 }
    if let sealed = evidence.sealed, !arms.contains(sealed) { arms.insert(sealed, at: 1) }
    return arms
  }

  private func temperatures(_ arm: Arm) -> String {
    let values = evidence.judgements(arm).map { Double($0.temperature) }
    guard let low = values.min(), let high = values.max() else { return "" }
    let (first, last) = (NumberText.fixed(low, digits: 2), NumberText.fixed(high, digits: 2))
    return first == last ? first : "\(first) to \(last)"
  }

  private var areas: String {
    shown.compactMap { arm in
      evidence.results.arm(arm).map {
        "\(arm.short) \(NumberText.fixed(SeedMean($0, \.riskArea).mean, digits: 4))"
      }
    }.joined(separator: ", ")
  }

  private func reliability(
    _ arm: Arm, _ probabilities: (Evidence.Judgement) -> [[Double]], _ when: String
  ) -> Markup {
    let judgements = evidence.judgements(arm)
    let bins = Curves.bins(
      judgements.flatMap(probabilities), truth: judgements.flatMap(\.truth), count: 15)
    let total = max(1, bins.reduce(0) { $0 + $1.count })
    var plot = Plot(
      "Reliability \(when)", width: 330, height: 270,
      x: Axis("confidence, %", 0...1, count: 5, factor: 100),
      y: Axis("right, %", 0...1, count: 5, factor: 100))
    for (index, bin) in bins.enumerated() where bin.count > 0 {
      let (start, end) = (Double(index) / 15, Double(index + 1) / 15)
      let share = Double(bin.right) / Double(bin.count)
      // Bars fade where few pieces stand behind them.
      let weight = min(1, 0.25 + 3 * Double(bin.count) / Double(total))
      plot.bar(
        from: start, to: end, value: share,
        Plot.Look(color: arm.look.color, opacity: weight),
        title: "\(bin.count) decisions, \(NumberText.percent(share)) right, mean confidence "
          + NumberText.percent(bin.confidence / Double(bin.count)))
    }
    plot.line([(0, 0), (1, 1)], Plot.Look(color: "soft", dash: "4 3", width: 1.4))
    return figure(
      "\(when.prefix(1).uppercased() + when.dropFirst()): expected calibration error "
        + "\(NumberText.percent(Curves.calibrationError(bins))) (15 bins, all seeds together; pale "
        + "bars hold few decisions)."
    ) { plot.markup }
  }

  private var risk: Markup {
    let coverages = (1...40).map { Double($0) / 40 }
    let lines = shown.map { arm in
      (
        arm,
        Curves.mean(
          evidence.judgements(arm).map {
            Curves.risk($0.calibrated, truth: $0.truth, coverages: coverages)
          })
      )
    }
    var plot = Plot(
      "Errors among accepted against coverage", width: 330, height: 270,
      x: Axis("accepted, %", 0...1, count: 5, factor: 100),
      y: Axis("wrong among accepted, %", holding: lines.flatMap(\.1) + [0], factor: 100))
    for (arm, values) in lines {
      plot.line(Array(zip(coverages, values)), arm.look, title: arm.short)
    }
    return plot.markup
  }

  private func purity(_ label: Int) -> Markup {
    let recoveries = (0...25).map { 0.5 + Double($0) / 50 } + [0.95]
    let ordered = recoveries.indices.sorted { recoveries[$0] < recoveries[$1] }
    let lines = shown.map { arm in
      (
        arm,
        Curves.mean(
          evidence.judgements(arm).map { judgement in
            Curves.purity(
              scores: judgement.calibrated.map { $0[label] },
              isTarget: judgement.truth.map { $0 == label }, recoveries: recoveries)
          })
      )
    }.filter { !$0.1.isEmpty }
    let low = lines.flatMap(\.1).filter(\.isFinite).min() ?? 0
    var plot = Plot(
      "Purity of \(evidence.classes[label]) against recovery", width: 310, height: 200,
      x: Axis("recovered, %", 0.5...1, count: 4, factor: 100),
      y: Axis("purity, %", holding: [low, 1], count: 4, factor: 100))
    for (arm, values) in lines.reversed() {
      plot.line(ordered.map { (recoveries[$0], values[$0]) }, arm.look, title: arm.short)
      plot.dot(0.95, values[26], radius: 3, arm.look, title: "\(arm.short) at 95 %")
    }
    let at95 = lines.prefix(3).map { "\($0.0.short) \(NumberText.percent($0.1[26]))" }
      .joined(separator: ", ")
    return element("figure") {
      element("h4") { evidence.classes[label] }
      plot.markup
      element("figcaption") { "At 95 %: \(at95)" }
    }
  }
}
