import Foundation
import TestSupport
import Testing

/// `miraged run --mqtt` from outside, with a real broker beside it.
@Suite("miraged run --mqtt", .serialized, .timeLimit(.minutes(20)))
struct BrokerRunTests {
  private func waits(until isSo: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(100)
    while ContinuousClock.now < end {
      if isSo() { return true }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return false
  }

  @Test("a killed daemon is offline; until then the broker is told of each decision of the lines")
  func told() throws {
    try withTemporaryFolder { folder in
      let bundle = folder.appending(path: "bundle")
      try MiragedTests.writeBundle(to: bundle)
      let broker = try TestBroker()
      let listener = try broker.listen(below: "plant")
      let daemon = try RunningProgram(
        "miraged",
        [
          "run", "--bundle", bundle.path, "--simulate", "--rate", "2", "--speed", "100",
          "--seconds", "3600", "--mqtt", "mqtt://127.0.0.1:\(broker.port)/plant/line-1",
        ])
      func count(_ text: String, of words: String) -> Int {
        text.split(separator: "\n").count { $0.contains(words) }
      }
      #expect(waits { count(listener.output, of: "/pieces/decision {") > 3 }, "\(daemon.error)")
      #expect(listener.output.contains("plant/line-1/availability online"))
      #expect(listener.output.contains("\"state\":\"ContinuousExecution\""))
      for type in ["new", "update", "final"] {
        #expect(
          waits { count(listener.output, of: "\"type\":\"\(type)\"") > 0 }, "no \(type) was told")
      }
      daemon.send(SIGKILL)
      let decided = count(daemon.finish().output, of: "\"event\":\"decision\"")
      #expect(waits { listener.output.contains("plant/line-1/availability offline") })
      // What was decided in the last moment may not have left yet.
      let told = count(listener.output, of: "/pieces/decision {")
      #expect(told <= decided + 20 && told > 3)
    }
  }

  @Test(
    "a wrong command line is answered with what to do",
    arguments: [
      (["--mqtt", "mqtt://h/x"], "--mqtt: found without real time", 2),
      (["--rate", "5", "--mqtt-password", "x"], "--mqtt-password: found without --mqtt", 2),
      (["--rate", "5", "--mqtt", "h/x"], "h/x: is no address of a broker", 1),
      (["--rate", "5", "--mqtt", "mqtt://a:b@h/x"], "give that with --mqtt-password", 1),
    ] as [([String], String, Int32)])
  func wrong(_ arguments: [String], _ text: String, _ status: Int32) throws {
    let result = try run("miraged", ["run", "--bundle", "x", "--simulate"] + arguments)
    #expect(result.status == status)
    #expect(result.error.contains(text), "\(result.error)")
  }
}
