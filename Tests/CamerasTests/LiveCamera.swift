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
