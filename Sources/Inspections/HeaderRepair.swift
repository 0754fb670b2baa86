import Diagnostics
import Foundation
import Hyperspectral

/// The text of a header with some fields written anew; every other byte stays as it is.
///
/// What is replaced stays behind as a comment, and a list that fits no more under the name
/// `original …`, so that nothing is lost.
struct HeaderRepair {
  private var lines: [Line]
  private let ending: String

  private struct Line {
    var text: String
    /// The field that begins here.
    var name: String?
    /// Whether a list goes on here.
    var isInside = false
  }

  init(_ bytes: Data) {
    // One character for each byte, whatever the encoding, so that the way back loses nothing.
    let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    ending = text.first(where: ENVIHeader.isLineBreak).map(String.init) ?? "\n"
    var braces: ListBraces?
    var isAwaited = false
    lines = text.split(omittingEmptySubsequences: false, whereSeparator: ENVIHeader.isLineBreak)
      .map { part in
        var line = Line(text: String(part))
        let text = part.drop(while: \.isWhitespace)
        // A list may begin on the line below its name.
        line.isInside = braces != nil || (isAwaited && text.hasPrefix("{"))
        if let open = braces {
          if !text.hasPrefix(";"), open.end(in: text) != nil { braces = nil }
        } else if line.isInside {
          braces = Self.open("", text)
        } else if !text.hasPrefix(";"), let mark = text.firstIndex(of: "=") {
          line.name = text[..<mark].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            .lowercased()
          let value = text[text.index(after: mark)...].drop(while: \.isWhitespace)
          braces = Self.open(line.name ?? "", value)
          isAwaited = value.isEmpty
          return line
        }
        isAwaited = false
        return line
      }
    if lines.last?.text.isEmpty == true { lines.removeLast() }
  }

  /// The braces of a list that begins with `text` and does not end there.
  private static func open(_ name: String, _ text: Substring) -> ListBraces? {
    ListBraces(of: name, text).flatMap { $0.end(in: text.dropFirst()) == nil ? $0 : nil }
  }

  var bytes: Data {
    let text = lines.map(\.text).joined(separator: ending) + ending
    return Data(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
  }

  /// Writes a field anew; the old line stays as a comment.
  mutating func set(_ name: String, to value: String) {
    let written = Line(text: "\(name) = \(value)", name: name)
    let ranges = ranges(of: name)
    guard let first = ranges.first else {
      lines.append(written)
      return
    }
    for range in ranges.reversed() {
      for index in range {
        lines[index].text = "; was: " + lines[index].text
        lines[index].name = nil
        lines[index].isInside = false
      }
    }
    lines.insert(written, at: first.lowerBound)
  }

  /// Gives a field a name under which nobody looks for it.
  mutating func retire(_ name: String) {
    for range in ranges(of: name) {
      let index = range.lowerBound
      guard let mark = lines[index].text.firstIndex(of: "=") else { continue }
      lines[index].text = "original \(name) \(lines[index].text[mark...])"
      lines[index].name = "original \(name)"
    }
  }

  /// Adds a comment below the first line.
  mutating func comment(_ text: String) {
    lines.insert(Line(text: "; \(text)"), at: min(1, lines.count))
  }

  private func ranges(of name: String) -> [Range<Int>] {
    lines.indices.filter { lines[$0].name == name }.map { start in
      var end = start + 1
      while end < lines.count, lines[end].isInside { end += 1 }
      return start..<end
    }
  }
}

extension HeaderDiagnosis {
  /// Writes the header of a reading beside the old one, never over a file, and gives its file.
  ///
  /// - Parameter number: of `readings`, from 0; nil takes `choice`, and is refused without one.
  @discardableResult
  public func repair(reading number: Int? = nil) throws -> URL {
    guard let number = number ?? choice else {
      throw Complaint(
        headerFile.relativePath,
        "\(readings.count) readings fit and the evidence is not clear:\n"
          + table.joined(separator: "\n"),
        remedy: "look at --previews FILE.png, then choose with --repair --reading N")
    }
    guard readings.indices.contains(number) else {
      throw Complaint(
        headerFile.relativePath, "there is no reading \(number + 1), only 1 to \(readings.count)")
    }
    let target = try freeName()
    let text = try repairedText(readings[number])
    try AtomicFile.write(text, to: target)
    do {
      _ = try ENVIFile.open(file, header: target)
    } catch {
      // A header that does not open is none; the complaint about it is what counts.
      try? FileManager.default.removeItem(at: target)
      throw error
    }
    return target
  }

