import CameraCalibration
import Cameras
import Diagnostics
import Dispatch
import Foundation
import Imaging
import Synchronization
import Units

/// How recording goes.
public struct RecorderStatus: Sendable, Equatable {
  public var folder: String
  /// Recordings in the folder, and what they take.
  public var kept = 0
  public var bytes = 0
  /// Recordings written since the start, and such that could not be.
  public var written = 0
  public var failed = 0
  /// Frames of the last seconds in memory, and what they take.
  public var framesInMemory = 0
  public var bytesInMemory = 0
  /// Frames for which there was no time.
  public var framesMissed = 0
  /// Events that came too soon after the last.
  public var passedOver = 0
  public var isRecording = false
  /// Why the last recording could not be written.
  public var trouble: String?
}

/// Keeps the last seconds of frames and writes them down when something happens, with those after.
///
/// The frame thread hands over a reference to each frame, no more. Coding is done by a thread that
/// gives way to all others; a frame for which it has no time is missed and counted. A third thread
/// looks for events and writes, so that a slow disk holds up neither.
public final class EventRecorder: Sendable {
  /// Frames that wait to be coded, at most.
  private static let waiting = 3
  private static let pace = 0.2
  /// Alarms of which a recording of the belt shows nothing.
  private static let unseen = ["recordings", "store", "broker", "shadow"]

  fileprivate struct Books: Sendable {
    var ring: EventRing
    var folder: EventFolder
    var due: [EventRecording] = []
    var status: RecorderStatus
    var alarms: (@Sendable () -> [(id: String, problem: String)])?
    var known: Set<String>?
    var isEnding = false
  }

  private let now: @Sendable () -> LineInstant
  private let books: Mutex<Books>
  private let frames: HandOver<CameraFrame>
  private let ended = DispatchSemaphore(value: 0)

  /// Records from now on.
  ///
  /// - Parameter now: the line's clock.
  /// - Throws: a `Complaint` where there can be no folder.
  public init(
    _ settings: RecorderSettings, calibration: RigCalibration,
    now: @escaping @Sendable () -> LineInstant
  ) throws(Complaint) {
    self.now = now
    let folder = try EventFolder(settings, calibration: calibration)
    let ring = EventRing(settings)
    let box = CodedFrames(quality: settings.quality)
    books = Mutex(
      Books(
        ring: ring, folder: folder, status: RecorderStatus(folder: settings.folder.relativePath)))
    frames = HandOver("recording", capacity: Self.waiting, whenFull: .drop) { box.take($0) }
    box.begin { [weak self] frame in self?.keep(frame) }
    let thread = Thread { [self] in
      work()
      ended.signal()
    }
    thread.name = "events"
    thread.start()
  }

  /// Takes a frame as the camera took it; called on the frame thread.
  public func put(_ frame: CameraFrame) { frames.put(frame) }

  /// Takes in what was decided; not for the frame thread.
  public func note(_ event: SortEvent) {
    guard case .decision(let decision) = event else { return }
    books.withLock { books in
      guard let reason = books.ring.note(decision) else { return }
      books.ring.record(reason, wall: Date())
    }
  }

  /// What is in force from now on.
  public func note(_ setup: RecordedSetup) { books.withLock { $0.ring.setup = setup } }

  /// Where alarms are asked for; those that there are already are no event.
  public func watch(_ alarms: @escaping @Sendable () -> [(id: String, problem: String)]) {
    books.withLock { $0.alarms = alarms }
  }

  /// Records what happens just now, as somebody asked for it.
  public func record(_ text: String) {
    let reason = RecordingReason(.asked, text, at: now())
    books.withLock { $0.ring.record(reason, wall: Date()) }
  }

  /// How it goes.
  public var status: RecorderStatus {
    let missed = frames.dropped
    return books.withLock { books in
      var status = books.status
      (status.kept, status.bytes) = (books.folder.recordings.count, books.folder.bytes)
      (status.framesInMemory, status.bytesInMemory) = (books.ring.count, books.ring.bytes)
      (status.framesMissed, status.passedOver) = (missed, books.ring.passedOver)
      status.isRecording = books.ring.isRecording || !books.due.isEmpty
      return status
    }
  }

