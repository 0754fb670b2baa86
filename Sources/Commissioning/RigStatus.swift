import CameraCalibration
import Diagnostics
import Foundation

/// What a rig's steps come to: the newest of each, and what rests on what was replaced.
public struct RigStatus: Sendable {
  /// One step as it stands.
  public struct Entry: Sendable {
    public let step: StepName
    public let record: StepRecord
    public let content: Digest
    public let folder: URL
    /// Steps that it was made with and that have been done again since.
    public let outdated: [StepName]
  }

  public let rig: String
  public let entries: [Entry]

  /// Reads the record of each step's newest document.
  public init(_ rig: RigFolder) throws {
    self.rig = rig.rig
    var newest: [StepName: Digest] = [:]
    var found: [(URL, StepRecord, Digest)] = []
    for step in StepName.allCases {
      guard let folder = rig.newest(step) else { continue }
      let (record, content) = try RigFolder.readRecord(in: folder)
      newest[step] = content
      found.append((folder, record, content))
    }
    entries = found.map { folder, record, content in
      Entry(
        step: record.step, record: record, content: content, folder: folder,
        outdated: record.uses.filter { newest[$0.step] != $0.content }.map(\.step))
    }
  }

  /// The steps that were never done.
  public var missing: [StepName] {
    StepName.allCases.filter { step in !entries.contains { $0.step == step } }
  }

  /// Whole days from a step to `moment`.
  public static func age(of record: StepRecord, at moment: Date) -> Int? {
    // A date that is none has no age.
    guard let day = try? Date("\(record.date)T00:00:00Z", strategy: .iso8601) else { return nil }
    return Int((moment.timeIntervalSince(day) / 86_400).rounded(.down))
  }
}
