import Diagnostics
import Foundation

/// What a step works on: the folder of recordings, and the rig's earlier steps.
///
/// Remembers which earlier documents were asked for, so that the new one can name them.
public final class StepWork {
  public let recordings: URL
  public let rig: RigFolder
  /// Tells the person one line of progress or guidance.
  public let tell: (String) -> Void
  private(set) var uses: [StepReference] = []

  public init(_ recordings: URL, rig: RigFolder, tell: @escaping (String) -> Void = { _ in }) {
    self.recordings = recordings
    self.rig = rig
    self.tell = tell
  }

  /// The newest document of an earlier step; `nil` where it was never done.
  public func find<Step: CalibrationStep>(_ step: Step.Type) throws -> StepDocument<Step>? {
    guard let found = try rig.latest(step) else { return nil }
    let reference = try found.document.reference
    if !uses.contains(reference) { uses.append(reference) }
    return found.document
  }

  /// The newest document of an earlier step, unless it failed or was never done.
  public func findSound<Step: CalibrationStep>(_ step: Step.Type) throws -> StepDocument<Step>? {
    guard let found = try rig.latest(step), found.document.record.judgement.verdict != .fail
    else { return nil }
    return try find(step)
  }

  /// The newest document of an earlier step, which this one cannot do without.
  public func require<Step: CalibrationStep>(_ step: Step.Type) throws -> StepDocument<Step> {
    guard let document = try find(step) else {
      throw StepError(rig.folder.relativePath, .missing(Step.name))
    }
    return document
  }

  /// A file of the recordings with its digest, to be named among the step's inputs.
  public func input(
    _ name: String, rejection: String? = nil, picture: String? = nil
  ) throws -> StepInput {
    StepInput(
      name, digest: try Digest(ofFile: recordings.appending(path: name)), rejection: rejection,
      picture: picture)
  }
}
