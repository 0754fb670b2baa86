import Diagnostics

/// Why a step's document or a rig's folder was refused.
public struct StepError: Explained, Equatable {
  public enum Reason: Equatable, Sendable {
    case badName(String)
    case missing(StepName)
    case edited(written: String, found: String)
    case otherStep(found: StepName, wanted: StepName)
    case damaged(file: String)
    case noRig
    case nothingYet
    case notFinite(StepName)
    case badFileName(String)
  }

  public let place: String
  public let reason: Reason

  public init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .badName(let found):
      "'\(found)' is no name for a rig, letters, digits, '-', '_' and '.' were wanted"
    case .missing(let step): "the step '\(step.rawValue)' was not done yet on this rig"
    case .edited(let written, let found):
      "the content hash is \(written), but the file's content gives \(found): it was edited"
    case .otherStep(let found, let wanted):
      "holds the step '\(found.rawValue)', '\(wanted.rawValue)' was wanted"
    case .damaged(let file): "'\(file)' is missing, or differs from what the step wrote"
    case .noRig: "there is no such rig"
    case .nothingYet: "no step was done yet on this rig"
    case .notFinite(let step): "the result of '\(step.rawValue)' has a number that is not finite"
    case .badFileName(let name): "'\(name)' is not a plain file name"
    }
  }

  public var remedy: String? {
    switch reason {
    case .badName, .badFileName: nil
    case .missing(let step): "run '\(step.command)' first"
    case .edited, .damaged, .otherStep:
      "files of a calibration are never edited: take the folder from a copy, or do the step again"
    case .noRig: "check --root and --rig: one folder a rig was wanted there"
    case .nothingYet:
      "begin with '\(StepName.radiometry.command)', see Calibration/README.md"
    case .notFinite: "the recordings leave something open; look at the advice and record again"
    }
  }
}
