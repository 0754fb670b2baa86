import CameraCalibration
import Diagnostics
import Foundation

/// One number that two calibrations of a rig both have.
public struct Movement: Codable, Equatable, Sendable {
  public var step: StepName
  public var name: String
  public var unit: String
  public var stored: Double?
  public var fresh: Double
  /// How far it moved, in `unit`.
  public var change: Double
  /// Half the width of the change's 95 % interval, where both numbers state theirs.
  public var uncertainty: Double?
  /// Above this the change matters; `nil` where the number has a limit of its own.
  public var limit: Double?
  /// Whether it keeps its limits.
  public var isMet: Bool

  /// Whether the change is larger than what both measurements leave open.
  public var isCertain: Bool {
    uncertainty.map { abs(change) > $0 } ?? (abs(change) > 1e-9 * max(1, abs(fresh)))
  }

  /// Whether a person should do something about it.
  public var matters: Bool { !isMet }

  /// `valve delay: 3.5 → 4.1 ms, +0.6 ms ± 0.35, within the limit`.
  public var text: String {
    func number(_ value: Double) -> String {
      StepText.text(of: Figure("", value, "", uncertainty: uncertainty))
        .split(separator: " ").first.map(String.init) ?? "?"
    }
    var text = "\(name): "
    if let stored { text += "\(number(stored)) → \(number(fresh)) \(unit), moved by " }
    text += "\(number(change))" + (uncertainty.map { " ± \(number($0))" } ?? "") + " \(unit)"
    if let limit { text += ", at most \(limit.formatted())" }
    if !isCertain { text += " (within what both measurements leave open)" }
    return text
  }
}

extension Movement {
  /// The figures that both judgements have, and how the second ones are held to their limits.
  static func all(
    of step: StepName, from stored: Judgement, to fresh: Judgement
  ) -> [Movement] {
    fresh.figures.compactMap { figure in
      guard let before = stored.figures.first(where: { $0.name == figure.name }),
        before.unit == figure.unit
      else { return nil }
      let uncertainty = before.uncertainty.flatMap { first in
        figure.uncertainty.map { (first * first + $0 * $0).squareRoot() }
      }
      return Movement(
        step: step, name: figure.name, unit: figure.unit, stored: before.value,
        fresh: figure.value, change: figure.value - before.value, uncertainty: uncertainty,
        limit: nil, isMet: figure.isMet)
    }
  }

  /// What a step says itself of how far it moved.
  static func all<Step: CalibrationStep>(
    of step: Step.Type, from stored: Step.Result, to fresh: Step.Result
  ) -> [Movement] {
    step.moves(from: stored, to: fresh).map { figure in
      var limit: Double?
      if case .atMost(let most) = figure.bound { limit = most }
      return Movement(
        step: step.name, name: figure.name, unit: figure.unit, stored: nil, fresh: figure.value,
        change: figure.value, uncertainty: figure.uncertainty, limit: limit, isMet: figure.isMet)
    }
  }
}

/// What differs between two certificates of a rig.
public struct CertificateComparison: Sendable {
  public var movements: [Movement] = []
  /// Steps that only one of the two has, and steps that are the same document in both.
  public var onlyFirst: [StepName] = []
  public var onlySecond: [StepName] = []
  public var unchanged: [StepName] = []
  /// What could not be compared, and why.
  public var notes: [String] = []

  /// Compares figures, and results where the rig's folder of each certificate has the documents.
  public init(
    _ first: (certificate: Certificate, rig: URL), _ second: (certificate: Certificate, rig: URL),
    steps: [any CalibrationStep.Type] = CalibrationSteps.all
  ) {
    for step in StepName.allCases {
      let before = first.certificate.entries.first { $0.record.step == step }
      let after = second.certificate.entries.first { $0.record.step == step }
      guard let before, let after else {
        if before != nil { onlyFirst.append(step) }
        if after != nil { onlySecond.append(step) }
        continue
      }
      if before.content == after.content {
        unchanged.append(step)
        continue
      }
      if let known = steps.first(where: { $0.name == step }) {
        do {
          movements += try Self.moves(
            of: known, from: first.rig.appending(path: before.folder),
            to: second.rig.appending(path: after.folder))
        } catch {
          notes.append("\(step.rawValue): only the figures are compared: \(error)")
        }
      }
      movements += Movement.all(
        of: step, from: before.record.judgement, to: after.record.judgement)
    }
    if first.certificate.rig != second.certificate.rig {
      notes.insert(
        "two rigs: '\(first.certificate.rig)' and '\(second.certificate.rig)'", at: 0)
    }
  }

  private static func moves<Step: CalibrationStep>(
    of step: Step.Type, from stored: URL, to fresh: URL
  ) throws -> [Movement] {
    Movement.all(
      of: step, from: try RigFolder.read(step, in: stored).result,
      to: try RigFolder.read(step, in: fresh).result)
  }

  /// Whether nothing moved beyond its limit.
  public var isMet: Bool { movements.allSatisfy(\.isMet) && onlyFirst.isEmpty }
}

extension CertificateComparison {
  /// What a terminal shows: a line a number, by step, then what is the same.
  public var text: String {
    var lines = notes.map { "note: \($0)" }
    for step in StepName.allCases {
      let own = movements.filter { $0.step == step }
      guard !own.isEmpty else { continue }
      lines.append("\(own.allSatisfy(\.isMet) ? "within limits" : "MATTERS"): \(step.rawValue)")
      for movement in own { lines.append("  \(movement.isMet ? " " : "✕") \(movement.text)") }
    }
    func list(_ title: String, _ steps: [StepName]) {
      guard !steps.isEmpty else { return }
      lines.append("\(title): \(steps.map(\.rawValue).joined(separator: ", "))")
    }
    list("the same in both", unchanged)
    list("only in the first", onlyFirst)
    list("only in the second", onlySecond)
    lines.append(
      isMet
        ? "nothing moved beyond its limit"
        : "something moved beyond its limit: bundles trained before should be tried again")
    return lines.joined(separator: "\n")
  }
}
