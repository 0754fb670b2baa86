import Diagnostics
import Foundation

/// What is known of one line of a recording besides its counts.
public struct LineRow: Sendable, Equatable {
  /// Whether the line's counts were measured.
  public enum State: String, Sendable, CaseIterable {
    case measured
    /// Never came, or not whole; the cube holds zeros there.
    case missing
    /// As `missing`; that the line existed is reckoned from belt or time, not counted.
    case estimated
  }

  public var state: State
  /// The line's number since the source began.
  public var sequence: Int
  /// The camera's own time; nil where it has none, and for lines that are missing.
  public var cameraNanoseconds: Int64?
  /// Arrival on the recording computer, since the source began; nil for lines that are missing.
  public var arrivedNanoseconds: Int64?
  /// Travel of the belt; nil without an encoder, and for lines that are missing.
  public var beltMillimeters: Double?

  public init(
    state: State, sequence: Int, cameraNanoseconds: Int64? = nil,
    arrivedNanoseconds: Int64? = nil, beltMillimeters: Double? = nil
  ) {
    self.state = state
    self.sequence = sequence
    self.cameraNanoseconds = cameraNanoseconds
    self.arrivedNanoseconds = arrivedNanoseconds
    self.beltMillimeters = beltMillimeters
  }
}

/// The table beside a recorded cube: one row for each of its lines, as comma-separated text.
public enum LineTable {
  /// What a table begins with.
  public static let heading =
    "line,state,sequence,camera_nanoseconds,arrived_nanoseconds,belt_millimeters\n"
  /// The most bytes of a row.
  static let rowLimit = 160

  /// `x.lines.csv` beside `x.hdr`.
  public static func file(besideHeader header: URL) -> URL {
    header.deletingPathExtension().appendingPathExtension("lines.csv")
  }

  /// The text of the row for line number `line` of the cube.
  static func text(_ row: LineRow, line: Int) -> String {
    let time = row.cameraNanoseconds.map { "\($0)" } ?? ""
    let arrival = row.arrivedNanoseconds.map { "\($0)" } ?? ""
    let belt = row.beltMillimeters.map { "\($0)" } ?? ""
    return "\(line),\(row.state.rawValue),\(row.sequence),\(time),\(arrival),\(belt)\n"
  }

  /// Reads the first `lineCount` rows of a table.
  public static func read(_ file: URL, lineCount: Int) throws -> [LineRow] {
    let limit = heading.utf8.count + lineCount * rowLimit + (64 << 20)
    let bytes = try BoundedFile.read(file, limit: limit)
    return try rows(of: bytes, lineCount: lineCount, place: file.relativePath)
  }

  /// The first `lineCount` rows of a table's bytes; what follows is not looked at.
  static func rows(of bytes: Data, lineCount: Int, place: String) throws(Complaint) -> [LineRow] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Complaint(place, "the text is not UTF-8")
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first, first + "\n" == heading else {
      throw Complaint(place, "the first row is not '\(heading.dropLast())'")
    }
    // What follows the last line break is a row that was cut short, or nothing.
    let whole = lines.dropFirst().dropLast()
    guard whole.count >= lineCount else {
      throw Complaint(place, "has \(whole.count) whole rows, the cube has \(lineCount) lines")
    }
    var rows: [LineRow] = []
    rows.reserveCapacity(lineCount)
    for (line, text) in whole.prefix(lineCount).enumerated() {
      guard let row = row(text, line: line), row.sequence > (rows.last?.sequence ?? -1) else {
        throw Complaint(
          place, "row \(line + 2) is '\(text.prefix(80))', six values that go on were wanted")
      }
      rows.append(row)
    }
    return rows
  }

  private static func row(_ text: Substring, line: Int) -> LineRow? {
    let cells = text.split(separator: ",", omittingEmptySubsequences: false)
    guard cells.count == 6, Int(cells[0]) == line,
      let state = LineRow.State(rawValue: String(cells[1])), let sequence = Int(cells[2]),
      sequence >= 0,
      cells[3].isEmpty || Int64(cells[3]) != nil, cells[4].isEmpty || Int64(cells[4]) != nil,
      cells[5].isEmpty || Double(cells[5])?.isFinite == true
    else { return nil }
    return LineRow(
      state: state, sequence: sequence, cameraNanoseconds: Int64(cells[3]),
      arrivedNanoseconds: Int64(cells[4]), beltMillimeters: Double(cells[5]))
  }
}
