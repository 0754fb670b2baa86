import Diagnostics
import Foundation
import Hyperspectral
import Tensors
import Units

/// One screen about a cube of any format, for the person who wonders what it is.
public struct CubeInspection: Sendable {
  /// Whether a cube can be used.
  public enum Verdict: String, Sendable, Codable, CaseIterable {
    case good
    /// It opens, but its numbers speak for another reading of it.
    case doubtful
    case unusable
    /// A sound file that holds no cube, such as a label map.
    case notCube = "no cube"
  }

  public let file: URL
  public let verdict: Verdict
  /// Lines of text for a terminal of 100 columns.
  public let text: String
  /// The cube; nil where it does not open.
  public let reader: (any CubeReader)?
  public let statistics: CubeStatistics?
  /// What is wrong; nil where nothing is.
  public let trouble: String?
  /// For ENVI files whose header could be read at least in part.
  public let diagnosis: HeaderDiagnosis?

  /// Looks at a file; throws only where there is no such file.
  public init(_ file: URL) throws {
    let isBands = CubeFile.isCube(folder: file)
    if !isBands { _ = try BoundedFile.size(of: file) }
    self.file = file
    let isENVI = !isBands && Self.isENVI(file)
    do {
      let reader = try CubeFile.open(file)
      let statistics = try CubeStatistics(reader)
      let diagnosis = isENVI ? try HeaderDiagnosis(file) : nil
      self.reader = reader
      self.statistics = statistics
      self.diagnosis = diagnosis
      trouble = diagnosis?.doubt
      verdict = diagnosis?.isDoubtful == true ? .doubtful : .good
      text = Self.text(reader, statistics, diagnosis)
    } catch {
      verdict = Self.isOtherShape(error) ? .notCube : .unusable
      // The doctor may know more; where it knows nothing, the reader's complaint says it all.
      let diagnosis = isENVI && verdict == .unusable ? try? HeaderDiagnosis(file) : nil
      reader = nil
      statistics = nil
      self.diagnosis = diagnosis
      trouble = Self.problem(error)
      text = Self.text(of: error, file, verdict, diagnosis)
    }
  }

  /// Whether the file is read as ENVI: all that has no ending of another format.
  static func isENVI(_ file: URL) -> Bool {
    !(CubeFile.endings + ["h5", "hdf5"]).contains(file.pathExtension.lowercased())
  }

  private static func text(
    of error: any Error, _ file: URL, _ verdict: Verdict, _ diagnosis: HeaderDiagnosis?
  ) -> String {
    let files = diagnosis.map { [$0.headerFile, $0.file] } ?? [file]
    var lines = [
      files.map(\.lastPathComponent).joined(separator: " + "),
      "  \(verdict.rawValue): \(problem(error))",
    ]
    let remedy = (error as? any Explained)?.remedy.map { "  help: \($0)" }
    guard let diagnosis else {
      lines += verdict == .notCube ? OtherContents.lines(of: file) : []
      return (lines + [remedy].compactMap(\.self)).joined(separator: "\n")
    }
    // A complaint about the size already tells it, and the readings are its remedy.
    if !problem(error).contains("the file holds") {
      lines += [remedy, diagnosis.arithmetic.map { "  size: \($0)" }].compactMap(\.self)
    }
    lines.append("  readings that fit, the best first (evidence: how alike neighbors are, 0 to 1):")
    lines += diagnosis.table
    lines.append("  next: \(diagnosis.advice)")
    return lines.joined(separator: "\n")
  }

  private static func isOtherShape(_ error: any Error) -> Bool {
    if let error = error as? CubeError, case .shape = error.reason { return true }
    if let error = error as? ENVIError, case .kind = error.reason { return true }
    return problem(error).hasPrefix("holds no array of three extents")
  }

  private static func problem(_ error: any Error) -> String {
    (error as? any Explained)?.problem ?? error.localizedDescription
  }

  private static func text(
    _ reader: any CubeReader, _ statistics: CubeStatistics, _ diagnosis: HeaderDiagnosis?
  ) -> String {
    let shape = reader.shape
    var kind = "\(reader.interleave.rawValue), \(reader.numberType.rawValue)"
    if let order = diagnosis?.claim.reading?.byteOrder, reader.numberType.byteCount > 1 {
      kind += ", \(order.rawValue) endian"
    }
    var lines = [
      reader.files.map(\.lastPathComponent).joined(separator: " + "), "  \(shape), \(kind)",
    ]
    if let arithmetic = diagnosis?.arithmetic {
      lines.append("  size: \(arithmetic)")
    } else {
      let bytes = shape.lines * shape.valuesPerLine * reader.numberType.byteCount
      lines.append("  size: \(bytes) bytes of numbers")
    }
    lines.append("  wavelengths: \(WavelengthText.line(reader))")
    lines.append("  meaning: \(MeaningText.line(reader, statistics))")
    if !reader.badBands.isEmpty {
      lines.append("  bad bands by header: \(AmountText.list(reader.badBands))")
    }
    lines += StatisticsText.lines(reader, statistics)
    lines += reader.notes.map { "  note: \($0)" }
    if let diagnosis, let doubt = diagnosis.doubt {
      lines.append("  doubtful: the size fits, but \(doubt)")
      lines.append("  readings that fit, the best first (evidence: how alike neighbors are):")
      lines += diagnosis.table
      lines.append("  next: \(diagnosis.advice)")
    }
    return lines.joined(separator: "\n")
  }
}
