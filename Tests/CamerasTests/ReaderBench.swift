import CV4L2
import Foundation
import Imaging
import TestSupport
import Testing
import Units

@testable import Cameras

/// A reader on scripted cameras, moved step by step in scripted time.
final class ReaderBench {
  /// The line's clock, in scripted time.
  struct Clock: LineClock {
    let video: ScriptedVideo

    var now: LineInstant { LineInstant(nanoseconds: video.nanoseconds - video.origin) }
    func follow(_ instant: LineInstant) {}
  }

  let video: ScriptedVideo
  let wiring: CameraReader.Wiring
  let reader: CameraReader
  private(set) var frames: [CameraFrame] = []
  /// The longest scripted time that one step took, in milliseconds.
  private(set) var longestStep = 0.0

  var exchange: FrameExchange { wiring.exchange }
  var status: CameraStatus { exchange.status }
  var states: [CameraState] { exchange.events.recent.map(\.state) }
  var troubles: [String] { exchange.troubles.recent.map { "\($0)" } }

  init(
    _ model: ScriptedModel = ScriptedModel(), in folder: URL, name: CameraName = .any,
    isPaced: Bool = false,
    encoder: any Encoder = SteadyBelt(speedMillimetersPerSecond: 500),
    adjust: (inout CameraSettings) -> Void = { _ in }
  ) {
    video = ScriptedVideo(model, system: folder, isPaced: isPaced)
    var settings = CameraSettings()
    (settings.width, settings.height) = (32, 16)
    adjust(&settings)
    wiring = CameraReader.Wiring(
      name: name, settings: settings,
      directory: CameraDirectory(
        system: folder, devices: URL(filePath: "/dev"), processes: folder.appending(path: "proc")),
      system: video, clock: Clock(video: video),
      encoder: encoder, exchange: FrameExchange())
    reader = CameraReader(wiring)
  }

  /// Moves on for so long; each frame is taken as soon as it is there.
  func run(milliseconds: Int) throws {
    let end = video.nanoseconds + Int64(milliseconds) * 1_000_000
    var idle = 0
    while video.nanoseconds < end {
      let before = video.nanoseconds
      try reader.step()
      longestStep = max(longestStep, Double(video.nanoseconds - before) / 1e6)
      if case .frame(let frame) = try exchange.take(at: wiring.clock.now) { frames.append(frame) }
      // A step in which no time passes is set-up or a frame; many in a row would be a busy loop.
      idle = video.nanoseconds == before ? idle + 1 : 0
      try #require(idle < 50, "the reader spins in state \(status.state): \(status.reason)")
    }
  }

  /// Ends the reader and expects that everything was given back.
  func finish(at place: SourceLocation = #_sourceLocation) {
    reader.close()
    video.state.withLock { world in
      #expect(world.files.isEmpty, "a file stays open", sourceLocation: place)
      #expect(world.mapped.isEmpty, "memory stays mapped", sourceLocation: place)
    }
  }

  /// Runs `body` with a bench, and expects that it leaves nothing behind.
  static func use(
    _ model: ScriptedModel = ScriptedModel(), name: CameraName = .any,
    encoder: any Encoder = SteadyBelt(speedMillimetersPerSecond: 500),
    adjust: (inout CameraSettings) -> Void = { _ in }, _ body: (ReaderBench) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let bench = ReaderBench(model, in: folder, name: name, encoder: encoder, adjust: adjust)
      try body(bench)
      bench.finish()
    }
  }

  /// What the source ends with when it starts on `model`; "no error" where frames come.
  static func complaint(
    _ model: ScriptedModel = ScriptedModel(), name: CameraName = .any,
    adjust: (inout CameraSettings) -> Void = { _ in },
    prepare: (ReaderBench) -> Void = { _ in }
  ) throws -> String {
    var text = "no error"
    try use(model, name: name, adjust: adjust) { bench in
      prepare(bench)
      do { try bench.run(milliseconds: 5000) } catch { text = "\(error)" }
      #expect(bench.video.nanoseconds <= bench.video.origin + 5_200_000_000)
    }
    return text
  }
}
