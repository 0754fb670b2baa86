import CameraCalibration
import Cameras
import Conveyor
import Diagnostics
import Foundation
import Imaging
import Synchronization
import TestSupport
import Testing
import Units

@testable import Sorting

/// Recordings of a line: written, read back, pruned, and not to be written.
@Suite("Recordings of events", .timeLimit(.minutes(20)))
struct EventRecorderTests {
  private func waits(until isSo: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if isSo() { return true }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return false
  }

  /// Plays a seeded line whose frames are recorded, at the pace of the coding; gives its decisions.
  private func play(
    into recorder: EventRecorder, at moment: Moment, asksAt asked: Int
  ) throws -> [PieceDecision] {
    let clock = SimulatedClock()
    let pipeline = try Pipeline(
      ColorClassifier(), calibration: TestLine.calibration, ejected: ["copper"],
      settings: TestLine.settings, clock: clock)
    var run = LineRun(SeededSource(seed: 5), through: pipeline, clock: clock)
    _ = try run.play(
      until: { false }, emit: { recorder.note($0) },
      keep: { frame in
        moment.set(frame.exposedAt)
        let before = recorder.status.framesInMemory
        recorder.put(frame)
        // In real time frames leave time to code them.
        #expect(waits { recorder.status.framesInMemory > before })
        if frame.sequence == asked { recorder.record("the tester: a try") }
      })
    return run.decisions
  }

