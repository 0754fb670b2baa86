import Cameras
import Diagnostics
import Foundation
import Imaging
import LineScan
import Units

/// Waits until a person has done what was asked; goes on at once where nobody can answer.
func ask(_ instruction: String) throws {
  say("\(instruction), then press Enter (Ctrl-C ends)")
  if isatty(0) == 1 { _ = readLine() }
  try Interruption.check(saved: "what was recorded until now stays in its folder")
}

/// Records a line-scan camera for a step, part after part.
struct LiveLines {
  let camera: String
  var lines = 200

  /// Each part into its own file of `folder`; nothing there is overwritten.
  func record(
    _ parts: [(role: RecordingRole, instruction: String)], into folder: URL
  ) throws {
    Interruption.install()
    for (role, instruction) in parts {
      try ask(instruction)
      // Opened anew for each part: lines that waited show what was there before.
      var source = try LineSourceName.open(camera)
      defer { source.stop() }
      var recorder = try LineRecorder(
        in: folder, format: source.format, settings: RecordingSettings(role: role))
      let progress = ProgressLine(role.rawValue, total: lines)
      while recorder.summary.lines < lines, let line = try source.nextLine() {
        try recorder.append(line)
        progress.advance()
        try Interruption.check(saved: "\(recorder.summary.lines) lines are whole")
      }
      progress.finish()
      try recorder.finish()
      warn(role, recorder.summary)
    }
  }

  /// What a person should mend before going on.
  private func warn(_ role: RecordingRole, _ summary: RecordingSummary) {
    if summary.saturated > 0 {
      let percent = (summary.saturatedShare * 10_000).rounded() / 100
      say("\(role.rawValue): \(percent) % of the counts are at the detector's end: expose shorter")
    }
    if summary.missing > 0 { say("\(role.rawValue): \(summary.missing) lines were lost") }
  }
}

/// Takes pictures with a V4L2 camera for a step, each the mean of some frames.
struct LivePictures {
  let camera: String
  /// Frames averaged, after some that let the exposure settle.
  var frames = 16
  private static let settling = 5

  init(camera: String) { self.camera = camera }

  /// One PNG file a part.
  func take(_ parts: [(name: String, instruction: String)], into folder: URL) async throws {
    Interruption.install()
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
      // Frames are waited for on a thread of their own.
      let thread = Thread { done.resume(with: Result { try run(parts, into: folder) }) }
      thread.name = "pictures"
      thread.start()
    }
  }

  private func run(_ parts: [(name: String, instruction: String)], into folder: URL) throws {
    var settings = CameraSettings()
    settings.controls = .lock(ControlLock())
    for (name, instruction) in parts {
      let file = folder.appending(path: "\(name).png")
      guard !FileManager.default.fileExists(atPath: file.path) else {
        throw Complaint(
          file.relativePath, "is there already, nothing is overwritten",
          remedy: "give another folder with --from")
      }
      try ask(instruction)
      var source = V4L2Source(
        camera == "any" ? .any : .text(camera), settings: settings,
        encoder: SteadyBelt(speedMillimetersPerSecond: 0), clock: RunningClock())
      defer { source.stop() }
      try PictureFile.write(try mean(&source), to: file)
      say("\(file.relativePath) is saved")
    }
  }

  private func mean(_ source: inout V4L2Source) throws -> Picture {
    var sums: [Int] = []
    var last: Picture?
    var taken = 0
    while taken < frames + Self.settling, let frame = try source.next() {
      try Interruption.check(saved: "no picture of this part was written")
      taken += 1
      guard taken > Self.settling else { continue }
      if sums.isEmpty { sums = [Int](repeating: 0, count: frame.picture.pixels.count) }
      for index in sums.indices { sums[index] += Int(frame.picture.pixels[index]) }
      last = frame.picture
    }
    guard var picture = last else {
      throw Complaint(
        camera, "gave no picture", remedy: "'miraged cameras' lists cameras and what is wrong")
    }
    let count = max(1, taken - Self.settling)
    for index in sums.indices { picture.pixels[index] = UInt8((sums[index] + count / 2) / count) }
    return picture
  }
}
