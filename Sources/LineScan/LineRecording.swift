import Diagnostics
import Foundation
import Hyperspectral

/// A cube that grows line by line on disk: ENVI, band interleaved by line, 16-bit counts.
///
/// Beside the numbers (`cube.raw`) lie the header (`cube.hdr`) and a table with number, time and
/// belt position of each line (`cube.lines.csv`). A line that was lost is a line of zeros that the
/// table and the final header mark, so that distances along the belt stay right. The header tells
/// the lines written up to the last second, so a recording whose program was killed opens;
/// `repair(_:)` then also tells those that followed. On a full disk the cube ends with the last
/// whole line.
public final class LineRecording {
  public let headerFile: URL
  public private(set) var summary = RecordingSummary()
  private let settings: RecordingSettings
  private let format: LineFormat
  private let cube: ENVIWriter
  private let tableFile: URL
  private let table: FileHandle
  private let reserve: URL
  private let zeros: [UInt8]
  private var fields = RecordingFields()
  private var tableSize = 0
  private var lastSequence: Int?
  private var checkpointAt: ContinuousClock.Instant?
  private var isOver = false

  /// Begins a recording in `folder`, which is made if needed; nothing there is overwritten.
  ///
  /// `number` tells one cube of a folder from the next: from 2 on it becomes part of the name.
  public init(
    in folder: URL, format: LineFormat, settings: RecordingSettings = RecordingSettings(),
    number: Int = 1
  ) throws {
    try format.check(place: folder.relativePath)
    let name = settings.role.rawValue + (number > 1 ? "-\(number)" : "")
    self.format = format
    self.settings = settings
    headerFile = folder.appending(path: "\(name).hdr")
    reserve = Self.reserve(besideHeader: headerFile)
    tableFile = LineTable.file(besideHeader: headerFile)
    for file in [headerFile, folder.appending(path: "\(name).raw"), tableFile]
    where FileManager.default.fileExists(atPath: file.path) {
      throw Complaint(
        file.relativePath, "is there already, nothing is overwritten",
        remedy: "give another folder")
    }
    try AtomicFile.write(Data(count: settings.reserve), to: reserve)
    try AtomicFile.write("", to: tableFile)
    table = try FileHandle(forUpdating: tableFile)
    let references = [RecordingRole.dark, .white].filter { role in
      let file = folder.appending(path: "\(role.rawValue).hdr")
      return role != settings.role && FileManager.default.fileExists(atPath: file.path)
    }
    cube = try ENVIWriter(
      to: headerFile,
      layout: ENVILayout(samples: format.samples, bands: format.bands, type: .uint16),
      wavelengths: format.wavelengths,
      fields: RecordingFields.first(
        format, table: tableFile.lastPathComponent, references: references),
      appearance: .growing)
    zeros = [UInt8](repeating: 0, count: 2 * format.countsPerLine)
    try appendToTable(LineTable.heading)
  }

  /// The file that keeps room for the last header.
  static func reserve(besideHeader header: URL) -> URL {
    let name = header.deletingPathExtension().lastPathComponent
    return header.deletingLastPathComponent().appending(path: ".\(name).reserve")
  }

  /// Appends `line`, and lines of zeros for those that were lost before it.
  ///
  /// A failure to write ends the recording: what was appended before stays whole. A gap longer
  /// than the settings allow is refused with `GapTooLong`; the line is then not appended.
  public func append(_ line: ScanLine) throws {
    precondition(!isOver, "recording: a line after the end")
    precondition(
      line.counts.count == format.countsPerLine,
      "recording: \(line.counts.count) counts, \(format.countsPerLine) wanted")
    // What was lost before the first line belongs to no cube.
    let lost = lastSequence.map { max(0, line.sequence - $0 - 1) } ?? 0
    guard lost <= settings.longestGap else { throw GapTooLong(lines: lost) }
    do {
      for step in 0..<lost {
        let state = line.isLossEstimated ? LineRow.State.estimated : .missing
        try write(zeros, row: LineRow(state: state, sequence: line.sequence - lost + step))
      }
      try write(
        CountPacking.uint16.packed(line.counts),
        row: LineRow(
          state: .measured, sequence: line.sequence, cameraNanoseconds: line.cameraNanoseconds,
          arrivedNanoseconds: line.arrivedAt.nanoseconds, beltMillimeters: line.beltMillimeters))
      count(line.counts)
      lastSequence = line.sequence
      let now = ContinuousClock.now
      if checkpointAt.map({ now - $0 >= settings.headerInterval }) ?? true {
        try cube.checkpoint()
        checkpointAt = now
      }
    } catch {
      // What stopped the recording is told even where closing fails as well.
      try? close(.cut)
      throw error
    }
  }

  /// Completes the recording; without a single line nothing is left of it.
  @discardableResult
  public func finish() throws -> RecordingSummary {
    if !isOver { try close(.complete) }
    return summary
  }

  private func write(_ bytes: [UInt8], row: LineRow) throws {
    // The table comes first: a row without its line is passed over, a line without row is not.
    let size = tableSize
    try appendToTable(LineTable.text(row, line: summary.lines))
    do {
      try cube.append(stored: bytes)
    } catch {
      // Closing cuts the row that got no line.
      tableSize = size
      throw error
    }
    if row.state != .measured {
      fields.note(missing: summary.lines)
      summary.missing += 1
      if row.state == .estimated { summary.estimated += 1 }
    }
    summary.lines += 1
  }

  private func appendToTable(_ text: String) throws {
    do {
      // A row that failed halfway is written over.
      try table.seek(toOffset: UInt64(tableSize))
      try table.write(contentsOf: Data(text.utf8))
    } catch {
      throw Complaint(
        tableFile.relativePath, "cannot be written further: \(error.localizedDescription)",
        remedy: "make room on the disk and begin a new recording; this one is whole up to here")
    }
    tableSize += text.utf8.count
  }

  private func count(_ counts: [UInt16]) {
    let (span, fullScale) = (counts.span, format.fullScale)
    var saturated: Int32 = 0
    for index in span.indices { saturated &+= span[index] >= fullScale ? 1 : 0 }
    summary.saturated += Int(saturated)
    summary.counts += counts.count
  }

  /// Ends the recording with what is whole.
  private func close(_ ending: RecordingFields.Ending) throws {
    isOver = true
    // The reserve makes room for the last header where the disk is full.
    try? FileManager.default.removeItem(at: reserve)
    guard summary.lines > 0 else {
      for file in [headerFile, cube.file, tableFile] {
        // Nothing in them is worth a word.
        try? FileManager.default.removeItem(at: file)
      }
      return
    }
    try cube.finish(fields: fields.last(ending))
    try table.truncate(atOffset: UInt64(tableSize))
    try table.synchronize()
  }
}

/// More lines in a row were lost than a recording fills with zeros.
public struct GapTooLong: Explained, Equatable {
  public let lines: Int
  public var place: String { "recording" }
  public var problem: String { "\(lines) lines in a row were lost" }
  public var remedy: String? { "begin a new recording" }
}
