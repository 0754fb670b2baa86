import CommandKit
import Diagnostics
import Foundation
import Services
import ShiftReports

/// Tells what a shift or a lot came to.
struct ReportCommand: Command {
  static let name = "report"
  static let summary = "Tells what a shift or a lot came to, from the store of a run."

  var store = URL(filePath: ".")
  var from: String?
  var to: String?
  var last: String?
  var lot: String?
  var output: URL?

  static let flags: [Flag<Self>] = [
    .required("--store", \.store, "FILE", "What 'miraged run --store' keeps; also while it runs"),
    .optional("--from", \.from, "TIME", "As '2026-12-01 06:00', '2026-12-01' or '06:00'"),
    .optional("--to", \.to, "TIME", "Up to then, as above; default: to the end"),
    .optional("--last", \.last, "TIME", "The time up to now, as 90m, 8h or 7d"),
    .optional("--lot", \.lot, "NAME", "All of a lot"),
    .optional(
      "--out", \.output, "FILE", "A page (.html) or counts over time (.csv); default: as text"),
  ]

  static let examples = [
    "miraged report --store line.mirage --last 8h",
    "miraged report --store line.mirage --from 06:00 --to 14:00 --out shift.html",
    "miraged report --store line.mirage --lot 4711 --out lot.csv",
  ]

  func run() async throws {
    let ending = output?.pathExtension.lowercased()
    if let output, ending != "html", ending != "csv" {
      throw WrongOptions("--out", "'\(output.relativePath)' found, a name in .html or .csv wanted")
    }
    let report = try ShiftReport(store, selection)
    guard let output else {
      print(report.text)
      return
    }
    try AtomicFile.write(ending == "csv" ? report.csv : ShiftReportPage(report).html, to: output)
    print("\(output.relativePath): \(report.pieces) pieces")
  }

  private var selection: StoreSelection {
    get throws {
      var selection = StoreSelection(lot: lot)
      let (times, now) = (ShiftTimes(.current), WallTime.now)
      if let last {
        guard from == nil, to == nil else {
          throw WrongOptions("--last", "found with --from or --to, one of them wanted")
        }
        selection.to = now
        selection.from = now.advanced(by: .zero - (try ShiftTimes.duration(last, of: "--last")))
      }
      if let from { selection.from = try times.time(from, of: "--from", now: now) }
      if let to { selection.to = try times.time(to, of: "--to", now: now) }
      if let from = selection.from, let to = selection.to, from >= to {
        throw WrongOptions(
          "--to", "\(times.text(to)) found, which is not after \(times.text(from))")
      }
      return selection
    }
  }
}
