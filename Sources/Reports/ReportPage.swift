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
      LearningSection(evidence: evidence, log: try run.log()).section,
      try OriginSection(evidence: evidence).section(),
    ]
    let page = element("html", ["lang": "en"]) {
      head
      element("body") {
        element("header") {
          element("p", ["class": "kicker"]) { "Mirage: what the spectra bought" }
          element("p", ["class": "run"]) { results.name }
        }
        element("main") {
          VerdictSection(evidence: evidence).markup
          element("nav") {
            sections.map { section in
              element("a", ["href": "#\(section.anchor)"]) { section.title }
            }
          }
          sections.map(\.markup)
        }
        element("footer") {
          "\(results.name), \(results.seeds.count) seeds, data "
            + "\(results.data.manifestDigest.short), Mirage \(Release.version). This page holds "
            + "everything it shows and asks no other place for anything."
        }
      }
    }
    return "<!doctype html>\n\(page.source)\n"
  }

  private var head: Markup {
    element("head") {
      leaf("meta", ["charset": "utf-8"])
      leaf("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
      leaf("meta", ["name": "color-scheme", "content": "light dark"])
      // Whatever a text may hold, the page runs no script and asks no other place for anything.
      leaf(
        "meta",
        [
          "http-equiv": "Content-Security-Policy",
          "content": "default-src 'none'; img-src data:; style-src 'unsafe-inline'",
        ])
      element("title") { "\(results.name): Mirage report" }
      element("style") { PageStyle.sheet }
    }
  }
}