  @Test("what was recorded is sorted again as it was, from a folder that stands for itself")
  func readBack() throws {
    try withTemporaryFolder { folder in
      var settings = RecorderSettings(folder: folder.appending(path: "recordings"))
      (settings.before, settings.after) = (60, 60)
      let moment = Moment()
      let recorder = try EventRecorder(
        settings, calibration: TestLine.calibration, now: { moment.now })
      recorder.note(RecordedSetup(bundle: "b", source: "s", calibration: "c"))
      let decisions = try play(into: recorder, at: moment, asksAt: 8)
      #expect(recorder.status.isRecording)
      let status = recorder.close()
      #expect(status.written == 1 && status.trouble == nil, "\(status)")
      let summary = try #require(recorder.recordings.first)
      #expect(summary.reasons.map(\.text) == ["the tester: a try"])
      #expect(summary.isCut, "the run ended before its seconds did")
      let place = settings.folder.appending(path: summary.name)
      let document = try JSONFile.read(
        EventDocument.self, at: place.appending(path: "event.json"))
      #expect(document.summary == summary && document.setup?.bundle == "b")
      let calibration = try RigCalibration.read(place.appending(path: "calibration.json"))
      #expect(calibration == TestLine.calibration)
      // The same frames once more: JPEG changes a pixel a little, and no decision.
      let clock = SimulatedClock()
      let pipeline = try Pipeline(
        ColorClassifier(), calibration: calibration, ejected: ["copper"],
        settings: TestLine.settings, clock: clock)
      var run = LineRun(try FolderSource(place), through: pipeline, clock: clock)
      let again = try run.play(until: { false }, emit: { _ in })
      #expect(again.frames.decided + again.frames.late == summary.frames)
      #expect(summary.framesMissed == 0)
      #expect(run.decisions.map(\.class) == decisions.map(\.class))
      #expect(recorder.file("event.json", of: summary.name) != nil)
      #expect(
        recorder.file("frame-00000.jpg", of: summary.name)?.starts(with: [0xff, 0xd8]) == true)
      for wrong in ["../event.json", "frame-99999.jpg", "", "frame-00000.jpg/.."] {
        #expect(recorder.file(wrong, of: summary.name) == nil)
      }
      #expect(recorder.file("event.json", of: "..") == nil)
    }
  }

  private func recording(
    _ kind: RecordingReason.Kind, bytes: Int = 1000, after seconds: Int = 0
  ) -> EventRecording {
    EventRecording(
      reasons: [EventRingTests.reason(kind, at: 1)],
      frames: (8...12).map { EventRingTests.frame($0, bytes: bytes) }, decisions: [], setup: nil,
      isCut: false, at: Date(timeIntervalSince1970: 1_800_000_000 + Double(seconds)))
  }

  @Test("the oldest recordings go, by number and by size; what is not ours stays")
  func pruned() throws {
    try withTemporaryFolder { folder in
      var settings = RecorderSettings(folder: folder)
      (settings.recordings, settings.bytesOnDisk) = (3, 100_000)
      try AtomicFile.write("mine", to: folder.appending(path: "notes/read.me"))
      try AtomicFile.write("{}", to: folder.appending(path: "other/event.json"))
      try AtomicFile.write("x", to: folder.appending(path: ".unfinished-x/frame-00000.jpg"))
      var events = try EventFolder(settings, calibration: TestLine.calibration)
      #expect(events.recordings.isEmpty)
      var names: [String] = []
      for number in 0..<5 {
        let written = try events.write(recording(.late, after: number))
        names.append(try #require(written).name)
      }
      #expect(Set(names).count == 5, "\(names)")
      #expect(events.recordings.map(\.name) == names.suffix(3))
      let again = try EventFolder(settings, calibration: TestLine.calibration)
      #expect(again.recordings.map(\.name) == names.suffix(3))
      _ = try events.write(recording(.alarm, bytes: 19_000, after: 9))
      #expect(events.recordings.count == 2 && events.bytes == 100_000)
      let said = complaint { _ = try events.write(recording(.alarm, bytes: 21_000)) }
      #expect(said.contains("a recording of 105000 bytes found"), "\(said)")
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.count == 4 && left.contains("notes") && left.contains("other"), "\(left)")
    }
  }

  @Test(
    "a document that was altered makes no recording, and ends nothing",
    arguments: ["\"frames\" : 5", "\"bytes\" : 5000", "\"name\" : \""])
  func altered(_ part: String) throws {
    try withTemporaryFolder { folder in
      let settings = RecorderSettings(folder: folder)
      var events = try EventFolder(settings, calibration: TestLine.calibration)
      let written = try events.write(recording(.late))
      let file = folder.appending(path: try #require(written).name).appending(path: "event.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try #require(text.contains(part))
      for wrong in ["-1", "9223372036854775807", "1e99", "null", "\"x"] {
        let value = part.hasSuffix("\"") ? part + wrong.replacing("\"", with: "") : wrong
        let key = part.split(separator: ":")[0]
        try AtomicFile.write(
          text.replacing(part, with: part.hasSuffix("\"") ? value : "\(key): \(value)"), to: file)
        let again = try EventFolder(settings, calibration: TestLine.calibration)
        #expect(again.recordings.isEmpty, "\(value)")
      }
      try AtomicFile.write(text, to: file)
      #expect(try EventFolder(settings, calibration: TestLine.calibration).recordings.count == 1)
    }
  }

  @Test("a disk that takes nothing is told, and the next recording is tried again")
  func fullDisk() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "recordings")
      let moment = Moment()
      var settings = RecorderSettings(folder: place)
      (settings.before, settings.after) = (1, 1)
      let recorder = try EventRecorder(
        settings, calibration: TestLine.calibration, now: { moment.now })
      // A file in the folder's place refuses writing to everybody, also to root.
      try FileManager.default.removeItem(at: place)
      try AtomicFile.write("in the way", to: place)
      let picture = Picture(width: 32, height: 16, repeating: 90)
      func put(_ number: Int) {
        let at = LineInstant(seconds: Double(number))
        moment.set(at)
        recorder.put(
          CameraFrame(
            picture: picture, sequence: number, exposedAt: at, beltMillimeters: Double(number)))
      }
      put(1)
      #expect(waits { recorder.status.framesInMemory == 1 })
      recorder.record("the tester: a try")
      put(9)
      #expect(waits { recorder.status.failed == 1 }, "\(recorder.status)")
      #expect(recorder.status.trouble?.contains("cannot be written") == true)
      #expect(recorder.recordings.isEmpty)
      try FileManager.default.removeItem(at: place)
      recorder.record("the tester: once more")
      put(19)
      #expect(waits { recorder.status.written == 1 }, "\(recorder.status)")
      #expect(recorder.status.trouble == nil)
      _ = recorder.close()
    }
  }

  @Test("an alarm that begins is an event; one that was there already, or is our own, is none")
  func alarms() throws {
    try withTemporaryFolder { folder in
      let moment = Moment()
      var settings = RecorderSettings(folder: folder)
      (settings.before, settings.after) = (1, 1)
      let recorder = try EventRecorder(
        settings, calibration: TestLine.calibration, now: { moment.now })
      let alarms = Mutex([(id: "calibration-differs", problem: "old")])
      let looks = Atomic<Int>(0)
      recorder.watch {
        looks.wrappingAdd(1, ordering: .relaxed)
        return alarms.withLock { $0 }
      }
      func look() {
        let before = looks.load(ordering: .relaxed)
        #expect(waits { looks.load(ordering: .relaxed) > before + 2 })
      }
      look()
      alarms.withLock { $0.append(("recordings-failed", "ours")) }
      look()
      #expect(!recorder.status.isRecording)
      alarms.withLock { $0.append(("no-frames", "no picture for 2 s")) }
      #expect(waits { recorder.status.isRecording })
      _ = recorder.close()
    }
  }

  /// The line's clock, set by hand.
  private final class Moment: Sendable {
    private let time = Mutex(LineInstant(nanoseconds: 0))
    var now: LineInstant { time.withLock { $0 } }
    func set(_ now: LineInstant) { time.withLock { $0 = now } }
  }
}
