import CameraCalibration
import Cameras
import Diagnostics
import Foundation

/// A folder of recordings: each one that `--frames` takes, written beside its name and renamed.
struct EventFolder: Sendable {
  /// Folders that are looked at when it is opened.
  private static let lookLimit = 10_000
  private static let documentLimit = 16 << 20
  /// What a recording can have and take that is not counted by us: more is none of ours.
  private static let frameLimit = 1_000_000
  private static let byteLimit = 1 << 40
  private static let unfinished = ".unfinished-"

  private let settings: RecorderSettings
  private let calibration: RigCalibration
  /// The newest last.
  private(set) var recordings: [EventDocument.Summary] = []

  /// Opens or makes the folder; takes away what an earlier run left unfinished.
  ///
  /// - Throws: a `Complaint` where it is no folder or cannot be made.
  init(_ settings: RecorderSettings, calibration: RigCalibration) throws(Complaint) {
    (self.settings, self.calibration) = (settings, calibration)
    let files = FileManager.default
    let place = settings.folder.relativePath
    do {
      try files.createDirectory(at: settings.folder, withIntermediateDirectories: true)
    } catch {
      throw Complaint(
        place, "no folder for recordings can be made there: \(error.localizedDescription)",
        remedy: "give another folder with --recordings, on a disk with room")
    }
    // It was just there; whoever took it away since is told with the first recording.
    let names = (try? files.contentsOfDirectory(atPath: settings.folder.path)) ?? []
    for name in names.sorted().prefix(Self.lookLimit) {
      let folder = settings.folder.appending(path: name)
      if name.hasPrefix(Self.unfinished) {
        // One that stays takes room and does no other harm.
        try? files.removeItem(at: folder)
      } else if let summary = Self.summary(of: folder), summary.name == name {
        recordings.append(summary)
      }
    }
  }

  static func pictureName(_ index: Int) -> String {
    "frame-" + String(repeating: "0", count: max(0, 5 - "\(index)".count)) + "\(index).jpg"
  }

  /// The number in such a name; nil for any other.
  private static func pictureNumber(_ name: String) -> Int? {
    guard name.hasPrefix("frame-"), name.hasSuffix(".jpg"),
      let number = Int(name.dropFirst(6).dropLast(4)), pictureName(number) == name
    else { return nil }
    return number
  }

  /// What the recordings take.
  var bytes: Int { recordings.reduce(0) { $0 + $1.bytes } }

  /// Writes a recording and lets the oldest go where it needs their place; nil where it has no
  /// frames.
  ///
  /// - Throws: a `Complaint` where the disk has no room; the recording is then lost.
  mutating func write(_ recording: EventRecording) throws -> EventDocument.Summary? {
    let name = freeName(recording)
    guard let document = recording.document(name) else { return nil }
    guard document.summary.bytes <= settings.bytesOnDisk else {
      throw Complaint(
        settings.folder.relativePath,
        "a recording of \(document.summary.bytes) bytes found, \(settings.bytesOnDisk) allowed",
        remedy: "allow more with --recordings-megabytes")
    }
    prune(for: document.summary.bytes)
    let files = FileManager.default
    let part = settings.folder.appending(path: Self.unfinished + name)
    do {
      try write(recording, document, into: part)
      try files.moveItem(at: part, to: settings.folder.appending(path: name))
    } catch {
      // What stays is taken away at the next start.
      try? files.removeItem(at: part)
      throw error
    }
    recordings.append(document.summary)
    return document.summary
  }

  /// A file of a recording; nil where there is none of that name.
  func file(_ name: String, of recording: String) -> Data? {
    guard let summary = recordings.first(where: { $0.name == recording }) else { return nil }
    let isOurs =
      ["event.json", "frames.json", "calibration.json"].contains(name)
      || Self.pictureNumber(name).map((0..<summary.frames).contains) ?? false
    guard isOurs else { return nil }
    // Whoever takes files away by hand finds none here.
    return try? BoundedFile.read(
      settings.folder.appending(path: recording).appending(path: name), limit: 64 << 20)
  }

  private func write(
    _ recording: EventRecording, _ document: EventDocument, into folder: URL
  ) throws {
    var entries: [FrameList.Entry] = []
    for (index, frame) in recording.frames.enumerated() {
      let name = Self.pictureName(index)
      try AtomicFile.write(frame.jpeg, to: folder.appending(path: name))
      entries.append(
        FrameList.Entry(
          file: name, seconds: document.firstExposure.duration(to: frame.exposedAt).seconds,
          beltMillimeters: frame.beltMillimeters))
    }
    try AtomicFile.write(
      JSONFile.encode(FrameList(frames: entries)), to: folder.appending(path: "frames.json"))
    try AtomicFile.write(
      JSONFile.encode(calibration), to: folder.appending(path: "calibration.json"))
    try AtomicFile.write(
      JSONFile.encode(document), to: folder.appending(path: "event.json"))
  }

  /// By the time of the event and its kind; a number more where there is one already.
  private func freeName(_ recording: EventRecording) -> String {
    let time = recording.at.formatted(
      .iso8601.year().month().day().time(includingFractionalSeconds: true)
    ).replacing(":", with: "-")
    let base = time + "-" + (recording.reasons.first?.kind.rawValue ?? "event")
    var name = base
    var number = 2
    while FileManager.default.fileExists(atPath: settings.folder.appending(path: name).path) {
      name = "\(base)-\(number)"
      number += 1
    }
    return name
  }

  private mutating func prune(for coming: Int) {
    while let oldest = recordings.first,
      recordings.count >= settings.recordings || bytes + coming > settings.bytesOnDisk
    {
      // One that cannot be taken away is not counted any more; a full disk is told when it is.
      try? FileManager.default.removeItem(at: settings.folder.appending(path: oldest.name))
      recordings.removeFirst()
    }
  }

  /// Nil for what is no recording of ours, which stays as it is.
  private static func summary(of folder: URL) -> EventDocument.Summary? {
    let file = folder.appending(path: "event.json")
    guard let bytes = try? BoundedFile.read(file, limit: documentLimit) else { return nil }
    let document = try? JSONFile.decode(
      EventDocument.self, from: bytes, place: file.relativePath)
    guard let summary = document?.summary, (0...frameLimit).contains(summary.frames),
      (0...byteLimit).contains(summary.bytes)
    else { return nil }
    return summary
  }
}
