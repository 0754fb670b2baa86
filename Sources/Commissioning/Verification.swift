import CameraCalibration
import Diagnostics
import Foundation

/// A rig's steps done again on fresh recordings and held against what is stored.
public struct Verification: Encodable, Sendable {
  /// One step of it.
  public struct Part: Encodable, Sendable {
    public var step: StepName
    /// Its own verdict on the fresh recordings.
    public var judgement: Judgement
    public var inputs: [StepInput]
    public var movements: [Movement]
    /// Why it could not be done, where it could not.
    public var failure: String?

    /// Passes where the step passes on its own and nothing moved beyond its limit.
    public var isMet: Bool {
      failure == nil && judgement.verdict != .fail && movements.allSatisfy(\.isMet)
    }
  }

  public var parts: [Part] = []
  /// Steps that the rig has, but for which there are no fresh recordings.
  public var unverified: [StepName] = []

  /// Whether every step that was done again passes; `false` where none was.
  public var isMet: Bool { !parts.isEmpty && parts.allSatisfy(\.isMet) }

  /// Runs each stored step on `<recordings>/<step>`, with the settings that it was done with.
  ///
  /// Nothing is kept in the rig's folder. Errors: `StepError` where the rig or all recordings are
  /// missing; what stops one step is told in its part.
  public init(
    of rig: RigFolder, on recordings: URL, steps: [any CalibrationStep.Type] = CalibrationSteps.all,
    tell: @escaping (String) -> Void = { _ in }
  ) throws {
    guard !rig.days.isEmpty else { throw StepError(rig.folder.relativePath, .noRig) }
    for step in steps.sorted(by: { $0.name < $1.name }) where rig.newest(step.name) != nil {
      let folder = recordings.appending(path: step.name.rawValue)
      guard FileManager.default.fileExists(atPath: folder.path) else {
        unverified.append(step.name)
        continue
      }
      tell("verifying \(step.name.rawValue)")
      parts.append(try Self.part(of: step, rig: rig, recordings: folder, tell: tell))
    }
    guard !parts.isEmpty else {
      throw Complaint(
        recordings.relativePath, "has fresh recordings of none of the rig's steps",
        remedy: "put them into folders named after the steps: "
          + unverified.map(\.rawValue).joined(separator: ", "))
    }
  }

  private static func part<Step: CalibrationStep>(
    of step: Step.Type, rig: RigFolder, recordings: URL, tell: @escaping (String) -> Void
  ) throws -> Part {
    guard let stored = try rig.latest(step)?.document else {
      throw StepError(rig.folder.relativePath, .missing(step.name))
    }
    do {
      let fresh = try step.perform(
        stored.settings, on: StepWork(recordings, rig: rig, tell: tell))
      return Part(
        step: step.name, judgement: fresh.judgement, inputs: fresh.inputs,
        movements: Movement.all(of: step, from: stored.result, to: fresh.result)
          + Movement.all(of: step.name, from: stored.record.judgement, to: fresh.judgement))
    } catch {
      return Part(
        step: step.name, judgement: Judgement(figures: []), inputs: [], movements: [],
        failure: "\(error)")
    }
  }

  /// What a terminal shows: a verdict a step, each number that moved and by how much.
  public var text: String {
    var lines: [String] = []
    for part in parts {
      lines.append("\(part.isMet ? "pass" : "fail")  \(part.step.rawValue)")
      if let failure = part.failure { lines.append("  could not be done: \(failure)") }
      for movement in part.movements where movement.matters || movement.isCertain {
        lines.append("  \(movement.isMet ? " " : "✕") \(movement.text)")
      }
      for figure in part.judgement.figures where !figure.isMet {
        lines.append("  ✕ \(figure.name): \(StepText.text(of: figure))")
      }
      for advice in part.judgement.advice where advice.weight > .note {
        lines.append("  \(advice.weight.rawValue): \(advice.problem)")
        lines.append("    next: \(advice.remedy)")
      }
    }
    if !unverified.isEmpty {
      lines.append("not verified: \(unverified.map(\.rawValue).joined(separator: ", "))")
    }
    lines.append("verdict: \(isMet ? "pass" : "fail")")
    return lines.joined(separator: "\n")
  }
}
