import Diagnostics
import Foundation
import Pages
import Services

/// The report as one page that needs nothing beside it.
public struct ShiftReportPage {
  let report: ShiftReport
  let times: ShiftTimes

  public init(_ report: ShiftReport) {
    self.report = report
    times = ShiftTimes(report.zone)
  }

  /// The page: the same report gives the same characters.
  public var html: String {
    Page(
      title: "Mirage: \(name)", kicker: "Mirage: \(report.lot == nil ? "shift" : "lot") report",
      name: name, lead: lead,
      sections: [throughput, composition, purity, slack, alarms, inForce, accounts],
      footer: "From \(report.store), Mirage \(Release.version). Times are of "
        + "\(report.zone.identifier). This page holds everything it shows and asks no other place "
        + "for anything."
    ).html
  }

  private var span: String { "\(times.text(report.from)) to \(times.text(report.to))" }
  /// A lot that is called one needs no word before its name.
  private var name: String {
    report.lot.map { $0.lowercased().hasPrefix("lot") ? $0 : "lot \($0)" } ?? span
  }

  // MARK: First

  private var lead: Markup {
    element("section", ["id": "figures"]) {
      element("h1") { sentence }
      report.lot == nil ? nil : paragraph(span)
      element("div", ["class": "tiles"]) {
        tile(NumberText.count(report.pieces), "pieces decided", rate)
        tile(
          NumberText.count(report.ejected), "to be blown out",
          NumberText.percent(share(report.ejected)))
        tile(
          report.purity.map { NumberText.percent($0.value) } ?? "–", "purity, estimated",
          report.purity.map(Self.interval) ?? "nothing was blown out")
        tile(
          NumberText.count(report.late), "decided too late",
          NumberText.percent(share(report.late), digits: 2))
        tile(NumberText.count(report.lost), "left undecided", lossWords)
        tile(
          NumberText.count(report.unknown), "unknown", NumberText.percent(share(report.unknown)))
      }
    }
  }

  private var sentence: String {
    let unfit = report.alarms.filter(\.reason.isUnfit)
    var text = "\(NumberText.count(report.pieces)) pieces"
    if let most = report.classes.first(where: { $0.name != "unknown" }) {
      text += ", most of them \(most.name)"
    }
    guard !unfit.isEmpty else { return text + "; the line was fit to sort all the time." }
    let seconds = Self.union(unfit)
    return text + "; for \(ShiftTimes.length(seconds)) the line was not fit to sort."
  }

  private var rate: String {
    let hours = Double(report.to.microseconds - report.from.microseconds) / 3.6e9
    guard hours > 0 else { return "" }
    return "\(NumberText.count(Int((Double(report.pieces) / hours).rounded()))) an hour"
  }

  private var lossWords: String {
    report.losses.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      .joined(separator: ", ")
  }

  private func share(_ count: Int) -> Double {
    report.pieces > 0 ? Double(count) / Double(report.pieces) : 0
  }

  static func interval(_ share: Proportion) -> String {
    "95 %: \(NumberText.percent(share.low)) to \(NumberText.percent(share.high))"
  }

  /// Seconds in which at least one of the alarms stood.
  static func union(_ alarms: [ShiftReport.AlarmTime]) -> Double {
    var (sum, end): (Int64, Int64) = (0, .min)
    for alarm in alarms.sorted(by: { $0.from < $1.from }) {
      let start = max(alarm.from.microseconds, end)
      if alarm.to.microseconds > start { sum += alarm.to.microseconds - start }
      end = max(end, alarm.to.microseconds)
    }
    return Double(sum) / 1e6
  }

  // MARK: Sections

  private var throughput: PageSection {
    PageSection("throughput", "Throughput") {
      report.slices.isEmpty ? paragraph("No piece in this time.") : plot
      sliceTable
    }
  }

