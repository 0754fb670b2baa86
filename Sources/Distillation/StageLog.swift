import Diagnostics
import Foundation

/// A line of a run's log: the losses of one step.
public struct LogEntry: Codable, Equatable, Sendable {
  public var seed: UInt64
  public var stage: String
  public var step: Int
  public var rate: Float
  /// Weighted terms as they entered the total.
  public var losses: [String: Float]
}

/// The log of one stage as a JSON Lines file beside its weights.
enum StageLog {
  static func write(_ entries: [LogEntry], to file: URL) throws {
    try AtomicFile.write(try entries.map { try JSONFile.line($0) + "\n" }.joined(), to: file)
  }

  /// Empty where there is no file yet.
  static func read(_ file: URL) throws -> [LogEntry] {
    // Absent before the first step.
    guard let data = try? Data(contentsOf: file) else { return [] }
    return try data.split(separator: UInt8(ascii: "\n")).enumerated().map { number, line in
      try JSONFile.decode(
        LogEntry.self, from: Data(line), place: "\(file.relativePath), line \(number + 1)")
    }
  }
}

extension ExperimentRun {
  /// The log of everything trained so far, stage after stage.
  public func log() throws -> [LogEntry] {
    try experiment.seeds.flatMap { seed in
      try StageName.needed(for: experiment.arms).flatMap { stage in
        try StageLog.read(seedFolder(seed).appending(path: "\(stage.rawValue).log.jsonl"))
      }
    }
  }
}
