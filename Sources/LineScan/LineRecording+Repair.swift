import Diagnostics
import Foundation
import Hyperspectral

extension LineRecording {
  /// Completes the header of a recording whose program was killed, for all lines that are whole
  /// in numbers and table; gives how many the header tells now.
  public static func repair(_ headerFile: URL) throws -> Int {
    let place = headerFile.relativePath
    let bytes = try BoundedFile.read(headerFile, limit: ENVIFile.headerLimit)
    let header = try ENVIHeader(bytes, place: place)
    guard header[RecordingFields.tableField] != nil, header.type == .uint16,
      header.interleave == .bil, header.byteOrder == .little, header.headerOffset == 0
    else {
      throw Complaint(
        place, "is no recording of lines", remedy: "see 'mirage-train inspect' for other cubes")
    }
    guard header[RecordingFields.endingField] == nil else {
      throw Complaint(place, "was ended properly, there is nothing to repair")
    }
    let numbers = headerFile.deletingPathExtension().appendingPathExtension("raw")
    let lineBytes = 2 * header.samples * header.bands
    let size = try BoundedFile.size(of: numbers)
    let tableFile = LineTable.file(besideHeader: headerFile)
    let table = try BoundedFile.read(
      tableFile, limit: LineTable.heading.utf8.count + LineTable.rowLimit * (size / lineBytes + 2))
    // The first line break ends the heading; what follows the last is a row that was cut short.
    let lines = min(size / lineBytes, table.count { $0 == 10 } - 1)
    guard lines > 0 else { throw Complaint(place, "no line of the recording is whole") }
    let rows = try LineTable.rows(of: table, lineCount: lines, place: tableFile.relativePath)
    var fields = RecordingFields()
    for (line, row) in rows.enumerated() where row.state != .measured { fields.note(missing: line) }

    var told = header.fields.filter { $0.name != "lines" }
    told.insert(ENVIHeader.Field(name: "lines", value: "\(lines)", isList: false), at: 0)
    told += fields.last(.cut)
    let text = told.map { $0.isList ? "\($0.name) = {\($0.value)}" : "\($0.name) = \($0.value)" }
    // The header comes first: until the file is cut, the lines that it tells are there.
    try AtomicFile.write("ENVI\n" + text.joined(separator: "\n") + "\n", to: headerFile)
    guard truncate(numbers.path(percentEncoded: false), lines * lineBytes) == 0 else {
      throw Complaint(
        numbers.relativePath, "cannot be cut to its last whole line",
        remedy: "check that the file is yours to write")
    }
    // Without the reserve a repaired recording is as good; with it only some room is lost.
    try? FileManager.default.removeItem(at: reserve(besideHeader: headerFile))
    return lines
  }
}
