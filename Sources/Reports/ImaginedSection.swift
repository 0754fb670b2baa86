import Distillation
import Foundation
import Pages

/// The spectrum that is read from the student's RGB features, drawn over the true one.
struct ImaginedSection {
  /// One test piece of a class, neither among the best nor among the worst imagined.
  struct Example: Equatable {
    let piece: Int
    /// Read from the student, and from the control where there is one; standardized.
    let student: [Double]
    let control: [Double]?
  }

  let evidence: Evidence
  private let views: PieceViews
  private let limit = 12

  init(evidence: Evidence) {
    self.evidence = evidence
    views = PieceViews(evidence.run.dataset)
  }

  func section() throws -> PageSection {
    let found = examples
    let cards = try found.map(card)
    return PageSection("imagined", "Imagined spectra") {
      if cards.isEmpty {
        paragraph("No hallucination stream was trained.", "note")
      } else {
        paragraph(
          "What the spectral camera saw of a test \(evidence.unit), and what the read-out makes of "
            + "its picture alone. Of each class the \(evidence.unit) whose error is in the middle, "
            + "seed \(evidence.judgements(.student).first?.seed ?? 0). Where both read-outs lie on "
            + "the true spectrum, RGB shows it without a teacher; where neither does, RGB does not "
            + "show it.")
        legend([
          ("true spectrum", SpectrumDrawing.ownLook), ("student", Self.studentLook),
          ("control", Self.controlLook),
        ])
        element("div", ["class": "mistakes"]) { cards }
      }
    }
  }

  private static let studentLook = Plot.Look(color: "blue", dash: "7 3", width: 2)
  private static let controlLook = Plot.Look(color: "orange", dash: "2 3", width: 1.8)

  /// One example of each class that the first seed's test holds.
  var examples: [Example] {
    guard let judgement = evidence.judgements(.student).first, !judgement.imagined.isEmpty else {
      return []
    }
    let control = evidence.judgements(.twoColor).first { $0.seed == judgement.seed }
    let errors = judgement.pieces.enumerated().map { index, piece in
      let truth = views.spectrum(evidence.pieces[piece].rows)
      return zip(truth, judgement.imagined[index]).reduce(0) {
        $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
      }
    }
    let classes = Dictionary(grouping: judgement.truth.indices) { judgement.truth[$0] }
    return classes.keys.sorted().prefix(limit).compactMap { label in
      let ranked = (classes[label] ?? []).sorted { (errors[$0], $0) < (errors[$1], $1) }
      guard !ranked.isEmpty else { return nil }
      let index = ranked[ranked.count / 2]
      let other = control.flatMap { $0.imagined.isEmpty ? nil : $0.imagined[index] }
      return Example(
        piece: judgement.pieces[index], student: shown(judgement.imagined[index]),
        control: other.map(shown))
    }
  }

  /// The channels that are drawn.
  private func shown(_ spectrum: [Double]) -> [Double] {
    Array(spectrum.prefix(views.positions.count))
  }

  private func card(_ example: Example) throws -> Markup {
    let piece = evidence.pieces[example.piece]
    let address = try piece.rows.first.map(views.address) ?? ""
    return element("div", ["class": "card mistake"]) {
      element("div") {
        leaf("img", ["src": address, "alt": "RGB crop of \(piece.name)", "width": "112"])
        element("small") { "\(piece.name), group \(piece.group)" }
      }
      element("div") {
        element("p", ["class": "calls"]) {
          element("b") { evidence.classes[piece.truth] }
        }
        drawing(example, piece)
      }
    }
  }

  private func drawing(_ example: Example, _ piece: Evidence.Piece) -> Markup {
    let truth = views.undone(views.spectrum(piece.rows))
    let student = views.undone(example.student)
    let control = example.control.map(views.undone)
    let positions = views.positions
    var plot = Plot(
      "Spectrum of \(piece.name), true and imagined", width: 340, height: 190,
      x: Axis(
        views.positionTitle,
        (positions.first ?? 0)...max(positions.first ?? 0, positions.last ?? 1), count: 4),
      y: Axis(views.valueTitle, holding: truth + student + (control ?? []), count: 4))
    func points(_ values: [Double]) -> [(x: Double, y: Double)] {
      Curves.thinned(zip(positions, values).map { ($0, $1) }, limit: 120)
    }
    if let control { plot.line(points(control), Self.controlLook, title: "read from the control") }
    plot.line(points(student), Self.studentLook, title: "read from the student")
    plot.line(points(truth), SpectrumDrawing.ownLook, title: "true spectrum")
    return plot.markup
  }
}
