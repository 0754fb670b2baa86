import Diagnostics
import Distillation
import Foundation
import Pages

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
    try AtomicFile.write(try html(), to: file)
  }

  /// The page: the same run gives the same characters.
  public func html() throws -> String {
    let evidence = try Evidence(run, results)
    let sections = [
      ComparisonSection(evidence: evidence).section,
      DifferenceSection(evidence: evidence).section,
      ConfusedPairsSection(evidence: evidence).section,
      ConfusionSection(evidence: evidence).section,
      CertaintySection(evidence: evidence).section,
      try MistakesSection(evidence: evidence).section(),
      AgreementSection(evidence: evidence).section,
      try ImaginedSection(evidence: evidence).section(),
      LearningSection(evidence: evidence, log: try run.log()).section,
      try OriginSection(evidence: evidence).section(),
    ]
    return Page(
      title: "\(results.name): Mirage report", kicker: "Mirage: what the spectra bought",
      name: results.name, lead: VerdictSection(evidence: evidence).markup, sections: sections,
      footer: "\(results.name), \(results.seeds.count) seeds, data "
        + "\(results.data.manifestDigest.short), Mirage \(Release.version). This page holds "
        + "everything it shows and asks no other place for anything."
    ).html
  }
}
