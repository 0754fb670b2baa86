import CameraCalibration
import Foundation

/// A judgement as a terminal shows it.
public enum StepText {
  /// The verdict, a line a figure, the rejected inputs with their reasons, and what to do next.
  public static func text(of judgement: Judgement, inputs: [StepInput] = []) -> String {
    var lines = ["verdict: \(judgement.verdict.rawValue)"]
    let width = judgement.figures.map(\.name.count).max() ?? 0
    for figure in judgement.figures {
      let name = figure.name.padding(toLength: width, withPad: " ", startingAt: 0)
      lines.append("  \(figure.isMet ? " " : "✕") \(name)  \(text(of: figure))")
    }
    for input in inputs {
      if let rejection = input.rejection { lines.append("  not used: \(input.name): \(rejection)") }
    }
    for advice in judgement.advice.sorted(by: { $0.weight > $1.weight }) {
      lines.append("\(advice.weight.rawValue): \(advice.problem)")
      lines.append("  next: \(advice.remedy)")
    }
    return lines.joined(separator: "\n")
  }

  /// `0.62 ± 0.05 mm, at most 1.5`.
  public static func text(of figure: Figure) -> String {
    let digits = Self.digits(figure)
    func number(_ value: Double) -> String {
      value.isFinite ? String(format: "%.\(digits)f", value) : "unknown"
    }
    var text = number(figure.value)
    if let uncertainty = figure.uncertainty { text += " ± \(number(uncertainty))" }
    if !figure.unit.isEmpty { text += " \(figure.unit)" }
    switch figure.bound {
    case .atMost(let limit): text += ", at most \(limit.formatted())"
    case .atLeast(let limit): text += ", at least \(limit.formatted())"
    case .none: break
    }
    return text
  }

  /// As many digits as the uncertainty, or three places of the value, call for.
  static func digits(_ figure: Figure) -> Int {
    // A number of things is whole.
    if figure.unit.isEmpty, figure.value == figure.value.rounded() { return 0 }
    let scale = figure.uncertainty.flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    let size = scale.map { $0 / 10 } ?? abs(figure.value) / 100
    guard size > 0, size.isFinite else { return 0 }
    return max(0, min(6, Int((-log10(size)).rounded(.up))))
  }
}
