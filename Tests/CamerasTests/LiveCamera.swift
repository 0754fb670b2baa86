import Cameras
import Diagnostics
import Foundation
import Imaging
import TestSupport
import Testing
import USBCameraSimulation
import Units

/// A camera of the guest, read by the reader as the daemon would.
final class LiveCamera {
  let source: V4L2Source
  private let clock = RunningClock()
  private let started = ContinuousClock.now
  /// Ages of the frames taken, in seconds on the line's clock.
  private(set) var ages: [Double] = []

  init(_ settings: CameraSettings = CameraSettings(), name: CameraName = .any) {
    source = V4L2Source(
      name, settings: settings, encoder: SteadyBelt(speedMillimetersPerSecond: 500), clock: clock,
      until: { false })
  }

  /// Seconds since the camera was asked for.
  var seconds: Double { started.duration(to: .now).seconds }

  /// Takes frames until there are `count` of them.
  func frames(_ count: Int, within seconds: Double = 20) throws -> [CameraFrame] {
    let frames = try frames(for: seconds) { $0.count >= count }
    try #require(frames.count == count, "\(frames.count) of \(count) frames: \(told)")
    return frames
  }

  /// Takes frames for `seconds`, or until `isEnough`.
  func frames(
    for seconds: Double, isEnough: ([CameraFrame]) -> Bool = { _ in false }
  ) throws -> [CameraFrame] {
    let end = ContinuousClock.now + .seconds(seconds)
    var frames: [CameraFrame] = []
    while ContinuousClock.now < end, !isEnough(frames) {
      switch try source.next(within: 50) {
      case .frame(let frame):
        ages.append(frame.exposedAt.duration(to: clock.now).seconds)
        frames.append(frame)
      case .nothing: continue
      case .ended: return frames
      }
    }
    return frames
  }

  /// Takes frames until the reader tells what is waited for.
  func waits(_ seconds: Double = 10, until condition: (CameraStatus) -> Bool) throws {
    _ = try frames(for: seconds) { _ in condition(source.status) }
    try #require(condition(source.status), "waited \(seconds) s in vain: \(told)")
  }

  /// What the reader has told so far.
  var told: String {
    let events = source.events.recent.map { "\($0.seconds) s \($0.state): \($0.reason)" }
    let troubles = source.troubles.recent.map { "\($0)" }
    return "\(source.status)\n" + (events + troubles).joined(separator: "\n")
  }

  /// Whether a trouble was told that says `text`.
  func hasTold(_ text: String) -> Bool {
    source.troubles.recent.contains { "\($0)".contains(text) }
  }

  /// Which states were entered, in order.
  var states: [CameraState] { source.events.recent.map(\.state) }

  /// Ends the reader, which must give the camera back and have its books in order.
  func stop(after frames: [CameraFrame] = []) {
    source.stop()
    let account = source.account
    if let last = frames.last {
      #expect(account.exposed > last.sequence, "\(told)")
    }
    #expect(Self.openVideoFiles == 0, "a device is still open")
  }

  /// How many video devices this process has open.
  static var openVideoFiles: Int {
    let folder = "/proc/self/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count { name in
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
      return target?.hasPrefix("/dev/video") ?? false
    }
  }
}

extension CameraSettings {
  /// One format, size and rate, the controls left alone.
  static func fixed(
    _ format: String, _ width: Int = 640, _ height: Int = 480, rate: Double? = nil
  ) -> CameraSettings {
    var settings = CameraSettings()
    settings.format = format
    settings.width = width
    settings.height = height
    settings.framesPerSecond = rate
    settings.controls = .leave
    return settings
  }
}

/// Checks that no frame is out of order, twice there, or missing without being counted: by the
/// numbers that the simulated camera draws on its pictures.
///
/// `cycle` is how many numbers there are before they begin anew.
func checkNumbers(
  _ frames: [CameraFrame], cycle: Int, sourceLocation: SourceLocation = #_sourceLocation
) {
  var last: (number: Int, sequence: Int)?
  for frame in frames {
    guard let number = TestCard.number(on: frame.picture) else {
      Issue.record("frame \(frame.sequence) has no number", sourceLocation: sourceLocation)
      return
    }
    if let last {
      let (found, told) = (number - last.number, frame.sequence - last.sequence)
      #expect(
        (found - told) % cycle == 0,
        "frame \(frame.sequence): \(found) frames on the pictures, \(told) told",
        sourceLocation: sourceLocation)
      #expect(told == frame.lostBefore + 1, sourceLocation: sourceLocation)
    }
    last = (number, frame.sequence)
  }
}

/// Checks against the driver's own time stamps, which no count of frames has to do with, that the
/// frames told as lost are those that are missing.
///
/// A driver may give a number twice and stamp a frame late: the frames in all may be wrong by
/// `slack`, and so many gaps by one.
func checkLosses(
  _ frames: [CameraFrame], rate: Double, slack: Int = 1, wrongGaps: Int = 2,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let first = frames.first, let last = frames.last, frames.count > 1 else {
    Issue.record("no frames to check", sourceLocation: sourceLocation)
    return
  }
  let elapsed = first.exposedAt.duration(to: last.exposedAt).seconds
  let exposed = Int((elapsed * rate).rounded())
  #expect(
    abs(last.sequence - first.sequence - exposed) <= slack,
    "\(last.sequence - first.sequence) frames told, \(exposed) by the stamps",
    sourceLocation: sourceLocation)
  var wrong = 0
  for (frame, next) in zip(frames, frames.dropFirst()) {
    let periods = (frame.exposedAt.duration(to: next.exposedAt).seconds * rate).rounded()
    if next.lostBefore + 1 != Int(periods) { wrong += 1 }
  }
  #expect(
    wrong <= wrongGaps, "\(wrong) of \(frames.count) gaps are not those of the stamps",
    sourceLocation: sourceLocation)
}

/// Frames a second by the stamps of the frames, lost ones included.
func stampedRate(_ frames: [CameraFrame]) -> Double? {
  guard let first = frames.first, let last = frames.last, last.exposedAt > first.exposedAt else {
    return nil
  }
  let seconds = first.exposedAt.duration(to: last.exposedAt).seconds
  return Double(last.sequence - first.sequence) / seconds
}
