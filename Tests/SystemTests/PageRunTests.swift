import Diagnostics
import Foundation
import Sorting
import TestSupport
import Testing

/// `miraged run --http` from outside: the page, health and figures of a run in real time.
@Suite("miraged run --http", .serialized, .timeLimit(.minutes(20)))
struct PageRunTests {
  private struct State: Decodable {
    struct Piece: Decodable {
      let piece: Int
      let probabilities: [Double]
    }
    struct Frames: Decodable {
      let decided: Int
      let late: Int
      let dropped: Int
      let lost: Int
    }
    let state: String
    let word: String
    let piecesDecided: Int
    let frames: Frames
    let pieces: [Piece]
  }

  private func waits(until isSo: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if try isSo() { return true }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return false
  }

  @Test("the page shows what the lines tell, pictures of pieces and the belt; then it ends")
  func served() throws {
    try withTemporaryFolder { folder in
      let bundle = folder.appending(path: "bundle")
      try MiragedTests.writeBundle(to: bundle)
      let daemon = try RunningProgram(
        "miraged",
        [
          "run", "--bundle", bundle.path, "--simulate", "--rate", "4", "--speed", "150",
          "--seconds", "3600", "--http", "127.0.0.1:0",
        ])
      #expect(waits(until: { daemon.error.contains("page: ") }))
      let text = try #require(daemon.error.firstMatch(of: /page: http:\/\/127\.0\.0\.1:(\d+)\//))
      let port = try #require(UInt16(text.1))
      func state() throws -> State {
        try JSONFile.decode(
          State.self, from: Data(page("/api/state", port: port).body.utf8), place: "state")
      }
      #expect(page("/live", port: port).status == 200)
      #expect(try waits(until: { try state().piecesDecided > 5 }))
      #expect(page("/ready", port: port).status == 200)
      let now = try state()
      #expect(now.state == "ContinuousExecution" && now.word == "SORTING")
      let newest = try #require(now.pieces.first)
      #expect(abs(newest.probabilities.reduce(0, +) - 1) < 1e-6)
      #expect(
        now.pieces.contains { page("/api/pieces/\($0.piece).jpg", port: port).status == 200 })
      #expect(waits(until: { page("/api/view.jpg", port: port).status == 200 }))
      #expect(page("/metrics", port: port).body.contains("mirage_frames_total{outcome=\"lost\"}"))
      #expect(page("/", port: port).body.contains("<title>Mirage</title>"))
      let told = daemon.output.split(separator: "\n").count { $0.contains("\"decision\"") }
      #expect(try state().piecesDecided >= told - 1)
      daemon.send(SIGTERM)
      let result = daemon.finish()
      #expect(result.status == 130)
      #expect(page("/live", port: port).status == 0)
    }
  }

  @Test(
    "a wrong address is answered with what to do",
    arguments: [
      (["--http", "127.0.0.1:0"], "--http: found without real time", 2),
      (["--rate", "5", "--http", "0.0.0.0:80"], "is no address of this machine alone", 1),
      (["--modbus", "127.0.0.1:0"], "--modbus: found without real time", 2),
      (["--rate", "5", "--modbus", "plc:502"], "is no address to serve a PLC at", 1),
    ] as [([String], String, Int32)])
  func wrong(_ arguments: [String], _ text: String, _ status: Int32) throws {
    let result = try run("miraged", ["run", "--bundle", "x", "--simulate"] + arguments)
    #expect(result.status == status)
    #expect(result.error.contains(text), "\(result.error)")
  }
}
