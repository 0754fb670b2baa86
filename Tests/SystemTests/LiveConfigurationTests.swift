import Diagnostics
import Foundation
import TestSupport
import Testing

/// A running `miraged` whose configuration is changed, and which is started again.
@Suite("miraged's configuration while it sorts", .serialized, .timeLimit(.minutes(20)))
struct LiveConfigurationTests {
  private struct Card: Decodable {
    let file: String?
    let settings: [String: String]
  }

  private struct Plant {
    let folder: URL
    var config: String { path("line.json5") }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func write(_ name: String, _ more: String) throws {
      let text = """
        {
          bundle: 'student', frames: 'frames', pace: 'real', http: '127.0.0.1:0',
          tokenFile: 'line.token', audit: 'audit.jsonl', recipes: 'recipes', state: 'line.state',
          \(more)
        }
        """
      try AtomicFile.write(text, to: folder.appending(path: name))
    }

    /// Starts it and waits until it sorts.
    func start(_ more: [String] = []) throws -> (daemon: RunningProgram, port: UInt16) {
      let daemon = try RunningProgram("miraged", ["run", "--config", config] + more)
      #expect(RecipeControlTests.waits { daemon.error.contains("page: ") || !daemon.isRunning })
      let text = try #require(
        daemon.error.firstMatch(of: /page: http:\/\/127\.0\.0\.1:(\d+)\//), "\(daemon.error)")
      let port = try #require(UInt16(text.1))
      #expect(RecipeControlTests.waits { page("/ready", port: port).status == 200 })
      return (daemon, port)
    }

    func ask(_ command: [String], _ port: UInt16) throws -> (
      status: Int32, output: String, error: String
    ) {
      let result = try run("miraged", command + ["--daemon", "127.0.0.1:\(port)"])
      return (result.status, result.output, result.error)
    }

    func card(_ port: UInt16) throws -> Card {
      try JSONFile.decode(
        Card.self, from: Data(page("/api/configuration", port: port).body.utf8), place: "card")
    }
  }

  private func withPlant(_ body: (Plant) throws -> Void) throws {
    let recipes = ["brass": "{name: 'Brass out', bundle: '../student', eject: ['brass']}"]
    try RecipeCommandTests.withRecipes(recipes) { place in
      _ = try RecipeControlTests.writeFrames(beside: place)
      let plant = Plant(folder: place.deletingLastPathComponent())
      #expect(try run("miraged", ["token", plant.path("line.token")]).status == 0)
      try plant.write("line.json5", "eject: ['copper'], valveLatency: 12,")
      try body(plant)
    }
  }

  @Test("all of it is taken up or nothing, with the words of what needs a restart; and taken back")
  func applied() throws {
    try withPlant { plant in
      let (daemon, port) = try plant.start()
      try plant.write("faster.json5", "eject: ['copper', 'brass'], valveLatency: 9,")
      let diff = try plant.ask(["diff", plant.path("faster.json5")], port)
      #expect(diff.status == 0, "\(diff)")
      #expect(diff.output.contains("eject: copper → copper,brass  (while it sorts)"))
      #expect(diff.output.contains("valveLatency: 12.0 ms → 9.0 ms  (while it sorts)"))
      let done = try plant.ask(["apply", plant.path("faster.json5"), "--why", "new valves"], port)
      #expect(done.status == 0 && done.output.contains("done, change 1"), "\(done)")
      #expect(try plant.card(port).file == "faster.json5")
      // A camera, ports and the like stay as they are, and so does all that stands beside them.
      try plant.write("other.json5", "eject: [], valveLatency: 5, speed: 100, nozzles: 8,")
      let refused = try plant.ask(["apply", plant.path("other.json5"), "--why", "try"], port)
      #expect(refused.status == 1, "\(refused)")
      #expect(
        refused.error.contains("needs a restart: speed: not given → 100.0 mm/s; nozzles: not"))
      try plant.write("wrong.json5", "eject: ['gold'], valveLatency: 5,")
      let wrong = try plant.ask(["apply", plant.path("wrong.json5"), "--why", "try"], port)
      #expect(wrong.status == 1 && wrong.error.contains("class 'gold'"), "\(wrong)")
      try plant.write("mad.json5", "eject: [], valveLatncy: 5,")
      let text = try Data(contentsOf: plant.folder.appending(path: "mad.json5"))
      try AtomicFile.write(text.dropLast(3), to: plant.folder.appending(path: "torn.json5"))
      for name in ["mad.json5", "torn.json5"] {
        #expect(try plant.ask(["apply", plant.path(name), "--why", "try"], port).status == 1)
      }
      #expect(try plant.card(port).settings["valveLatency"] == "9.0")
      let back = try plant.ask(["revert", plant.config, "--why", "too fast"], port)
      #expect(back.status == 0, "\(back)")
      #expect(back.output.contains("valveLatency: 9.0 ms → 12.0 ms"), "\(back)")
      #expect(try plant.card(port).file == "line.json5")
      daemon.send(SIGTERM)
      #expect(daemon.finish().status == 130)
      let verified = try run("miraged", ["audit", "verify", plant.path("audit.jsonl")])
      #expect(verified.status == 0, "\(verified.output)")
    }
  }

