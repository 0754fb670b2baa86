import CameraCalibration
import Cameras
import Diagnostics
import Foundation
import Services
import Sorting
import Synchronization

/// Who sees what happened, and who has an opinion of his own: the recorder of events and the second
/// recipe, with what is shown of them.
final class Witness: Sendable {
  private let recorder: EventRecorder?
  private let settings: RecorderSettings?
  private let calibration: String?
  private let watch: LineWatch
  private let pages: LinePages
  private let shadow = Mutex<ShadowJudge?>(nil)

  /// - Parameter calibration: nil where nothing is sorted, and nothing recorded.
  /// - Throws: why there can be no folder for recordings.
  init(
    _ settings: RecorderSettings?, _ calibration: RigCalibration?, _ watch: LineWatch,
    _ pages: LinePages
  ) throws {
    (self.settings, self.watch, self.pages) = (settings, watch, pages)
    self.calibration = try calibration?.id
    if let settings, let calibration {
      // A file that may not grow any more is then told as a full disk, and ends no sorting.
      signal(SIGXFSZ, SIG_IGN)
      recorder = try EventRecorder(settings, calibration: calibration, now: { watch.now })
    } else {
      recorder = nil
    }
    if let status = recorder?.status {
      say("recordings: \(status.folder), \(status.kept) kept")
    }
    showPages()
  }

  /// Whose second opinion is shown from now on.
  func show(_ shadow: ShadowJudge) {
    self.shadow.withLock { $0 = shadow }
    showPages()
  }

  /// The line sorts from now on, may be asked for its alarms, and recordings may be asked for.
  func begin(_ facts: LineFacts, _ desk: ControlDesk, in sources: inout LineWatch.Sources) {
    note(facts)
    if let shadow = shadow.withLock({ $0 }) {
      sources.shadow = { ShadowStatus(shadow.board) }
    }
    guard let recorder else { return }
    sources.recording = { RecordingStatus(recorder.status) }
    recorder.watch { [watch] in watch.state().alarms.map { ($0.id, $0.problem) } }
    desk.offer { recorder.record($0) }
  }

  /// What is in force from now on.
  func note(_ facts: LineFacts) {
    guard let recorder, let calibration else { return }
    recorder.note(RecordedSetup(facts, calibration: calibration))
  }

  /// Not for the frame thread.
  func note(_ event: SortEvent) { recorder?.note(event) }

  /// Called on the frame thread; hands over a reference.
  func put(_ frame: CameraFrame) { recorder?.put(frame) }

  /// Writes what is being recorded; gives what became of all.
  func close() -> [String: Int]? {
    guard let recorder else { return nil }
    let status = RecordingStatus(recorder.close())
    say("recordings: \(status.written) written, \(status.framesMissed) frames missed")
    if let trouble = status.trouble {
      say("recordings: \(trouble.problem)\n  help: \(trouble.remedy)")
    }
    return status.counts
  }

  private func showPages() {
    var shown = EvidencePages()
    if let recorder, let settings {
      shown.recordings = EvidencePages.Recordings(recorder, settings)
    }
    shown.shadow = shadow.withLock { $0 }.map { EvidencePages.Shadow($0) }
    pages.show(shown)
  }
}
