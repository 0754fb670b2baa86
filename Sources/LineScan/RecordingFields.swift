import Diagnostics
import Foundation
import Hyperspectral

/// What a recording's header says besides the cube's extents.
struct RecordingFields: Sendable {
  /// How a recording ended; a header that does not tell belongs to one that goes on or was killed.
  enum Ending: String, Sendable {
    case complete
    /// The disk refused to take more, or the program was killed and the recording repaired.
    case cut
  }

  /// Names the table of lines in the header, by which a recording is known.
  static let tableField = "line table"
  static let endingField = "recording state"
  /// The most gaps that are listed by their lines.
  private static let gapLimit = 1000

  /// Missing lines of the cube, from 0, in order.
  private(set) var gaps: [Range<Int>] = []
  /// How many lines are missing.
  private(set) var missing = 0

  /// Notes that `line` is missing; lines come in order.
  mutating func note(missing line: Int) {
    missing += 1
    if let last = gaps.last, last.upperBound == line {
      gaps[gaps.count - 1] = last.lowerBound..<(line + 1)
    } else {
      gaps.append(line..<(line + 1))
    }
  }

  /// Known before the first line.
  static func first(
    _ format: LineFormat, table: String, references: [RecordingRole]
  ) -> [ENVIHeader.Field] {
    var fields = [
      field("description", "Recorded by Mirage \(Release.version)", isList: true),
      field("sensor type", format.camera.isEmpty ? "unknown" : format.camera),
      field("acquisition time", Date().formatted(.iso8601)),
      field("full scale", "\(format.fullScale)"),
      field(tableField, table),
    ]
    if let rate = format.linesPerSecond { fields.append(field("lines per second", "\(rate)")) }
    if let travel = format.millimetersPerLine {
      fields.append(field("millimeters per line", "\(travel)"))
    }
    for role in references {
      fields.append(field("\(role.rawValue) reference", "\(role.rawValue).hdr"))
    }
    return fields
  }

  /// Known after the last line.
  func last(_ ending: Ending) -> [ENVIHeader.Field] {
    var fields = [
      Self.field(Self.endingField, ending.rawValue),
      Self.field("missing line count", "\(missing)"),
    ]
    if !gaps.isEmpty {
      let listed = gaps.prefix(Self.gapLimit).map { gap in
        gap.count == 1 ? "\(gap.lowerBound)" : "\(gap.lowerBound)-\(gap.upperBound - 1)"
      }
      let more = gaps.count > Self.gapLimit ? ", and more in the line table" : ""
      fields.append(
        Self.field("missing lines", listed.joined(separator: ", ") + more, isList: true))
    }
    return fields
  }

  private static func field(
    _ name: String, _ value: String, isList: Bool = false
  ) -> ENVIHeader.Field {
    ENVIHeader.Field(name: name, value: value, isList: isList)
  }
}