  @Test("what was changed holds after a kill, until it is left aside or the file is written anew")
  func kept() throws {
    try withPlant { plant in
      // So many kills in so short a time would call for safe mode.
      let usual = ["--safe-mode", "never"]
      var (daemon, port) = try plant.start(usual)
      try plant.write("faster.json5", "eject: ['copper'], valveLatency: 9,")
      let done = try plant.ask(["apply", plant.path("faster.json5"), "--why", "new valves"], port)
      #expect(done.status == 0, "\(done)")
      let token = try String(contentsOfFile: plant.path("line.token"), encoding: .utf8)
      let wish = #"{"recipe": "Brass out", "who": "Eva", "why": "lot 7"}"#
      let answer = TestSupport.change(
        "/api/recipe", wish, token: token.trimmingCharacters(in: .newlines), port: port)
      #expect(answer.status == 202)
      #expect(
        try RecipeControlTests.waits { try plant.card(port).settings["recipe"] == "Brass out" })
      // The file that was applied may be gone or another by then.
      try plant.write("faster.json5", "speed: 7,")
      daemon.send(SIGKILL)
      _ = daemon.finish()
      (daemon, port) = try plant.start(usual)
      #expect(daemon.error.contains("as chosen last: configuration: faster.json5, recipe: Brass"))
      #expect(try plant.card(port).settings["valveLatency"] == "9.0")
      #expect(try plant.card(port).settings["recipe"] == "Brass out")
      daemon.send(SIGKILL)
      _ = daemon.finish()
      (daemon, port) = try plant.start(usual + ["--as-written"])
      #expect(try plant.card(port).settings["valveLatency"] == "12.0")
      daemon.send(SIGKILL)
      _ = daemon.finish()
      try plant.write("line.json5", "eject: ['copper'], valveLatency: 14,")
      (daemon, port) = try plant.start(usual)
      #expect(daemon.error.contains("the configuration was written anew since; it holds"))
      #expect(try plant.card(port).settings["valveLatency"] == "14.0")
      daemon.send(SIGTERM)
      _ = daemon.finish()
      try AtomicFile.write("{", to: plant.folder.appending(path: "line.state"))
      let broken = try run("miraged", ["run", "--config", plant.config] + usual)
      #expect(broken.status == 1 && broken.error.contains("take the file away"), "\(broken.error)")
    }
  }

  @Test(
    "after three starts that came to nothing it starts by what was good, or says why it does not")
  func safeMode() throws {
    try withPlant { plant in
      var (daemon, port) = try plant.start()
      daemon.send(SIGTERM)
      #expect(daemon.finish().status == 130)
      (daemon, port) = try plant.start()
      try plant.write("faster.json5", "eject: ['copper'], valveLatency: 9,")
      let done = try plant.ask(["apply", plant.path("faster.json5"), "--why", "new valves"], port)
      #expect(done.status == 0, "\(done)")
      for start in 0..<3 {
        if start > 0 { (daemon, port) = try plant.start() }
        #expect(try plant.card(port).settings["valveLatency"] == "9.0")
        daemon.send(SIGKILL)
        _ = daemon.finish()
      }
      (daemon, port) = try plant.start()
      #expect(
        daemon.error.contains("safe mode: 3 starts in ten minutes came to nothing; it starts"))
      #expect(try plant.card(port).settings["valveLatency"] == "12.0")
      daemon.send(SIGKILL)
      _ = daemon.finish()
      (daemon, port) = try plant.start(["--safe-mode", "never"])
      #expect(try plant.card(port).settings["valveLatency"] == "9.0")
      daemon.send(SIGKILL)
      _ = daemon.finish()
      try FileManager.default.removeItem(atPath: plant.path("line.state"))
      let held = try RunningProgram(
        "miraged", ["run", "--config", plant.config, "--safe-mode", "always"])
      #expect(RecipeControlTests.waits { held.error.contains("page: ") })
      let text = try #require(held.error.firstMatch(of: /page: http:\/\/127\.0\.0\.1:(\d+)\//))
      port = try #require(UInt16(text.1))
      #expect(RecipeControlTests.waits { page("/fit", port: port).body.contains("safe-mode: ") })
      #expect(page("/ready", port: port).status == 503)
      #expect(page("/api/state", port: port).body.contains("\"word\":\"SAFE MODE\""))
      held.send(SIGTERM)
      #expect(held.finish().status == 130)
    }
  }
}