  /// `x.raw.hdr` beside `x.hdr`, or the other way round: both names belong to `x.raw`.
  private func freeName() throws -> URL {
    let folder = headerFile.deletingLastPathComponent()
    let stem = file.deletingPathExtension().lastPathComponent
    let names = [file.lastPathComponent + ".hdr", stem + ".hdr"]
    let listed = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .map { $0.lowercased() }
    guard let free = names.first(where: { !listed.contains($0.lowercased()) }) else {
      throw Complaint(
        headerFile.relativePath,
        "\(names.joined(separator: " and ")) are both there, and neither is written over",
        remedy: "move one of them away")
    }
    return headerFile.sibling(named: free)
  }

  /// The header with the changes of a reading, and without fields that cannot be understood.
  package func repairedText(_ found: PlausibleReading) throws -> Data {
    var repair = HeaderRepair(bytes)
    for change in found.changes { repair.set(change.name, to: change.value) }
    for field in claim.fields where HeaderFieldNames.perBand.contains(field.name) {
      let entries = field.entries
      guard !entries.isEmpty, entries.count != found.reading.bands else { continue }
      repair.retire(field.name)
      // A recording that stopped early has the first bands.
      if found.reading.interleave == .bsq, entries.count == claim.bands,
        entries.count > found.reading.bands
      {
        let kept = entries.prefix(found.reading.bands).joined(separator: ", ")
        repair.set(field.name, to: "{\(kept)}")
      }
    }
    var changed = found.changes.map(\.text)
    // Each round takes away what the parser names, and each field is taken away once.
    for _ in 0..<16 {
      do throws(ENVIError) {
        _ = try ENVIHeader(repair.bytes, place: headerFile.relativePath)
        break
      } catch {
        guard let name = error.fieldName else { throw error }
        changed.append(try Self.correct(name, error, &repair))
      }
    }
    let what = changed.isEmpty ? "nothing" : changed.joined(separator: "; ")
    repair.comment("Mirage repaired \(headerFile.lastPathComponent): \(what)")
    return repair.bytes
  }

  /// Sets a unit that the numbers tell, and puts any other field aside.
  private static func correct(
    _ name: String, _ error: ENVIError, _ repair: inout HeaderRepair
  ) throws(ENVIError) -> String {
    if name == "wavelength units",
      let list = try ENVIHeader.fields(of: repair.bytes, place: error.place)
        .first(where: { $0.name == "wavelength" })
    {
      let numbers = list.entries.compactMap(Double.init)
      let units = [(100.0...30_000.0, "Nanometers"), (0.1...30.0, "Micrometers")]
      for (range, unit) in units where numbers.allSatisfy(range.contains) {
        repair.set(name, to: unit)
        return "\(name) = \(unit)"
      }
      repair.retire("wavelength")
      return "'wavelength' put aside"
    }
    repair.retire(name)
    return "'\(name)' put aside"
  }
}

enum HeaderFieldNames {
  /// Lists with an entry for each band.
  static let perBand: Set<String> = [
    "wavelength", "fwhm", "bbl", "band names", "data gain values", "data offset values",
    "data reflectance gain values", "data reflectance offset values",
  ]
}

extension ENVIError {
  /// The field at fault, where it is one that a cube can do without or that can be set anew.
  fileprivate var fieldName: String? {
    switch reason {
    case .notANumber(let name, _), .unknown(let name, _, _), .listCount(let name, _, _): name
    case .wavelengthUnit, .wavelengthRange: "wavelength units"
    default: nil
    }
  }
}
