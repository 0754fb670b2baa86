import CameraCalibration
import Diagnostics
import Foundation
import Pages

/// The certificate as one HTML page that needs nothing beside it.
public struct CertificatePage {
  let certificate: Certificate
  let rig: RigFolder
  let steps: [any CalibrationStep.Type]

  public init(
    _ certificate: Certificate, of rig: RigFolder,
    steps: [any CalibrationStep.Type] = CalibrationSteps.all
  ) {
    self.certificate = certificate
    self.rig = rig
    self.steps = steps
  }

  /// Writes the page, whole or not at all.
  public func write(to file: URL) throws {
    try AtomicFile.write(try html(), to: file)
  }

  /// The page: the same certificate gives the same characters.
  public func html() throws -> String {
    let sections =
      try certificate.entries.map { entry in
        try StepSection(
          entry: entry, folder: rig.folder.appending(path: entry.folder), own: own(entry)
        ).section()
      } + [try origin]
    return Page(
      title: "\(certificate.rig): Mirage calibration",
      kicker: "Mirage: calibration certificate", name: certificate.rig, lead: lead,
      sections: sections,
      footer: "\(certificate.rig), \(certificate.date) \(certificate.time) UTC, content "
        + "\(try certificate.content.short), Mirage \(certificate.version). This page holds "
        + "everything it shows and asks no other place for anything."
    ).html
  }

  /// What the step's own code draws; a step that this Mirage does not know has nothing of its own.
  private func own(_ entry: Certificate.Entry) throws -> Markup {
    guard let step = steps.first(where: { $0.name == entry.record.step }) else { return Markup() }
    return try Self.drawn(step, in: rig.folder.appending(path: entry.folder))
  }

  private static func drawn<Step: CalibrationStep>(
    _ step: Step.Type, in folder: URL
  ) throws -> Markup {
    try step.section(of: RigFolder.read(step, in: folder), in: folder)
  }

  private var lead: Markup {
    element("section", ["id": "verdict", "class": "verdict"]) {
      badge(certificate.verdict)
      element("h1") { sentence }
      element("div", ["class": "tiles"]) { certificate.entries.map(tile) + missingTiles }
      element("div", ["class": "columns"]) {
        element("div") {
          element("h3") { "What to do next" }
          next
        }
        element("div") {
          element("h3") { "What this certifies" }
          facts
        }
      }
    }
  }

  private var sentence: String {
    let failed = certificate.entries.filter { $0.verdict == .fail }.map(\.record.step.title)
    if !failed.isEmpty {
      return "\(certificate.rig) is not fit for use: \(Self.inline(failed))"
        + (failed.count == 1 ? " fails." : " fail.")
    }
    let missing = certificate.missing.map(\.title)
    if !missing.isEmpty {
      return "\(certificate.rig) is not whole yet: "
        + "\(Self.inline(missing)) not done."
    }
    return certificate.verdict == .pass
      ? "\(certificate.rig) is fit for use: every step keeps its limits."
      : "\(certificate.rig) can be used, but something should be looked at."
  }

  /// Titles within a sentence: only their first letters become small.
  private static func inline(_ titles: [String]) -> String {
    titles.map { $0.prefix(1).lowercased() + $0.dropFirst() }.joined(separator: ", ")
  }

  private func tile(_ entry: Certificate.Entry) -> Markup {
    let figures = entry.record.judgement.figures
    // The worst figure says most; of those that keep their limits, the first.
    let figure = figures.first { !$0.isMet } ?? figures.first { $0.bound != .none } ?? figures.first
    return element("a", ["class": "tile \(tone(entry.verdict))", "href": "#\(anchor(entry))"]) {
      element("span") { "\(sign(entry.verdict)) \(entry.record.step.title)" }
      element("strong") { figure.map(FigureText.value) ?? entry.verdict.rawValue }
      element("small") {
        (figure.map { "\($0.name)\(FigureText.bound($0).map { ", \($0)" } ?? "")" } ?? "")
          + ", \(entry.record.date)"
      }
    }
  }

  private var missingTiles: [Markup] {
    certificate.missing.map { step in
      element("div", ["class": "tile open"]) {
        element("span") { "? \(step.title)" }
        element("strong") { "not done" }
        element("small") { CalibrationSteps.has(step) ? step.command : "not in this version" }
      }
    }
  }

  private var next: Markup {
    let advice = certificate.next
    if advice.isEmpty {
      return paragraph(
        "Nothing. Verify again after a shift, a shock, a changed lamp or a moved camera: "
          + "'mirage-calibrate verify'.")
    }
    return element("ol") {
      advice.map { advice in
        element("li") {
          element("b", ["class": advice.weight == .failure ? "loss" : ""]) { advice.problem }
          ": \(advice.remedy)"
        }
      }
    }
  }

  private var facts: Markup {
    var rows = [
      ("rig", certificate.rig), ("made", "\(certificate.date) \(certificate.time) UTC"),
      ("calibration of line and training", certificate.calibration ?? "not assembled yet"),
    ]
    let operators = Set(certificate.entries.map(\.record.operatorName)).sorted()
    rows.append(("operator", operators.joined(separator: ", ")))
    if let oldest = certificate.entries.max(by: { $0.ageDays < $1.ageDays }) {
      rows.append(("oldest step", "\(oldest.record.step.rawValue), \(oldest.ageDays) days"))
    }
    return Table(
      columns: [.text("fact"), .text("value")],
      rows: rows.map { .cells([Markup(text: $0.0), Markup(text: $0.1)]) }
    ).markup
  }

  private var origin: PageSection {
    get throws {
      PageSection("origin", "Ages and origin") {
        Table(
          columns: [
            .text("step"), .text("done"), .number("age, days"), .text("operator"),
            .text("content hash"), .text("made with"),
          ],
          rows: certificate.entries.map { entry in
            .cells([
              Markup(text: entry.record.step.rawValue),
              Markup(text: "\(entry.record.date) \(entry.record.time)"),
              Markup(text: "\(entry.ageDays)"), Markup(text: entry.record.operatorName),
              Markup(text: entry.content.short),
              Markup(
                text: entry.record.uses.map { "\($0.step.rawValue) \($0.content.short)" }
                  .joined(separator: ", ")),
            ])
          },
          note: "Each step lies in a dated folder with its inputs' digests and is never edited; "
            + "the JSON beside this page says the same for machines."
        ).markup
      }
    }
  }
}

/// The anchor of a step's section.
func anchor(_ entry: Certificate.Entry) -> String { entry.record.step.rawValue }

/// A verdict as a badge: a word and a sign, so that it is told without color too.
func badge(_ verdict: Judgement.Verdict) -> Markup {
  element("p", ["class": "badge \(tone(verdict))"]) { "\(sign(verdict)) \(verdict.rawValue)" }
}

func tone(_ verdict: Judgement.Verdict) -> String {
  switch verdict {
  case .pass: "good"
  case .caution: "open"
  case .fail: "bad"
  }
}

func sign(_ verdict: Judgement.Verdict) -> String {
  switch verdict {
  case .pass: "✓"
  case .caution: "!"
  case .fail: "✕"
  }
}
