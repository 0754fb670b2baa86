import Diagnostics
import Foundation
import Hyperspectral
import Tensors

/// What is wrong with an ENVI header, and how else the numbers beside it can be read.
public struct HeaderDiagnosis: Sendable {
  public let headerFile: URL
  /// The file of numbers.
  public let file: URL
  /// Its bytes.
  public let size: Int
  /// Why header and numbers cannot be used as they are; nil where they can.
  public let trouble: ENVIError?
  /// How the file can be read, the best first.
  public let readings: [PlausibleReading]
  /// The number of the reading that the evidence clearly favors.
  public let choice: Int?
  let bytes: Data
  let claim: HeaderClaim

  /// Numbers that a file must hold before their likeness is evidence.
  private static let fewestNumbers = 1000
  /// How far the best reading must lead, and another one before a header that fits is doubted.
  private static let lead = 0.06
  /// The same over a reading that leaves bytes over.
  private static let oddLead = 0.04

  /// Reads a header, or a file of numbers with its header beside it, and looks at some 100,000
  /// numbers; throws where the header has no fields that could be read.
  public init(_ file: URL) throws {
    let pair = try UnreadPair(opened: file) ?? UnreadPair(file)
    headerFile = pair.headerFile
    self.file = pair.numbersFile
    bytes = try BoundedFile.read(pair.headerFile, limit: ENVIFile.headerLimit)
    claim = try HeaderClaim(bytes, place: headerFile.relativePath)
    var numbers = try StoredNumbers(pair.numbersFile)
    size = numbers.size
    do {
      _ = try ENVIFile.open(pair.numbersFile, header: pair.headerFile)
      trouble = nil
    } catch let error as ENVIError {
      trouble = error
    }
    readings = try ReadingSearch(claim: claim, size: size).readings(in: &numbers)
    choice = Self.choice(of: readings)
  }

  /// The first reading, where it leads clearly.
  private static func choice(of readings: [PlausibleReading]) -> Int? {
    guard let first = readings.first, isEvidence(first) else { return nil }
    guard readings.count > 1 else { return 0 }
    return leads(first, readings[1]) ? 0 : nil
  }

  /// Whether there is enough to go by: noise alone, as in a dark reference, is none.
  private static func isEvidence(_ found: PlausibleReading) -> Bool {
    let reading = found.reading
    return found.evidence.score >= 0.5
      && reading.lines * reading.samples * reading.bands >= fewestNumbers
  }

  /// Bytes left over are odd in themselves: a reading without them need not lead as far.
  private static func leads(_ first: PlausibleReading, _ second: PlausibleReading) -> Bool {
    let isOdd = second.trailingBytes > 0 && first.trailingBytes == 0
    return ReadingSearch.rank(first) - ReadingSearch.rank(second) >= (isOdd ? oddLead : lead)
  }

  /// Whether the header fits the file, but the numbers speak clearly for another reading.
  public var isDoubtful: Bool { trouble == nil && doubt != nil }

  /// What speaks against a header that fits.
  var doubt: String? {
    guard trouble == nil, let first = readings.first, !first.changes.isEmpty,
      Self.isEvidence(first),
      let own = readings.first(where: \.changes.isEmpty), Self.leads(first, own)
    else { return nil }
    return "neighbors are far more alike with \(readings[0].text)"
  }

  /// What the header's own reading wants and what the file holds; nil where a field is unknown.
  var arithmetic: String? {
    guard let reading = claim.reading else { return nil }
    if reading.byteCount == size {
      return "\(reading.arithmetic), the file holds \(size)"
    }
    return "the header says \(reading.arithmetic); the file holds \(size), which is "
      + reading.held(in: size)
  }

  /// The table of readings, each with what speaks for it.
  public var table: [String] {
    guard !readings.isEmpty else {
      return ["  no reading with at most two mistakes in the header fits \(size) bytes"]
    }
    var rows = [["", "evidence", "spectra", "samples", "lines", "numbers", "reading"]]
    for (number, found) in readings.enumerated() {
      let evidence = found.evidence
      func share(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "-" }
      let range = evidence.range.map {
        "\(Self.number($0.lowerBound)) to \(Self.number($0.upperBound))"
      }
      rows.append(
        [
          "\(number + 1)", String(format: "%.2f", evidence.score), share(evidence.bandSmoothness),
          share(evidence.sampleSmoothness), share(evidence.lineSmoothness), range ?? "none",
          found.text,
        ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      "  "
        + row.enumerated().map { column, text in
          let pad = String(repeating: " ", count: widths[column] - text.count)
          return column == row.count - 1 ? text : column < 5 ? pad + text : text + pad
        }.joined(separator: "  ")
    }
  }

  private static func number(_ value: Double) -> String { String(format: "%.4g", value) }

  /// What the diagnosis comes to, for a person to act on.
  public var advice: String {
    guard !readings.isEmpty else { return "record or copy the file again" }
    if let choice {
      return "reading \(choice + 1) is clearly the best; --repair writes its header beside the "
        + "old one"
    }
    return "the evidence is not clear; look at --previews FILE.png, then --repair --reading N"
  }
}

/// A header and its numbers, paired by name alone: the header may be past reading.
struct UnreadPair {
  let headerFile: URL
  let numbersFile: URL

  init(_ file: URL) throws {
    let folder = file.deletingLastPathComponent()
    let stem = file.deletingPathExtension().lastPathComponent
    // A folder that cannot be listed holds nothing that could be read.
    let listed = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    if file.pathExtension.lowercased() == "hdr" {
      headerFile = file
      let found = listed.filter { name in
        let ending = (name as NSString).pathExtension.lowercased()
        let isNamed = name.lowercased() == stem.lowercased()
        let isStem = (name as NSString).deletingPathExtension.lowercased() == stem.lowercased()
        return isNamed || (isStem && Self.endings.contains(ending))
      }.sorted()
      guard let first = found.first, found.count == 1 else {
        throw Complaint(
          file.relativePath,
          found.isEmpty
            ? "the file of numbers is not beside it"
            : "several files could hold the numbers: \(found.joined(separator: ", "))",
          remedy: "give the name of the numbers' own file instead of the header's")
      }
      numbersFile = folder.appending(path: first)
      return
    }
    numbersFile = file
    let names = [file.lastPathComponent + ".hdr", stem + ".hdr"]
    let matches = names.compactMap { name in
      listed.first { $0 == name } ?? listed.first { $0.lowercased() == name.lowercased() }
    }
    guard let first = matches.first else {
      throw Complaint(
        file.relativePath,
        "the header is not beside it; looked for \(names.joined(separator: ", "))",
        remedy: "copy the .hdr file too; without it the numbers cannot be understood")
    }
    headerFile = folder.appending(path: first)
  }

  /// The files that are read when `file` is opened; nil where it does not open.
  init?(opened file: URL) {
    // Why it does not open is asked again, and told, by who looks at the pair.
    guard let cube = try? ENVIFile.open(file) else { return nil }
    (headerFile, numbersFile) = (cube.headerFile, cube.file)
  }

  static let endings = Set(ENVIFile.endings)
}
