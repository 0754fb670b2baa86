import Distillation
import Foundation
import Pages

/// The plain answer, the figures behind it, how far it carries and what to do next.
struct VerdictSection {
  let evidence: Evidence

  var markup: Markup {
    element("section", ["id": "verdict", "class": "verdict"]) {
      element("p", ["class": "badge \(tone)"]) {
        "\(sign) \(evidence.results.verdict.answer.rawValue)"
      }
      element("h1") { sentence }
      element("div", ["class": "tiles"]) { tiles }
      element("div", ["class": "columns"]) {
        element("div") {
          element("h3") { "What to do next" }
          element("ol") { Advice(evidence: evidence).steps.map { step in element("li") { step } } }
        }
        element("div") {
          element("h3") { "How far this carries" }
          checks
        }
      }
      caveats
    }
  }

  private var sentence: String {
    let text = evidence.results.verdict.sentence
    // An interval stays on one line.
    return (text.prefix(1).uppercased() + text.dropFirst() + ".")
      .replacing(/, (?=[+\u{2212}][0-9.]+\])/, with: ",\(NumberText.noBreak)")
  }

  private var tone: String {
    switch evidence.results.verdict.answer {
    case .worthIt: "good"
    case .suggestive, .undecided: "open"
    case .notWorthIt, .notTransferred: "bad"
    }
  }

  private var sign: String {
    switch evidence.results.verdict.answer {
    case .worthIt: "✓"
    case .suggestive: "≈"
    case .undecided: "?"
    case .notWorthIt, .notTransferred: "✕"
    }
  }

  private var tiles: [Markup] {
    [gainTile, ceilingTile, gapTile, accuracyTile(evidence.student), sealedTile].compactMap { $0 }
  }

  private var gainTile: Markup? {
    guard let gain = evidence.gain, let control = evidence.control else { return nil }
    return tile(
      "\(NumberText.signed(gain.mean)) points", "student over \(control.short)",
      gain.differences.count > 1
        ? "95 % \(NumberText.interval(gain.low, gain.high)), "
          + "p\(NumberText.noBreak)\(NumberText.probability(gain.pValue)), "
          + "\(gain.wins) of \(gain.differences.count) seeds won" : "one seed")
  }

  private var ceilingTile: Markup? {
    guard let ceiling = evidence.ceiling, let teacher = evidence.teacher else { return nil }
    return tile(
      "\(NumberText.signed(ceiling.mean)) points",
      "\(teacher.short) (\(teacher.sees)) over \(Arm(rawValue: ceiling.second)?.short ?? "RGB")",
      ceiling.low.isFinite
        ? "95 % \(NumberText.interval(ceiling.low, ceiling.high)): what there is to pass on"
        : "what there is to pass on")
  }

  private var gapTile: Markup? {
    guard let share = evidence.gapClosed else { return nil }
    return tile(
      NumberText.percent(share, digits: 0), "of the gap closed",
      "student's gain over the teacher's")
  }

  private func accuracyTile(_ arm: Arm?) -> Markup? {
    guard let arm, let result = evidence.results.arm(arm) else { return nil }
    return tile(
      SeedMean(result, \.accuracy).percent, "accuracy, \(arm.short)",
      "purity at 95 % recovery \(SeedMean(result, \.meanPurity).percent)")
  }

  private var sealedTile: Markup? {
    guard let arm = evidence.sealed, arm != evidence.student,
      let result = evidence.results.arm(arm)
    else { return nil }
    return tile(
      SeedMean(result, \.accuracy).percent, "accuracy, \(arm.short)",
      "goes to the line: \(NumberText.scaled(result.parameters)) parameters, "
        + "\(NumberText.scaled(result.multiplyAdds)) multiply-adds a sample")
  }

  private var checks: Markup {
    element("ul", ["class": "checks"]) {
      Conviction(evidence: evidence).criteria.map { criterion in
        element("li", ["class": criterion.isMet ? "met" : "unmet"]) {
          element("b") { criterion.isMet ? "✓" : "✕" }
          element("span") {
            "\(criterion.wanted): "
            element("em") { criterion.found }
          }
        }
      }
    }
  }

  @MarkupBuilder private var caveats: Markup {
    let found = Advice(evidence: evidence).caveats
    if !found.isEmpty {
      element("div", ["class": "caveats"]) {
        element("h3") { "Before you rely on it" }
        element("ul") { found.map { text in element("li") { text } } }
      }
    }
  }
}

extension Evidence {
  /// The student's gain as a share of the teacher's; nil where the teacher gains under a point.
  var gapClosed: Double? {
    guard let gain, let ceiling, ceiling.mean >= 1 else { return nil }
    return gain.mean / ceiling.mean
  }
}

/// What a gain has to show before one should believe it.
struct Conviction {
  struct Criterion {
    let wanted: String
    let found: String
    let isMet: Bool
  }

  let evidence: Evidence

  var criteria: [Criterion] {
    var list: [Criterion] = []
    if let gain = evidence.gain {
      let seeds = gain.differences.count
      list.append(
        Criterion(
          wanted: "gain of 2 points or more over the control",
          found: NumberText.signed(gain.mean), isMet: gain.mean >= 2))
      list.append(
        Criterion(
          wanted: "95 % interval above 0",
          found: gain.low.isFinite
            ? NumberText.interval(gain.low, gain.high) : "not known from one seed",
          isMet: gain.low.isFinite && gain.low > 0))
      list.append(
        Criterion(
          wanted: "ahead in 8 of 10 seeds", found: "\(gain.wins) of \(seeds)",
          isMet: seeds > 0 && Double(gain.wins) >= 0.8 * Double(seeds)))
      list.append(
        Criterion(wanted: "at least five seeds", found: "\(seeds)", isMet: seeds >= 5))
    }
    let count = evidence.pieces.count
    list.append(
      Criterion(
        wanted: "at least 500 test \(evidence.units)", found: NumberText.count(count),
        isMet: count >= 500))
    if let share = evidence.gapClosed {
      list.append(
        Criterion(
          wanted: "a quarter of the teacher's gain kept",
          found: NumberText.percent(share, digits: 0), isMet: share >= 0.25))
    }
    if let shuffled = evidence.comparison(.shuffled, .twoColor), let gain = evidence.gain {
      list.append(
        Criterion(
          wanted: "no such gain from a shuffled teacher",
          found: NumberText.signed(shuffled.mean),
          isMet: shuffled.mean <= 0.5 * max(0, gain.mean)))
    }
    return list
  }
}
