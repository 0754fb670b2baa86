import Diagnostics
import Distillation
import Foundation

/// The report of a run: one HTML page that needs nothing beside it.
public struct ReportPage {
  let run: ExperimentRun
  let results: ExperimentResults

  public init(run: ExperimentRun, results: ExperimentResults) {
    self.run = run
    self.results = results
  }

  /// Writes the page, whole or not at all.
  public func write(to file: URL) throws {
    try AtomicFile.write(html, to: file)
  }

  private var html: String {
    """
    <!doctype html><html lang="en"><meta charset="utf-8"><title>\(results.name)</title>
    <h1>\(results.name)</h1><p>\(results.verdict.sentence)</p><pre>\(results.table)</pre></html>
    """
  }
}
