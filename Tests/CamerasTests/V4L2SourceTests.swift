import CV4L2
import Diagnostics
import Foundation
import Imaging
import Synchronization
import TestSupport
import Testing
import Units

@testable import Cameras

/// The reader on its own thread, on a scripted camera in real time.
@Suite("V4L2 source", .serialized)
struct V4L2SourceTests {
  /// Runs `body` with a source whose scripted time is real.
  private func use(
    _ model: ScriptedModel = ScriptedModel(), for milliseconds: Int,
    _ body: (V4L2Source, ReaderBench) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let bench = ReaderBench(model, in: folder, isPaced: true)
      let end = ContinuousClock.now + .milliseconds(milliseconds)
      let source = V4L2Source(bench.wiring) { ContinuousClock.now >= end }
      try body(source, bench)
      source.stop()
      bench.finish()
    }
  }

  @Test(
    "keeps the promises of every source, with bad and lost frames", .timeLimit(.minutes(20)),
    arguments: [[], [.frame, .gap(2), .frame, .flagged, .frame, .stall(700), .fatal]]
      as [[ScriptedStep]])
  func promises(script: [ScriptedStep]) throws {
    var videos: [ReaderBench] = []
    try withTemporaryFolder { folder in
      try FrameSourceConformance.run(exposed: nil) {
        let bench = ReaderBench(
          in: folder.appending(path: "\(videos.count)"), isPaced: true)
        videos.append(bench)
        bench.video.play(script)
        let end = ContinuousClock.now + .milliseconds(script.isEmpty ? 500 : 2500)
        return V4L2Source(bench.wiring) { ContinuousClock.now >= end }
      }
      for bench in videos {
        bench.exchange.stop()
        #expect(bench.exchange.waitForEnd(milliseconds: 5000))
        bench.finish()
      }
      let account = try #require(videos.first).status.account
      #expect(account.delivered > 10)
      #expect(account.lost == (script.isEmpty ? 0 : 3))
      #expect(account.exposed == account.delivered + account.dropped + account.lost)
    }
  }

  @Test("its changes of state are a stream that ends with it", .timeLimit(.minutes(20)))
  func changes() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "v4l2-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let bench = ReaderBench(in: folder, isPaced: true)
    let end = ContinuousClock.now + .milliseconds(1500)
    bench.video.play([.frame, .frame, .replug(afterMilliseconds: 200, port: nil)])
    let source = V4L2Source(bench.wiring) { ContinuousClock.now >= end }
    // Two who listen, one of them late.
    let early = source.changes
    var states: [CameraState] = []
    for await event in early {
      states.append(event.state)
      #expect(!event.reason.isEmpty)
    }
    let wanted: [CameraState] = [.opening, .streaming, .lost, .searching, .opening, .streaming]
    #expect(states == wanted)
    var late: [CameraState] = []
    for await event in source.changes { late.append(event.state) }
    #expect(late == wanted)
    bench.finish()
  }

  @Test("a slow consumer sees fresh frames", .timeLimit(.minutes(20)))
  func slow() throws {
    try use(for: 2000) { source, _ in
      var shown = 0
      while try source.next() != nil {
        shown += 1
        // The age of a frame at the moment when it is handed out.
        #expect((source.status.ageMilliseconds ?? .infinity) < 200)
        Thread.sleep(forTimeInterval: 0.25)
      }
      #expect(shown >= 4)
      #expect(source.account.dropped > source.account.delivered)
    }
  }

  @Test("the picture of a frame that is kept does not change", .timeLimit(.minutes(20)))
  func keptPictures() throws {
    try use(for: 700) { source, _ in
      var kept: [(CameraFrame, UInt8)] = []
      while let frame = try source.next() { kept.append((frame, frame.picture.pixels[0])) }
      #expect(kept.count > 8)
      for (frame, first) in kept { #expect(frame.picture.pixels[0] == first) }
      #expect(Set(kept.map(\.1)).count > 4)
    }
  }

  @Test("ends with the reason where the camera cannot be read", .timeLimit(.minutes(20)))
  func failure() throws {
    var model = ScriptedModel()
    model.lies.width = 33
    try use(model, for: 4000) { source, _ in
      #expect(complaint { _ = try source.next() }.contains("the driver set the size 33 × 16"))
      #expect(complaint { _ = try source.next() }.contains("the driver set the size 33 × 16"))
    }
  }

  @Test("a source that nobody holds any more gives its camera back", .timeLimit(.minutes(20)))
  func forgotten() throws {
    try withTemporaryFolder { folder in
      let bench = ReaderBench(in: folder, isPaced: true)
      func hold() throws {
        let source = V4L2Source(bench.wiring) { false }
        let frame = try source.next()
        #expect(frame != nil)
      }
      try hold()
      #expect(bench.exchange.waitForEnd(milliseconds: 5000))
      bench.finish()
    }
  }

  @Test("news end the wait for a frame, and so does time", .timeLimit(.minutes(20)))
  func news() throws {
    try use(for: 1500) { source, bench in
      bench.video.play([.frame, .stall(600)])
      var kinds: Set<String> = []
      while true {
        switch try source.next(within: 20) {
        case .frame: kinds.insert("frame")
        case .nothing: kinds.insert("nothing")
        case .ended: kinds.insert("ended")
        }
        if kinds.contains("ended") { break }
      }
      #expect(kinds == ["frame", "nothing", "ended"])
      #expect(source.events.recent.map(\.state).contains(.stalled))
    }
  }
}