  private var plot: Markup {
    let (all, out) = (Plot.Look(color: "sky"), Plot.Look(color: "orange"))
    let first = report.slices[0].from
    let midnight = Double(first.microseconds) / 1e6
    let seconds = { (time: WallTime) in Double(time.microseconds) / 1e6 - midnight }
    let last = seconds(report.slices[report.slices.count - 1].to)
    let (unit, name): (Double, String) =
      last > 5 * 86_400 ? (86_400, "days") : last > 2 * 3600 ? (3600, "hours") : (60, "minutes")
    let x = Axis("\(name) after \(times.text(first))", 0...max(last / unit, 1e-3), count: 8)
    let y = Axis("pieces an hour", holding: [0] + report.slices.map(\.rate))
    var plot = Plot("Pieces an hour over time", width: 900, height: 280, x: x, y: y)
    for slice in report.slices {
      let (start, end) = (seconds(slice.from) / unit, seconds(slice.to) / unit)
      let words = times.short(slice.from, after: nil)
      plot.bar(
        from: start, to: end, value: slice.rate, all, title: "\(words): \(slice.pieces) pieces")
      let share = slice.pieces > 0 ? Double(slice.ejected) / Double(slice.pieces) : 0
      plot.bar(
        from: start, to: end, value: slice.rate * share, out,
        title: "\(words): \(slice.ejected) to be blown out")
    }
    return figure("Pieces an hour; those to be blown out in front.") {
      plot.markup
      legend([("decided", wide(all)), ("to be blown out", wide(out))])
    }
  }

  private func wide(_ look: Plot.Look) -> Plot.Look {
    Plot.Look(color: look.color, width: 8)
  }

  private var sliceTable: Markup {
    var before: WallTime?
    let rows = report.slices.suffix(200).map { slice -> Table.Row in
      defer { before = slice.from }
      return .cells([
        Markup(text: times.short(slice.from, after: before)),
        Markup(text: NumberText.count(slice.pieces)),
        Markup(text: NumberText.count(Int(slice.rate.rounded()))),
        Markup(text: NumberText.count(slice.ejected)), Markup(text: NumberText.count(slice.late)),
        Markup(text: NumberText.count(slice.lost)),
      ])
    }
    return element("details") {
      element("summary") { "As a table" }
      Table(
        columns: [
          .text("from"), .number("pieces"), .number("an hour"), .number("to be blown out"),
          .number("too late"), .number("undecided"),
        ], rows: rows
      ).markup
    }
  }

  private var composition: PageSection {
    PageSection("composition", "Composition") {
      Table(
        columns: [
          .text("class"), .number("pieces"), .number("share"), .number("95 % interval"), .text(""),
          .number("to be blown out"),
        ],
        rows: report.classes.map { figures in
          .cells([
            element("span") {
              element("b", ["style": "color:\(figures.color)", "aria-hidden": "true"]) { "■ " }
              figures.name
            }, Markup(text: NumberText.count(figures.pieces)),
            Markup(text: NumberText.percent(figures.share.value)),
            Markup(
              text: "\(NumberText.percent(figures.share.low)) to "
                + NumberText.percent(figures.share.high)),
            Self.bar(figures.share), Markup(text: NumberText.count(figures.ejected)),
          ])
        },
        note:
          "By count of decided pieces, as the student named them. The interval says how far the "
          + "share tells of the material this came from: Wilson's (1927), for as many independent "
          + "pieces as tell as much, which the scatter between sixty blocks of time shows "
          + "(Kish 1965; Korn and Graubard 1998). It knows nothing of what the student mistakes."
      ).markup
    }
  }

  /// A share as a bar, with its interval.
  private static func bar(_ share: Proportion) -> Markup {
    let (width, height) = (160.0, 14.0)
    return svg("", width: width, height: height) {
      leaf(
        "rect",
        [
          "x": "0", "y": "4", "height": "6", "class": "box",
          "width": NumberText.coordinate(max(share.value * width, 0.5)),
        ])
      segment(share.low * width, 7, share.high * width, 7, "whisker")
      segment(share.low * width, 3, share.low * width, 11, "whisker")
      segment(share.high * width, 3, share.high * width, 11, "whisker")
    }
  }

  private var purity: PageSection {
    PageSection("purity", "Purity and recovery, estimated") {
      if let purity = report.purity {
        paragraph(
          "Of the pieces to be blown out \(NumberText.percent(purity.value)) are expected to be of "
            + "a class that was wanted (\(Self.interval(purity))).")
        if let recovery = report.recovery {
          paragraph(
            "Of all pieces of such a class \(NumberText.percent(recovery.value)) are "
              + "expected to be among them (\(Self.interval(recovery))).")
        }
        paragraph(
          "Estimated from the probabilities that the student gave each piece: their mean, with "
            + "the variance ∑ p (1 − p) of a sum of unlike coins and a normal interval. It is as "
            + "good as those probabilities are, counts pieces and not mass, and knows nothing of "
            + "valves that miss. To check it, sort a hundred blown-out pieces by hand: "
            + "\(Int((100 * purity.value).rounded())) of them should be right.", "note")
      } else {
        paragraph("No piece was to be blown out, so there is no purity to tell.")
      }
    }
  }
}
