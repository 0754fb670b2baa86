import Foundation
import TestSupport
import Testing

/// `miraged` under a service manager, played by a socket.
@Suite("miraged as a service", .serialized, .timeLimit(.minutes(20)))
struct LifeTests {
  @Test("it tells when it is ready, that it lives, what it does, and that it ends within 2 s")
  func service() throws {
    try withTemporaryFolder { folder in
      let bundle = folder.appending(path: "bundle")
      try MiragedTests.writeBundle(to: bundle)
      let listener = try NoticeListener(at: folder.appending(path: "notify").path)
      let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      let daemon = try RunningProgram(
        "/usr/bin/env",
        [
          "NOTIFY_SOCKET=\(listener.socket)", "WATCHDOG_USEC=4000000",
          programs.appending(path: "miraged").path, "run", "--bundle", bundle.path, "--simulate",
          "--rate", "4", "--speed", "150", "--seconds", "3600",
        ])
      #expect(listener.waits { $0.contains("READY=1") && $0.contains("WATCHDOG=1") })
      #expect(listener.waits { $0.contains { $0.hasPrefix("STATUS=SORTING: ") } })
      let start = ContinuousClock.now
      daemon.send(SIGTERM)
      let result = daemon.finish()
      #expect(result.status == 130, "\(result.error)")
      #expect(start.duration(to: .now) < .seconds(2))
      #expect(listener.waits { $0.contains("STOPPING=1") })
    }
  }

  @Test("the unit is as locked up as it claims: 2.0 or better, where systemd can tell")
  func unit() throws {
    let unit = packageRoot.appending(path: "Tools/systemd/miraged.service")
    let text = try String(contentsOf: unit, encoding: .utf8)
    for line in ["Type=notify", "WatchdogSec=10", "StartLimitBurst=6", "DynamicUser=yes"] {
      #expect(text.contains("\n\(line)\n"), "\(line)")
    }
    let analyzer = "/usr/bin/systemd-analyze"
    guard FileManager.default.isExecutableFile(atPath: analyzer) else {
      print("skipped: \(analyzer) is not there, so nobody says how locked up the unit is")
      return
    }
    let result = try run(
      analyzer, ["security", "--no-pager", "--offline=yes", "--threshold=20", unit.path])
    #expect(result.status == 0, "\(result.output.suffix(200)) \(result.error)")
  }
}
