import Diagnostics
import Foundation
import Services
import Sorting

/// What is to be recorded when something happens, and where.
struct RecordingWish: Sendable {
  var folder: URL?
  var before = 5.0
  var after = 5.0
  var megabytes = 2000
  /// Millions of bytes for the last seconds.
  var memory = 256
}

extension Run {
  /// How events are recorded, if they are to be.
  var recorderSettings: RecorderSettings? {
    get throws {
      guard let folder = recording.folder else { return nil }
      guard isPaced else {
        throw WrongOptions(
          "--recordings", "found without real time", remedy: "add --pace real, or a --rate")
      }
      var settings = RecorderSettings(folder: folder)
      (settings.before, settings.after) = (recording.before, recording.after)
      settings.bytesInMemory = recording.memory * 1_000_000
      settings.bytesOnDisk = recording.megabytes * 1_000_000
      return settings
    }
  }
}

/// All recordings and how recording goes, as the page reads it.
struct RecordingBoard: Encodable {
  var folder: String
  var secondsBefore: Double
  var secondsAfter: Double
  var isRecording: Bool
  var bytes: Int
  var framesInMemory: Int
  var bytesInMemory: Int
  var framesMissed: Int
  var trouble: LineReason?
  var recordings: [EventDocument.Summary]

  init(_ recorder: EventRecorder, _ settings: RecorderSettings) {
    let status = RecordingStatus(recorder.status)
    folder = status.folder
    (secondsBefore, secondsAfter) = (settings.before, settings.after)
    (isRecording, bytes) = (status.isRecording, status.bytes)
    (framesInMemory, bytesInMemory) = (status.framesInMemory, status.bytesInMemory)
    (framesMissed, trouble) = (status.framesMissed, status.trouble)
    recordings = recorder.recordings
  }
}

extension RecordingStatus {
  init(_ status: RecorderStatus) {
    self.init(folder: status.folder)
    (kept, bytes) = (status.kept, status.bytes)
    (written, failed) = (status.written, status.failed)
    (framesInMemory, bytesInMemory) = (status.framesInMemory, status.bytesInMemory)
    (framesMissed, passedOver) = (status.framesMissed, status.passedOver)
    isRecording = status.isRecording
    trouble = status.trouble.map {
      LineReason(
        "recordings-failed", "an event could not be recorded: \($0)",
        remedy: "make room on the disk of \(folder), or name another with --recordings",
        isUnfit: false)
    }
  }

  /// For the end of a run.
  var counts: [String: Int] {
    ["written": written, "failed": failed, "framesMissed": framesMissed, "passedOver": passedOver]
  }
}

extension RecordedSetup {
  init(_ facts: LineFacts, calibration: String) {
    self.init(bundle: facts.bundle, source: facts.source, calibration: calibration)
    (recipe, change) = (facts.recipe, facts.change)
    ejected = facts.classes.filter(\.isEjected).map(\.name)
    thresholds = Dictionary(
      facts.classes.map { ($0.name, $0.threshold) }, uniquingKeysWith: { first, _ in first })
  }
}

extension EvidencePages.Recordings {
  init(_ recorder: EventRecorder, _ settings: RecorderSettings) {
    self.init(
      // It holds no number that JSON has no words for.
      list: { (try? JSONFile.line(RecordingBoard(recorder, settings))) ?? "{}" },
      file: { name, recording in recorder.file(name, of: recording).map { [UInt8]($0) } })
  }
}
