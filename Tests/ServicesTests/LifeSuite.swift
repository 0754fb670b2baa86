import Foundation
import TestSupport
import Testing

@testable import Services

@Suite("Signs of life", .serialized, .timeLimit(.minutes(20)))
struct LifeSuite {
  @Test("ready, status and watchdog are told while frames progress, and not when they stop")
  func progress() throws {
    let listener = try NoticeListener(at: "@mirage-test-\(UUID().uuidString)")
    let line = ToldLine()
    let keeper = LifeKeeper(
      try LifeNotice(socket: listener.socket), watch: line.watch, watchdog: .seconds(4))
    #expect(listener.waits { $0.contains("STATUS=STARTING") })
    #expect(!listener.lines.contains("READY=1"))
    line.begin()
    line.set(ToldLine.readyValves)
    line.play(seconds: 3)
    #expect(listener.waits { $0.contains("READY=1") })
    #expect(
      listener.waits {
        $0.contains("STATUS=SORTING: 10.0 pictures a second, 30 pieces in the last minute")
      })
    // The line's clock runs on by hand and no frame comes: feeding ends.
    line.wait(seconds: 5)
    #expect(
      listener.waits { $0.contains { $0.hasPrefix("STATUS=NO PICTURE; no picture for 5 s") } })
    let fed = listener.lines.count { $0 == "WATCHDOG=1" }
    #expect(fed > 0)
    let told = listener.lines.count
    #expect(listener.waits { $0.count >= told + 3 })
    #expect(listener.lines.count { $0 == "WATCHDOG=1" } == fed)
    line.play(seconds: 1)
    #expect(listener.waits { $0.count { $0 == "WATCHDOG=1" } > fed })
    keeper.end()
    #expect(listener.waits { $0.contains("STOPPING=1") })
    #expect(listener.lines.count { $0 == "READY=1" } == 1)
  }

  @Test("a camera that is away is no reason to start anew, one that streams nothing is")
  func camera() {
    for isStreaming in [true, false] {
      let line = ToldLine()
      line.begin(camera: CameraHealth(isStreaming: isStreaming, reason: "away", reconnects: 0))
      line.wait(seconds: 30)
      #expect(line.watch.state().isAlive(within: .seconds(5)) == !isStreaming)
    }
  }

  @Test("a socket that nobody listens at is told, and so is a name that cannot be")
  func nobody() throws {
    #expect(complaint { _ = try LifeNotice(socket: "/nowhere/notify") }.contains("nobody listens"))
    let long = String(repeating: "x", count: 108)
    #expect(complaint { _ = try LifeNotice(socket: long) }.contains("2 to 107 bytes"))
    try withTemporaryFolder { folder in
      let listener = try NoticeListener(at: folder.appending(path: "n").path)
      try LifeNotice(socket: listener.socket).send("STATUS=ä")
      #expect(listener.waits { $0.contains("STATUS=ä") })
    }
  }
}
