import Diagnostics
import Foundation
import Units

/// Writes an ENVI cube some lines at a time: header and file of numbers, however many lines come.
///
/// A line that could not be written, as on a full disk, leaves those before it whole: `append` may
/// be tried again, and `finish` makes a cube of what is there.
public final class ENVIWriter {
  /// When the cube can be opened.
  public enum Appearance: Sendable {
    /// Both files appear when all is written; a kill leaves nothing under their names.
    case whenFinished
    /// Both files are there from the beginning, and hold what `checkpoint` last made known.
    case growing
  }

  public let headerFile: URL
  /// The file of numbers.
  public let file: URL
  public let layout: ENVILayout
  /// Whole lines written so far.
  public private(set) var lines = 0

  private let meaning: ENVIHeader.Meaning
  private let fields: [ENVIHeader.Field]
  private let appearance: Appearance
  /// What is written to until the end.
  private let growing: URL
  private let handle: FileHandle
  private var isFinished = false

  /// Digits that a growing header keeps free for its number of lines.
  private static let digits = 12

  /// Begins a cube of counts.
  ///
  /// - Parameters:
  ///   - file: The header (`x.hdr`, the numbers go to `x.raw`) or the file of numbers (any other
  ///     ending, the header goes to its name with the ending `.hdr`).
  ///   - layout: In the interleave `bil` or `bip`; `ENVIFile.write` writes all three.
  ///   - fields: More of the header, in their order.
  public convenience init(
    to file: URL, layout: ENVILayout, wavelengths: [Wavelength]?,
    fields: [ENVIHeader.Field] = [], appearance: Appearance = .whenFinished
  ) throws {
    try self.init(
      to: file, layout: layout, meaning: .init(wavelengths: wavelengths), fields: fields,
      appearance: appearance)
  }

  init(
    to file: URL, layout: ENVILayout, meaning: ENVIHeader.Meaning, fields: [ENVIHeader.Field],
    appearance: Appearance
  ) throws {
    precondition(layout.interleave != .bsq, "ENVI writer: lines cannot be appended to bsq")
    precondition(
      meaning.wavelengths.map { $0.count == layout.bands } ?? true,
      "ENVI writer: \(meaning.wavelengths?.count ?? 0) wavelengths of \(layout.bands) bands")
    (headerFile, self.file) = ENVIPair.names(for: file)
    self.layout = layout
    self.meaning = meaning
    self.fields = fields
    self.appearance = appearance
    growing = appearance == .growing ? self.file : ENVIPair.partial(of: self.file)
    handle = try GrowingFile.create(growing, named: self.file.relativePath)
    if appearance == .growing { try AtomicFile.write(headerText(lines: 0), to: headerFile) }
  }

  deinit {
    guard !isFinished else { return }
    try? handle.close()  // Nobody waits for these bytes any more.
    if appearance == .whenFinished { try? FileManager.default.removeItem(at: growing) }
  }

  /// Appends one or more lines, `[lines, samples, bands]`.
  public func append(_ values: [Float]) throws {
    try append(stored: layout.bytes(ofLines: values))
  }

  /// Appends one or more lines whose bytes lie as the layout says.
  public func append(stored bytes: [UInt8]) throws {
    precondition(!isFinished, "ENVI writer: lines after the end")
    precondition(
      bytes.count % layout.lineBytes == 0,
      "ENVI writer: \(bytes.count) bytes are not lines of \(layout.lineBytes)")
    do {
      // A line that failed halfway is written over.
      try handle.seek(toOffset: UInt64(lines * layout.lineBytes))
      try handle.write(contentsOf: bytes)
    } catch {
      throw GrowingFile.refusal(error, file.relativePath, after: "\(lines) lines")
    }
    lines += bytes.count / layout.lineBytes
  }

  /// Lets a growing cube's header tell the lines written so far; takes no room on the disk.
  public func checkpoint() throws {
    precondition(appearance == .growing && !isFinished, "ENVI writer: checkpoint of a growing cube")
    try writeLineCount()
  }

  /// Ends the cube: its files hold the lines appended, and its header tells them.
  ///
  /// `fields` come behind those given at the beginning. Where a full disk leaves no room for them,
  /// a growing cube's header still tells the lines, and the error says what is missing.
  @discardableResult
  public func finish(fields more: [ENVIHeader.Field] = []) throws -> URL {
    precondition(!isFinished, "ENVI writer: finished twice")
    guard lines > 0 else {
      throw Complaint(file.relativePath, "no line was written, one or more were wanted")
    }
    do {
      try handle.truncate(atOffset: UInt64(lines * layout.lineBytes))
      try handle.synchronize()
    } catch {
      throw GrowingFile.refusal(error, file.relativePath, after: "\(lines) lines")
    }
    if appearance == .growing { try writeLineCount() }
    isFinished = true
    try? handle.close()  // All bytes are on the disk.
    if appearance == .whenFinished { try GrowingFile.move(growing, to: file) }
    let text = ENVIHeader.text(
      layout, lines: "\(lines)", meaning: meaning, fields: fields + more)
    try AtomicFile.write(text, to: headerFile)
    return headerFile
  }

  private func headerText(lines: Int) -> String {
    ENVIHeader.text(layout, lines: Self.padded(lines), meaning: meaning, fields: fields)
  }

  private static func padded(_ lines: Int) -> String {
    let text = "\(lines)"
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Overwrites the digits kept free, and nothing else.
  private func writeLineCount() throws {
    let text = headerText(lines: 0)
    guard let place = text.range(of: "\nlines = ", options: .caseInsensitive) else { return }
    let offset = text[..<place.upperBound].utf8.count
    do {
      let header = try FileHandle(forUpdating: headerFile)
      defer { try? header.close() }  // A failed write has been told already.
      try header.seek(toOffset: UInt64(offset))
      try header.write(contentsOf: Data(Self.padded(lines).utf8))
    } catch {
      throw GrowingFile.refusal(error, headerFile.relativePath, after: "\(lines) lines")
    }
  }
}

/// A file that is written bit by bit.
enum GrowingFile {
  static func create(_ file: URL, named name: String) throws -> FileHandle {
    let manager = FileManager.default
    do {
      try manager.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: file)
      return try FileHandle(forUpdating: file)
    } catch {
      throw refusal(error, name, after: "nothing")
    }
  }

  /// Gives a finished file its name, whatever had it before.
  static func move(_ file: URL, to target: URL) throws {
    guard
      rename(file.path(percentEncoded: false), target.path(percentEncoded: false)) == 0
    else {
      throw Complaint(
        target.relativePath, "cannot be given its name: \(String(cString: strerror(errno)))",
        remedy: "the numbers lie in \(file.lastPathComponent)")
    }
  }

  static func refusal(_ error: any Error, _ name: String, after what: String) -> Complaint {
    Complaint(
      name, "cannot be written after \(what): \(reason(of: error))",
      remedy: "check that the folder is yours to write and has room left; what was written is kept")
  }

  /// The same of a file that appears only when it is whole.
  static func refusal(_ error: any Error, unfinished name: String) -> Complaint {
    Complaint(
      name, "cannot be written: \(reason(of: error))",
      remedy: "check that the folder is yours to write and has room left; nothing was changed")
  }

  private static func reason(of error: any Error) -> String {
    let error = error as NSError
    guard error.domain == NSPOSIXErrorDomain,
      let cause = POSIXErrorCode(rawValue: Int32(error.code))
    else {
      let cause = error.userInfo[NSUnderlyingErrorKey] as? any Error
      return cause.map(reason) ?? error.localizedDescription
    }
    return String(cString: strerror(cause.rawValue))
  }
}
