import Distillation
import Pages

/// How the losses of each stage fell.
struct LearningSection {
  let evidence: Evidence
  let log: [LogEntry]

  var section: PageSection {
    PageSection("learning", "Learning curves") {
      if log.isEmpty {
        paragraph("The run's folder holds no logs.", "note")
      } else {
        paragraph(
          "Terms of the loss as they entered the total, on training batches, in nats where they "
            + "are cross entropies. Thin: single seeds; thick: their mean.")
        legend(terms.map { ($0, Self.look($0)) })
        element("div", ["class": "gallery small"]) { stages.map(drawing) }
      }
    }
  }

  private var stages: [String] {
    log.reduce(into: []) { names, entry in
      if names.last != entry.stage, !names.contains(entry.stage) { names.append(entry.stage) }
    }
  }

  private var terms: [String] { Set(log.flatMap { $0.losses.keys }).sorted() }

  private static func look(_ term: String) -> Plot.Look {
    switch term {
    case "labels": Plot.Look(color: "blue")
    case "teacher": Plot.Look(color: "teal", dash: "7 3")
    case "hint": Plot.Look(color: "orange", dash: "2 3")
    case "student": Plot.Look(color: "purple", dash: "10 3 2 3")
    default: Plot.Look(color: "gray", dash: "4 3")
    }
  }

  private func drawing(_ stage: String) -> Markup {
    let entries = log.filter { $0.stage == stage }
    let seeds = Dictionary(grouping: entries, by: \.seed)
    let terms = terms.filter { term in entries.contains { $0.losses[term] != nil } }
    let lines = terms.map { term in
      (
        term,
        seeds.keys.sorted().map { seed in
          Curves.thinned(
            (seeds[seed] ?? []).compactMap { entry in
              entry.losses[term].map { (Double(entry.step), Double($0)) }
            }, limit: 40)
        }
      )
    }
    let values = lines.flatMap { $0.1.flatMap { $0.map(\.y) } }
    var plot = Plot(
      "Losses of stage \(stage)", width: 310, height: 200,
      x: Axis("step", holding: entries.map { Double($0.step) }, count: 4),
      y: Axis("loss", holding: values + [0], count: 4))
    for (term, runs) in lines {
      var thin = Self.look(term)
      thin.width = 0.8
      thin.opacity = 0.35
      if runs.count > 1 { for run in runs { plot.line(run, thin) } }
      plot.line(Self.mean(runs), Self.look(term), title: term)
    }
    return element("figure") {
      element("h4") { Self.title(stage) }
      plot.markup
    }
  }

  /// The mean over seeds as far as all of them go.
  private static func mean(_ runs: [[(x: Double, y: Double)]]) -> [(x: Double, y: Double)] {
    let length = runs.map(\.count).min() ?? 0
    return (0..<length).map { index in
      (
        runs[0][index].x,
        runs.reduce(0) { $0 + $1[index].y } / Double(runs.count)
      )
    }
  }

  private static func title(_ stage: String) -> String {
    if stage == "color-second" { return "second RGB stream, for the controls" }
    return Arm(rawValue: stage)?.title ?? stage
  }
}
