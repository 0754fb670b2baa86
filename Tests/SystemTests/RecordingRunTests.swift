import Diagnostics
import Foundation
import Sorting
import TestSupport
import Testing

/// `miraged run --recordings` and `--shadow` from outside.
@Suite("miraged's evidence", .serialized, .timeLimit(.minutes(20)))
struct RecordingRunTests {
  private struct Board: Decodable {
    let isRecording: Bool
    let recordings: [EventDocument.Summary]
  }

  private struct Opinion: Decodable {
    let agreed: Int
    let disagreed: Int
    let disagreements: [ShadowDisagreement]
  }

  private func waits(until isSo: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(180)
    while ContinuousClock.now < end {
      if try isSo() { return true }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return false
  }

  /// Runs `body` beside a daemon on a belt of small pictures, with its page's port.
  private func withLine(
    _ folder: URL, _ options: [String], _ body: (RunningProgram, UInt16) throws -> Void
  ) throws {
    try MiragedTests.writeBundle(to: folder.appending(path: "bundle"))
    try AtomicFile.write("{ bundle: 'bundle', eject: '' }", to: folder.appending(path: "a.json5"))
    try AtomicFile.write(
      "{ name: 'strict', bundle: 'bundle', eject: 'copper,brass,aluminium' }",
      to: folder.appending(path: "b.json5"))
    let daemon = try RunningProgram(
      "miraged",
      [
        "run", "--bundle", folder.appending(path: "bundle").path, "--pace", "real", "--frames",
        try RecipeControlTests.writeFrames(beside: folder.appending(path: "a.json5")).path,
        "--http", "127.0.0.1:0",
      ] + options)
    #expect(waits(until: { daemon.error.contains("page: ") }), "\(daemon.error)")
    let text = try #require(daemon.error.firstMatch(of: /page: http:\/\/127\.0\.0\.1:(\d+)\//))
    try body(daemon, try #require(UInt16(text.1)))
  }

  private func read<Value: Decodable>(_ path: String, _ port: UInt16) throws -> Value {
    try JSONFile.decode(
      Value.self, from: Data(page(path, port: port).body.utf8), place: path)
  }

  @Test("who may records what happens; the recording is listed, looked at and sorted again")
  func recorded() throws {
    try withTemporaryFolder { folder in
      let (token, kept) = (folder.appending(path: "token"), folder.appending(path: "kept"))
      #expect(try run("miraged", ["token", token.path]).status == 0)
      let audit = folder.appending(path: "audit.jsonl")
      let options = [
        "--recordings", kept.path, "--recording-before", "30", "--recording-after", "1",
        "--token-file", token.path, "--audit", audit.path,
      ]
      try withLine(folder, options) { daemon, port in
        #expect(
          waits(until: {
            daemon.output.split(separator: "\n").count { $0.contains("\"decision\"") } > 5
          }))
        let body = #"{"who": "Eva", "why": "odd pieces"}"#
        let refused = change("/api/recording", body, token: "x", port: port)
        #expect(refused.status == 401, "\(refused)")
        let secret = try String(contentsOf: token, encoding: .utf8)
          .trimmingCharacters(in: .newlines)
        let taken = change("/api/recording", body, token: secret, port: port)
        #expect(taken.status == 202, "\(taken)")
        func board() throws -> Board { try read("/api/recordings", port) }
        func asked() throws -> EventDocument.Summary? {
          try board().recordings.first { $0.reasons.contains { $0.kind == .asked } }
        }
        #expect(try waits(until: { try asked() != nil }))
        let first = try #require(try asked())
        #expect(first.frames > 1 && first.pieces > 0, "\(first)")
        #expect(page("/api/recordings/\(first.name)/event.json", port: port).status == 200)
        let picture = try #require(first.picture)
        #expect(page("/api/recordings/\(first.name)/\(picture)", port: port).status == 200)
        #expect(page("/api/recordings/\(first.name)/..%2ftoken", port: port).status == 404)
        #expect(page("/recordings", port: port).body.contains("Record now"))
        #expect(
          page("/metrics", port: port).body.contains("mirage_recordings_total{outcome=\"written\"}")
        )
        #expect(page("/api/shadow", port: port).status == 404)
        daemon.send(SIGTERM)
        #expect(daemon.finish().status == 130)
        #expect(try String(contentsOf: audit, encoding: .utf8).contains("\"recording\""))
        let frames = kept.appending(path: first.name).path
        let replayed = try run(
          "miraged",
          [
            "replay", "--frames", frames, "--before", folder.appending(path: "a.json5").path,
            "--after", folder.appending(path: "b.json5").path,
          ])
        #expect(replayed.status == 0, "\(replayed.error)")
        #expect(replayed.output.contains("more are blown out"), "\(replayed.output)")
        let again = try run(
          "miraged", ["run", "--bundle", folder.appending(path: "bundle").path, "--frames", frames])
        #expect(again.status == 0, "\(again.error)")
      }
    }
  }

  @Test("a second opinion is shown with its disagreements, and changes no line of the output")
  func shadow() throws {
    try withTemporaryFolder { folder in
      let other = folder.appending(path: "b.json5").path
      try withLine(folder, ["--shadow", other]) { daemon, port in
        func opinion() throws -> Opinion { try read("/api/shadow", port) }
        // Before the bundles are open nothing is judged, and the page says so.
        #expect(waits(until: { page("/api/shadow", port: port).status == 200 }))
        #expect(try waits(until: { try opinion().disagreed > 0 }), "\(daemon.error)")
        let seen = try opinion()
        #expect(seen.agreed == 0)
        #expect(seen.disagreements.allSatisfy { $0.shadow.isEjected && !$0.live.isEjected })
        #expect(
          try waits(until: {
            try opinion().disagreements.contains {
              page("/api/shadow/\($0.piece).jpg", port: port).status == 200
            }
          }))
        #expect(page("/shadow", port: port).body.contains("Second opinion"))
        daemon.send(SIGTERM)
        #expect(daemon.finish().status == 130)
      }
      func lines(_ options: [String]) throws -> String {
        let result = try run(
          "miraged",
          [
            "run", "--bundle", folder.appending(path: "bundle").path, "--simulate", "--seconds",
            "3", "--speed", "300", "--seed", "9",
          ] + options)
        #expect(result.status == 0, "\(result.error)")
        return result.output
      }
      let alone = try lines([])
      #expect(alone.contains("\"decision\""))
      #expect(try lines(["--shadow", other]) == alone)
    }
  }

  @Test(
    "a wrong command line is answered with what to do",
    arguments: [
      (["--recordings", "x"], "--recordings: found without real time", 2),
      (["--rate", "5", "--recordings", "/proc/x"], "no folder for recordings can be made", 1),
      (["--rate", "5", "--recording-before", "0"], "--recording-before", 2),
      (["--shadow", "missing"], "missing", 1),
    ] as [([String], String, Int32)])
  func wrong(_ arguments: [String], _ text: String, _ status: Int32) throws {
    try withTemporaryFolder { folder in
      let bundle = folder.appending(path: "bundle")
      try MiragedTests.writeBundle(to: bundle)
      let result = try run("miraged", ["run", "--bundle", bundle.path, "--simulate"] + arguments)
      #expect(result.status == status)
      #expect(result.error.contains(text), "\(result.error)")
    }
  }
}
