import CommandKit
import Distillation
import Foundation
import Reports

/// Writes the report of a finished run again.
struct Report: Command {
  static let name = "report"
  static let summary = "Writes a run's report as one self-contained HTML page."
  static let examples = [
    "mirage-train report Runs/indian-pines",
    "mirage-train report Runs/indian-pines --out page.html",
  ]

  var runFolder = URL(filePath: "Runs")
  var out: URL?

  static let operands: [Operand<Self>] = [
    .required("RUN", \.runFolder, "Folder that 'mirage-train fit' wrote")
  ]
  static let flags: [Flag<Self>] = [
    .optional("--out", \.out, "FILE", "Where the page goes (default: report.html in the run)")
  ]

  func run() async throws {
    let (run, facts, environment) = try ExperimentRun.reopen(runFolder)
    let results = try run.conclude(
      facts: facts, flattery: run.storedFlattery, environment: environment)
    let page = out ?? runFolder.appending(path: "report.html")
    try ReportPage(run: run, results: results).write(to: page)
    print("report: \(page.relativePath)")
  }
}
