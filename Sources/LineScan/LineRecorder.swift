import Diagnostics
import Foundation

/// Records lines for as long as they come: one cube, or several where the source was gone for
/// longer than zeros can reasonably fill.
public struct LineRecorder {
  /// The headers of the cubes, in their order.
  public private(set) var headerFiles: [URL] = []
  private let folder: URL
  private let format: LineFormat
  private let settings: RecordingSettings
  private var current: LineRecording?
  private var done = RecordingSummary()

  /// Begins the first cube in `folder`.
  public init(in folder: URL, format: LineFormat, settings: RecordingSettings) throws {
    self.folder = folder
    self.format = format
    self.settings = settings
    try begin()
  }

  /// What all cubes hold together.
  public var summary: RecordingSummary { done + (current?.summary ?? RecordingSummary()) }

  /// Appends `line` to the cube, or to a new one behind a gap that is too long to fill.
  ///
  /// Once this has thrown, what was recorded is whole and nothing more is taken.
  public mutating func append(_ line: ScanLine) throws {
    do {
      try current?.append(line)
    } catch is GapTooLong {
      try finish()
      try begin()
      try current?.append(line)
    }
  }

  /// Completes the cube; what no line came for leaves nothing.
  public mutating func finish() throws {
    guard let current else { return }
    self.current = nil
    done = done + (try current.finish())
    if current.summary.lines == 0 { headerFiles.removeLast() }
  }

  private mutating func begin() throws {
    let recording = try LineRecording(
      in: folder, format: format, settings: settings, number: headerFiles.count + 1)
    headerFiles.append(recording.headerFile)
    current = recording
  }

  /// Copies dark and white reference of another recording beside this one.
  public static func copyReferences(from other: URL, to folder: URL) throws {
    var copied = 0
    for role in [RecordingRole.dark, .white] {
      for ending in ["raw", "lines.csv", "hdr"] {
        let name = "\(role.rawValue).\(ending)"
        let source = other.appending(path: name)
        guard FileManager.default.fileExists(atPath: source.path) else { continue }
        do {
          try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
          try FileManager.default.copyItem(at: source, to: folder.appending(path: name))
        } catch {
          throw Complaint(
            source.relativePath, "cannot be copied: \(error.localizedDescription)",
            remedy: "check that \(folder.relativePath) holds no references and has room left")
        }
        copied += 1
      }
    }
    guard copied > 0 else {
      throw Complaint(
        other.relativePath, "holds neither dark.hdr nor white.hdr",
        remedy: "record them with --role dark and --role white")
    }
  }
}
