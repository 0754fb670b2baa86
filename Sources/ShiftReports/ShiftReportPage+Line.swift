import Foundation
import Pages
import Services

/// The sections about the line rather than the material.
extension ShiftReportPage {
  var slack: PageSection {
    PageSection("slack", "Time left at decisions") {
      if let least = report.slack.least, let median = report.slack.milliseconds(below: 0.5),
        let low = report.slack.milliseconds(below: 0.01),
        let high = report.slack.milliseconds(below: 0.99)
      {
        paragraph(
          "Half of the decisions came \(Self.milliseconds(median)) or more before their deadline, "
            + "99 % of them \(Self.milliseconds(low)) or more; the tightest "
            + "\(Self.milliseconds(least)). Below zero is too late, and never fires.")
        histogram(from: min(low, 0), to: max(high, low + 1) + 1, isAnyLate: least < 0)
      } else {
        paragraph("No decision had a deadline: the belt's speed was not known, or it stood.")
      }
    }
  }

  private static func milliseconds(_ value: Double) -> String {
    NumberText.fixed(value, digits: abs(value) < 10 ? 1 : 0) + NumberText.space + "ms"
  }

  /// Bars of whole milliseconds, as slack is counted; zero lies between two of them.
  private func histogram(from least: Double, to most: Double, isAnyLate: Bool) -> Markup {
    let width = max(1, ((most - least) / 40).rounded(.up))
    let low = (least / width).rounded(.down) * width - (isAnyLate && least >= 0 ? width : 0)
    let bars = max(1, Int(((most - low) / width).rounded(.up)))
    let high = low + Double(bars) * width
    let counts = report.slack.bars(bars, from: low, to: high)
    var plot = Plot(
      "Decisions by time left", width: 900, height: 240,
      x: Axis("time left, ms", low...high, count: 8),
      y: Axis("decisions", holding: [0, Double(counts.max() ?? 0)]))
    for (index, count) in counts.enumerated() where count > 0 {
      let start = low + Double(index) * width
      let isLate = start + width <= 0
      plot.bar(
        from: start, to: start + width, value: Double(count),
        Plot.Look(color: isLate ? "bad" : "teal"), title: "\(count) decisions")
    }
    return figure("Decisions by time left; the outermost bars hold all beyond them.") {
      plot.markup
    }
  }

  var alarms: PageSection {
    PageSection("alarms", "Alarms") {
      if report.alarms.isEmpty {
        paragraph("There was none.")
      } else {
        Table(
          columns: [
            .text("alarm"), .number("times"), .number("together"), .text("fit to sort meanwhile"),
          ],
          rows: groups.map { name, alarms in
            .cells([
              Markup(text: name), Markup(text: "\(alarms.count)"),
              Markup(text: ShiftTimes.length(Self.union(alarms))),
              Markup(text: alarms.contains(where: \.reason.isUnfit) ? "no" : "yes"),
            ])
          }
        ).markup
        element("details") {
          element("summary") { "Each of them" }
          alarmTable
        }
      }
    }
  }

  private var groups: [(String, [ShiftReport.AlarmTime])] {
    Dictionary(grouping: report.alarms, by: \.reason.id)
      .sorted { (Self.union($1.value), $0.key) < (Self.union($0.value), $1.key) }
      .map { ($0.key, $0.value) }
  }

  private var alarmTable: Markup {
    Table(
      columns: [
        .text("began"), .number("for"), .text("what was wrong"), .text("what to do about it"),
      ],
      rows: report.alarms.suffix(500).map { alarm in
        .cells([
          Markup(text: times.text(alarm.from)),
          Markup(text: ShiftTimes.length(alarm.seconds) + (alarm.isOpen ? ", still" : "")),
          Markup(text: alarm.reason.problem), Markup(text: alarm.reason.remedy),
        ])
      }, note: report.alarms.count > 500 ? "The last 500 of \(report.alarms.count)." : ""
    ).markup
  }

  var inForce: PageSection {
    PageSection("in-force", "What was in force") {
      Table(
        columns: [
          .text("from"), .text("bundle"), .text("calibration"), .text("recipe"), .text("lot"),
          .text("to be blown out"), .text("source"),
        ],
        rows: report.setups.suffix(200).map { stored in
          let setup = stored.setup
          return .cells([
            Markup(text: times.text(stored.at)),
            Markup(text: "\(setup.bundle) \(setup.bundleDigest.prefix(12))"),
            Markup(text: setup.calibration), Markup(text: setup.recipe ?? "–"),
            Markup(text: setup.lot ?? "–"),
            Markup(
              text: setup.classes.filter(\.isEjected).map(\.name).joined(separator: ", ")),
            Markup(text: setup.source),
          ])
        }
      ).markup
      if let last = report.setups.last?.setup {
        element("details") {
          element("summary") { "Settings and thresholds, the last ones" }
          Table(
            columns: [.text("setting"), .text("value")],
            rows: last.settings.sorted { $0.key < $1.key }.map { key, value in
              .cells([Markup(text: key), Markup(text: value)])
            }
              + last.classes.map { shown in
                .cells([
                  Markup(text: "threshold of \(shown.name)"),
                  Markup(text: NumberText.fixed(shown.threshold, digits: 3)),
                ])
              }
          ).markup
        }
      }
    }
  }

  var accounts: PageSection {
    let account = report.account
    return PageSection("accounts", "Does it add up?") {
      paragraph(
        "Of \(NumberText.count(account.frames.exposed)) frames \(account.frames.decided) were "
          + "decided, \(account.frames.late) had a decision too late, "
          + "\(account.frames.dropped) were dropped and \(account.frames.lost) lost; "
          + "of blasts \(account.blastsFired) were fired, "
          + "\(account.blastsLate) too late and \(account.blastsDropped) dropped. Counted once a "
          + "minute, over \(ShiftTimes.length(account.seconds)).")
      Table(
        columns: [.text("start of the daemon"), .text("end"), .text("version"), .number("missed")],
        rows: report.runs.suffix(200).map { run in
          .cells([
            Markup(text: times.text(run.beganAt)), Markup(text: end(of: run)),
            Markup(text: run.program), Markup(text: NumberText.count(run.missed)),
          ])
        },
        note: "Missed are pieces, blasts and losses that could not be stored; they are in no other "
          + "figure here."
      ).markup
    }
  }

  private func end(of run: StoredRun) -> String {
    run.endedAt.map(times.text)
      ?? "none; last heard of at \(times.text(run.seenAt)), running still or killed"
  }
}
