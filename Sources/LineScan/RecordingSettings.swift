import Foundation

/// What a recording of lines is of; each role has its own file in the recording's folder.
public enum RecordingRole: String, Sendable, CaseIterable {
  /// The pieces on the belt: `cube.hdr`.
  case cube
  /// The shutter closed: `dark.hdr`.
  case dark
  /// The white tile: `white.hdr`.
  case white
}

/// How lines are recorded.
public struct RecordingSettings: Sendable {
  public var role: RecordingRole
  /// More lines than these missing in a row end the recording: zeros would fill the disk.
  public var longestGap = 20_000
  /// How often the header is brought up to date.
  public var headerInterval = Duration.seconds(1)
  /// Bytes kept free for completing header and table on a full disk.
  public var reserve = 1 << 20

  public init(role: RecordingRole = .cube) { self.role = role }
}

/// What a recording holds when it is over, or until now.
public struct RecordingSummary: Sendable, Equatable {
  /// Lines of the cube, gaps included.
  public var lines = 0
  /// Lines of zeros that stand for what was lost.
  public var missing = 0
  /// Of those, how many nobody counted.
  public var estimated = 0
  /// Counts at full scale.
  public var saturated = 0
  /// Counts of measured lines.
  public var counts = 0

  /// Share of the counts that are at full scale.
  public var saturatedShare: Double { counts == 0 ? 0 : Double(saturated) / Double(counts) }

  public init() {}

  /// Both together.
  static func + (first: Self, second: Self) -> Self {
    var sum = first
    sum.lines += second.lines
    sum.missing += second.missing
    sum.estimated += second.estimated
    sum.saturated += second.saturated
    sum.counts += second.counts
    return sum
  }
}
