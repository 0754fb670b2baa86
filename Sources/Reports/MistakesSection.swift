import Distillation
import Pages

/// The test pieces that the student got wrong with the highest confidence.
struct MistakesSection {
  /// A piece that is decided wrongly by mean probability over seeds.
  struct Mistake: Equatable {
    let piece: Int
    let decided: Int
    let confidence: Double
    /// The share of seeds whose own decision is wrong.
    let wrongSeeds: Double
  }

  let evidence: Evidence
  private let views: PieceViews
  private let limit = 12
  private let limitPerPair = 3

  init(evidence: Evidence) {
    self.evidence = evidence
    views = PieceViews(evidence.run.dataset)
  }

  func section() throws -> PageSection {
    guard let arm = evidence.sealed else {
      return PageSection("mistakes", "Worst mistakes") {
        paragraph("No student was trained.", "note")
      }
    }
    let found = mistakes(arm)
    let said = [evidence.teacher, evidence.control].compactMap { $0 }
      .map { ($0, evidence.averaged($0)) }
    let classes = classSpectra(
      Set(found.flatMap { [evidence.pieces[$0.piece].truth, $0.decided] }))
    let cards = try found.map { try card($0, classes, said) }
    return PageSection("mistakes", "Worst mistakes") {
      paragraph(
        "The test \(evidence.units) that the \(arm.short) gets wrong with the highest confidence "
          + "(mean over seeds), at most \(limitPerPair) for each pair of classes"
          + (evidence.unit == "patch" ? " and one of a group. A" : ". A") + " spectrum that "
          + "lies on the decided class points to a wrong label or an odd \(evidence.unit); one "
          + "that lies on the true class is what RGB did not show.")
      cards.isEmpty
        ? paragraph("None: the \(arm.short) gets no test \(evidence.unit) wrong.", "note")
        : Markup()
      element("div", ["class": "mistakes"]) { cards }
    }
  }

  /// The worst first.
  func mistakes(_ arm: Arm) -> [Mistake] {
    let right = evidence.rightShare(arm)
    let wrong = evidence.averaged(arm).compactMap { number, p -> Mistake? in
      let choice = decided(p)
      guard choice != evidence.pieces[number].truth else { return nil }
      return Mistake(
        piece: number, decided: choice, confidence: p[choice],
        wrongSeeds: 1 - (right[number] ?? 0))
    }.sorted { ($0.confidence, $1.piece) > ($1.confidence, $0.piece) }
    var counts: [[Int]: Int] = [:]
    var seen: Set<String> = []
    return Array(
      wrong.filter { mistake in
        let piece = evidence.pieces[mistake.piece]
        let pair = [piece.truth, mistake.decided]
        // Neighbors in a scene show the same mistake again.
        let isNeighbor =
          evidence.unit == "patch" && !seen.insert("\(pair) \(piece.group)").inserted
        if isNeighbor || counts[pair, default: 0] == limitPerPair { return false }
        counts[pair, default: 0] += 1
        return true
      }.prefix(limit))
  }

  private func classSpectra(_ labels: Set<Int>) -> [Int: PieceViews.ClassSpectrum] {
    let rows = evidence.run.experiment.seeds.first.flatMap { evidence.run.splits[$0]?.labelled }
    return labels.reduce(into: [:]) { $0[$1] = views.classSpectrum($1, rows: rows ?? []) }
  }

  private func card(
    _ mistake: Mistake, _ classes: [Int: PieceViews.ClassSpectrum],
    _ said: [(Arm, [Int: [Double]])]
  ) throws -> Markup {
    let piece = evidence.pieces[mistake.piece]
    let (truth, choice) = (evidence.classes[piece.truth], evidence.classes[mistake.decided])
    let address = try piece.rows.first.map(views.address) ?? ""
    let seeds = evidence.results.seeds.count
    let wrong = Int((mistake.wrongSeeds * Double(seeds)).rounded())
    return element("div", ["class": "card mistake"]) {
      element("div") {
        leaf("img", ["src": address, "alt": "RGB crop of \(piece.name)", "width": "112"])
        element("small") { "\(piece.name), group \(piece.group)" }
      }
      element("div") {
        element("p", ["class": "calls"]) {
          "\(choice) "
          element("b") { NumberText.percent(mistake.confidence, digits: 0) }
          ", in truth "
          element("b") { truth }
          element("small") { "wrong in \(wrong) of \(seeds) seeds" }
        }
        drawing(mistake, piece, classes)
        element("p", ["class": "said"]) {
          said.map { arm, probabilities in
            probabilities[mistake.piece].map { p in
              let answer = decided(p)
              return element("span") {
                "\(arm.short): \(evidence.classes[answer]) "
                  + "\(NumberText.percent(p[answer], digits: 0)) "
                element("b", ["class": answer == piece.truth ? "gain" : "loss"]) {
                  answer == piece.truth ? "✓" : "✕"
                }
              }
            } ?? Markup()
          }
        }
      }
    }
  }

  private func drawing(
    _ mistake: Mistake, _ piece: Evidence.Piece, _ classes: [Int: PieceViews.ClassSpectrum]
  ) -> Markup {
    Markup(joining: [
      SpectrumDrawing(
        views: views, name: piece.name, own: views.spectrum(piece.rows),
        truth: classes[piece.truth], choice: classes[mistake.decided]
      ).markup,
      legend([
        ("this \(evidence.unit)", SpectrumDrawing.ownLook),
        (evidence.classes[piece.truth] + " ± 1 s.d.", SpectrumDrawing.trueLook),
        (evidence.classes[mistake.decided], SpectrumDrawing.decidedLook),
      ]),
    ])
  }
}
