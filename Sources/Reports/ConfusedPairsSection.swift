import Distillation
import Pages

/// The pairs of classes that RGB mixes up, and what the spectra and the student make of them.
struct ConfusedPairsSection {
  /// Two classes and the share of both that each arm takes for the other.
  struct Pair: Equatable {
    let first: Int
    let second: Int
    let shares: [Double]
    /// Test pieces of both.
    let pieces: Double
  }

  let evidence: Evidence
  private let limit = 6

  var section: PageSection {
    PageSection("pairs", "Classes that look the same to RGB") {
      if arms.isEmpty || pairs.isEmpty {
        paragraph(
          arms.isEmpty
            ? "The arms that this needs were not trained."
            : "RGB without a teacher mixes up no two classes more often than in one of a hundred "
              + "\(evidence.units).", "note")
      } else {
        paragraph(
          "Share of the two classes' test \(evidence.units) that is taken for the other one, mean "
            + "over seeds; the pairs that RGB without a teacher mixes up most come first.")
        element("div", ["class": "pairs"]) { pairs.map(card) }
      }
    }
  }

  /// The RGB arm first: it sets the order.
  var arms: [Arm] {
    guard let control = evidence.control else { return [] }
    return [control, evidence.student, evidence.teacher].compactMap { $0 }
  }

  var pairs: [Pair] {
    let maps = arms.map { evidence.confusion($0) }
    guard let first = maps.first else { return [] }
    let classes = first.indices
    let all = classes.flatMap { a in
      classes.filter { $0 > a }.map { b in
        Pair(
          first: a, second: b, shares: maps.map { Self.share($0, a, b) },
          pieces: first[a].reduce(0, +) + first[b].reduce(0, +))
      }
    }
    return Array(
      all.filter { $0.shares[0] >= 0.01 }.sorted { $0.shares[0] > $1.shares[0] }.prefix(limit))
  }

  private static func share(_ confusion: [[Double]], _ a: Int, _ b: Int) -> Double {
    let total = confusion[a].reduce(0, +) + confusion[b].reduce(0, +)
    return total > 0 ? (confusion[a][b] + confusion[b][a]) / total : 0
  }

  private func card(_ pair: Pair) -> Markup {
    element("div", ["class": "card"]) {
      element("h3") { "\(evidence.classes[pair.first]) and \(evidence.classes[pair.second])" }
      bars(pair)
      paragraph(sentence(pair))
    }
  }

  private func bars(_ pair: Pair) -> Markup {
    let (width, left) = (400.0, 130.0)
    let most = max(0.02, pairs.first?.shares.max() ?? 1, pair.shares.max() ?? 1)
    let label = zip(arms, pair.shares).map { "\($0.short) \(NumberText.percent($1))" }
      .joined(separator: ", ")
    return svg(label, width: width, height: Double(arms.count) * 22) {
      zip(arms, pair.shares).enumerated().map { index, entry in
        let y = Double(index) * 22 + 3
        let length = entry.1 / most * (width - left - 62)
        return Markup(joining: [
          words(entry.0.short, left - 8, y + 12, "end", "name"),
          leaf(
            "rect",
            [
              "x": NumberText.coordinate(left), "y": NumberText.coordinate(y),
              "width": NumberText.coordinate(max(1, length)), "height": "16", "rx": "2",
              "style": "fill:var(--\(entry.0.look.color))",
            ]),
          words(
            NumberText.percent(entry.1), left + max(1, length) + 6, y + 12, "start", "name"),
        ])
      }
    }
  }

  /// What the three shares mean, in words; less than two pieces is no difference.
  func sentence(_ pair: Pair) -> String {
    guard pair.shares.count == 3 else { return "" }
    let (rgb, student, teacher) = (pair.shares[0], pair.shares[1], pair.shares[2])
    guard rgb * pair.pieces >= 5 else {
      return "RGB mixes them up at times; too few \(evidence.units) to say more."
    }
    func isBetter(_ share: Double) -> Bool {
      share <= 0.8 * rgb && (rgb - share) * pair.pieces >= 2
    }
    let start =
      rgb >= 0.1 ? "RGB can hardly tell them apart" : "RGB mixes them up at times"
    switch (isBetter(teacher), isBetter(student)) {
    case (false, false): return start + ", and the spectra do not help."
    case (false, true):
      return start + "; the spectra do not help, yet the student does better."
    case (true, let learns):
      let spectra =
        teacher > 0.25 * rgb
        ? "the spectra help" : rgb >= 0.1 ? "the spectra can" : "the spectra hardly ever do"
      let share = student <= teacher + 0.25 * (rgb - teacher) ? "most" : "some"
      return "\(start); \(spectra), "
        + (learns
          ? "and the student has learnt \(share) of it."
          : "but the student has not learnt it.")
    }
  }
}