  /// What there is, the newest first.
  public var recordings: [EventDocument.Summary] {
    books.withLock { $0.folder.recordings }.reversed()
  }

  /// A file of a recording; nil where there is none of that name.
  public func file(_ name: String, of recording: String) -> Data? {
    books.withLock { $0.folder }.file(name, of: recording)
  }

  /// Writes what is being recorded, as far as it came, and ends; a disk that does not answer is not
  /// waited for.
  public func close() -> RecorderStatus {
    frames.close()
    books.withLock { $0.isEnding = true }
    if ended.wait(timeout: .now() + .milliseconds(1500)) == .success { ended.signal() }
    return status
  }

  private func keep(_ frame: KeptFrame) {
    books.withLock { books in
      if let recording = books.ring.add(frame) { books.wait(with: recording) }
    }
  }

  private func work() {
    while true {
      let (alarms, isEnding) = books.withLock { ($0.alarms, $0.isEnding) }
      // Asked for without the lock: the alarms are made from our own status, too.
      let open = isEnding ? nil : alarms?()
      let due = books.withLock { books in
        if let open { books.look(at: open, now(), unseen: Self.unseen) }
        if let recording = isEnding ? books.ring.cut() : books.ring.due(at: now()) {
          books.wait(with: recording)
        }
        defer { books.due.removeAll() }
        return books.due
      }
      for recording in due { write(recording) }
      if isEnding { return }
      Thread.sleep(forTimeInterval: Self.pace)
    }
  }

  /// Writes without the lock, which those who put frames in must get at any time.
  private func write(_ recording: EventRecording) {
    var folder = books.withLock { $0.folder }
    do {
      let written = try folder.write(recording)
      books.withLock { books in
        books.folder = folder
        if written != nil { books.status.written += 1 }
        books.status.trouble = nil
      }
    } catch {
      books.withLock { books in
        books.folder = folder
        books.status.failed += 1
        books.status.trouble = (error as? any Explained)?.problem ?? "\(error)"
      }
    }
  }
}

extension EventRecorder.Books {
  /// Lets a recording wait to be written; where one waits already, as for a disk that does not
  /// answer, memory is worth more.
  fileprivate mutating func wait(with recording: EventRecording) {
    guard due.isEmpty else {
      status.failed += 1
      return
    }
    due.append(recording)
  }

  /// Takes in which alarms there are; each that begins is an event.
  fileprivate mutating func look(
    at alarms: [(id: String, problem: String)], _ now: LineInstant, unseen: [String]
  ) {
    let ids = Set(alarms.map(\.id))
    defer { known = ids }
    guard let known else { return }
    for alarm in alarms where !known.contains(alarm.id) {
      guard !unseen.contains(where: { alarm.id.hasPrefix($0) }) else { continue }
      ring.record(RecordingReason(.alarm, "\(alarm.id): \(alarm.problem)", at: now), wall: Date())
    }
  }
}

/// Codes frames on the thread that they are handed over to, which gives way to all others.
private final class CodedFrames: Sendable {
  private let quality: Int
  private let receive = Mutex<(@Sendable (KeptFrame) -> Void)?>(nil)
  private let isQuiet = Atomic<Bool>(false)

  init(quality: Int) { self.quality = quality }

  func begin(_ receive: @escaping @Sendable (KeptFrame) -> Void) {
    self.receive.withLock { $0 = receive }
  }

  func take(_ frame: CameraFrame) {
    if !isQuiet.exchange(true, ordering: .relaxed) { ThreadPriority.giveWay() }
    // A picture that cannot be coded, for want of memory, is missing and counted so by its number.
    guard let jpeg = try? PictureFile.encodeJPEG(frame.picture, quality: quality) else { return }
    let receive = receive.withLock { $0 }
    receive?(
      KeptFrame(
        sequence: frame.sequence, exposedAt: frame.exposedAt,
        beltMillimeters: frame.beltMillimeters, jpeg: jpeg))
  }
}

/// How a thread stands among others.
enum ThreadPriority {
  /// The calling thread works when no other wants the processor.
  ///
  /// Where the service's unit forbids it, all stay as they are.
  static func giveWay() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }
}
