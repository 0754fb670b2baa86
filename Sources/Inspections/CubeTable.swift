import Diagnostics
import Foundation
import Hyperspectral

/// One cube as a row of a table, and as an object for machines.
public struct CubeRow: Sendable, Codable {
  /// A reading of an ENVI file that fits its size.
  public struct Reading: Sendable, Codable {
    public let changes: [HeaderChange]
    public let trailingBytes: Int
    /// How alike neighbors are, from 0 to 1.
    public let evidence: Double
  }

  /// From the folder, or as it was given.
  public let file: String
  public let verdict: CubeInspection.Verdict
  /// What is wrong.
  public let trouble: String?
  public let lines: Int?
  public let samples: Int?
  public let bands: Int?
  public let type: String?
  public let interleave: String?
  /// Shortest and longest.
  public let nanometers: [Double]?
  /// Least and largest number, and the mean.
  public let numbers: [Double]?
  public let mean: Double?
  /// Share of the numbers at the largest one.
  public let shareAtTop: Double?
  public let deadBands: [Int]?
  public let deadColumns: [Int]?
  public let stripes: [Int]?
  public let badBands: [Int]?
  public let notes: [String]?
  /// Where something is wrong: how else the file can be read, the best first.
  public let readings: [Reading]?
  /// The number of the reading, from 1, that the evidence clearly favors.
  public let choice: Int?

  /// - Parameter folder: that names count from.
  public init(_ inspection: CubeInspection, in folder: URL? = nil) throws {
    let path = inspection.file.standardizedFileURL.path(percentEncoded: false)
    let start = folder.map { $0.standardizedFileURL.path(percentEncoded: false) }
    file =
      start.flatMap {
        path.hasPrefix($0) ? String(path.dropFirst($0.count).drop { $0 == "/" }) : nil
      }
      ?? inspection.file.relativePath
    verdict = inspection.verdict
    trouble = inspection.trouble
    let reader = inspection.reader
    let claim = inspection.diagnosis?.claim
    lines = reader?.shape.lines ?? claim?.lines
    samples = reader?.shape.samples ?? claim?.samples
    bands = reader?.shape.bands ?? claim?.bands
    type = (reader?.numberType ?? claim?.type)?.rawValue
    interleave = (reader?.interleave ?? claim?.interleave)?.rawValue
    let wavelengths = reader?.wavelengths?.map(\.nanometers)
    nanometers = wavelengths.flatMap { list in
      list.min().flatMap { low in list.max().map { [low, $0] } }
    }
    let statistics = inspection.statistics
    numbers = statistics?.range.map { [$0.lowerBound, $0.upperBound] }
    mean = statistics?.range == nil ? nil : statistics?.mean
    shareAtTop = statistics?.shareAtTop
    deadBands = statistics?.deadBands
    deadColumns = statistics?.deadColumns
    stripes = statistics?.stripes.map(\.column)
    badBands = reader?.badBands
    notes = reader?.notes
    let isSound = inspection.verdict == .good
    readings =
      isSound
      ? nil
      : inspection.diagnosis?.readings.map {
        Reading(
          changes: $0.changes, trailingBytes: $0.trailingBytes, evidence: $0.evidence.score)
      }
    choice = isSound ? nil : inspection.diagnosis?.choice.map { $0 + 1 }
  }
}

/// The cubes of a folder, a line each.
public enum CubeTable {
  /// The cubes below a folder, by name.
  ///
  /// Where two headers belong to one file of numbers, the one that is read when that file is
  /// opened. Tables of text may be anything and are left out.
  public static func cubes(in folder: URL) throws -> [URL] {
    guard let names = FileManager.default.enumerator(atPath: folder.path(percentEncoded: false))
    else { throw Complaint(folder.relativePath, "the folder cannot be listed") }
    let all = names.compactMap { $0 as? String }.sorted()
    let known = Set(all.map { $0.lowercased() })
    return all.filter { name in
      let lower = name.lowercased()
      let ending = (lower as NSString).pathExtension
      guard !(lower as NSString).lastPathComponent.hasPrefix(".") else { return false }
      if CubeFile.endings.contains(ending) { return ending != "csv" }
      if ending.isEmpty, CubeFile.isCube(folder: folder.appending(path: name)) { return true }
      guard ending == "hdr" else { return false }
      let stem = (lower as NSString).deletingPathExtension
      return !UnreadPair.endings.contains { known.contains("\(stem).\($0).hdr") }
    }.map { folder.appending(path: $0) }
  }

  /// Whether a folder is itself a cube, with a picture for each band.
  public static func isCube(folder: URL) -> Bool { CubeFile.isCube(folder: folder) }

  /// Columns for a terminal, and a sentence on the whole.
  public static func text(of rows: [CubeRow], name: String) -> String {
    var cells = [["file", "lines × samples × bands", "type", "order", "nm", "verdict"]]
    for row in rows {
      let extents = [row.lines, row.samples, row.bands].map { $0.map(String.init) ?? "?" }
      let range = row.nanometers.map {
        "\(AmountText.short($0[0].rounded())) to \(AmountText.short($0[1].rounded()))"
      }
      cells.append(
        [
          row.file, extents.joined(separator: " × "), row.type ?? "?", row.interleave ?? "?",
          range ?? "-", verdict(row),
        ])
    }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      row.enumerated().map { column, text in
        column == row.count - 1
          ? text : text + String(repeating: " ", count: widths[column] - text.count)
      }.joined(separator: "  ")
    }
    let counts: [String] = CubeInspection.Verdict.allCases.compactMap { verdict in
      let count = rows.count { $0.verdict == verdict }
      return count > 0 ? "\(count) \(verdict.rawValue)" : nil
    }
    lines.append("\(name): \(counts.joined(separator: ", "))")
    return lines.joined(separator: "\n")
  }

  private static func verdict(_ row: CubeRow) -> String {
    var text = row.verdict.rawValue
    if let trouble = row.trouble { text += ": \(trouble)" }
    var hints: [String] = []
    if let dead = row.deadBands, !dead.isEmpty { hints.append("\(dead.count) dead bands") }
    if let dead = row.deadColumns, !dead.isEmpty { hints.append("\(dead.count) dead columns") }
    if let stripes = row.stripes, !stripes.isEmpty { hints.append("\(stripes.count) stripes") }
    return hints.isEmpty ? text : "\(text) (\(hints.joined(separator: ", ")))"
  }
}
