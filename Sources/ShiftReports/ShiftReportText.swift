import Foundation
import Pages
import Services

extension ShiftReport {
  /// The report as a person reads it in a terminal.
  public var text: String {
    let times = ShiftTimes(zone)
    var lines = [
      "\(lot.map { "lot \($0), " } ?? "")\(times.text(from)) to \(times.text(to))",
      "pieces \(pieces), of them \(unknown) unknown, \(ejected) to be blown out, \(late) too late; "
        + "\(lost) left undecided",
    ]
    if let purity { lines.append("purity, estimated: \(Self.text(purity))") }
    if let recovery { lines.append("recovery, estimated: \(Self.text(recovery))") }
    if let least = slack.least, let median = slack.milliseconds(below: 0.5) {
      lines.append(String(format: "time left: %.1f ms at least, %.0f ms median", least, median))
    }
    lines.append("")
    lines += Self.table(
      [["class", "pieces", "share", "95 %", "blown out"]]
        + classes.map { figures in
          let share = figures.share
          return [
            figures.name, "\(figures.pieces)", Self.percent(share.value),
            "\(Self.percent(share.low)) to \(Self.percent(share.high))", "\(figures.ejected)",
          ]
        })
    if !alarms.isEmpty {
      lines += ["", "alarms:"]
      lines += alarms.suffix(20).map { alarm in
        "  \(times.text(alarm.from))  \(ShiftTimes.length(alarm.seconds))  \(alarm.reason.id): "
          + alarm.reason.problem
      }
    }
    lines.append("")
    lines += setups.suffix(20).map { stored in
      "from \(times.text(stored.at)): bundle \(stored.setup.bundle) "
        + "\(stored.setup.bundleDigest.prefix(12)), calibration \(stored.setup.calibration)"
        + (stored.setup.recipe.map { ", recipe \($0)" } ?? "")
        + (stored.setup.lot.map { ", lot \($0)" } ?? "")
    }
    let missed = runs.reduce(0) { $0 + $1.missed }
    if missed > 0 { lines.append("\(missed) pieces, blasts and losses could not be stored") }
    return lines.joined(separator: "\n")
  }

  /// Counts of each stretch of time, with a line for its names: RFC 4180.
  public var csv: String {
    let names = classes.map(\.name)
    let times = ShiftTimes(zone)
    let head =
      ["from", "to", "pieces", "ejected", "late", "undecided"] + names.map { "class \($0)" }
    let rows = slices.map { slice in
      [times.text(slice.from), times.text(slice.to)]
        + [slice.pieces, slice.ejected, slice.late, slice.lost].map(String.init)
        + names.map { "\(slice.classes[$0] ?? 0)" }
    }
    return ([head] + rows).map(Self.line).joined()
  }

  private static func line(_ cells: [String]) -> String {
    cells.map { cell in
      guard cell.contains(where: { "\",\n\r".contains($0) }) else { return cell }
      return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }.joined(separator: ",") + "\r\n"
  }

  private static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  private static func text(_ share: Proportion) -> String {
    "\(percent(share.value)) (95 %: \(percent(share.low)) to \(percent(share.high)))"
  }

  /// Columns under each other; the first to the left, all others to the right.
  private static func table(_ rows: [[String]]) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }
  }
}
