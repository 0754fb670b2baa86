import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Sorting
import TestSupport
import Testing

/// A running `miraged` whose recipe is changed from outside.
@Suite("miraged's changes", .serialized, .timeLimit(.minutes(20)))
struct RecipeControlTests {
  private struct Board: Decodable {
    struct Latest: Decodable {
      let number: Int
      let progress: String
      let problem: String?
    }
    let inForce: String?
    let latest: Latest?
  }

  private struct Line {
    let daemon: RunningProgram
    let port: UInt16
    let token: String
    let folder: URL

    var tokenFile: String { folder.appending(path: "line.token").path }
    var log: String { folder.appending(path: "audit.jsonl").path }

    func board() throws -> Board {
      let answer = page("/api/recipes", port: port)
      return try JSONFile.decode(Board.self, from: Data(answer.body.utf8), place: "board")
    }

    /// Asks for a change and gives how it ended.
    func change(_ path: String, _ body: String) throws -> Board.Latest {
      let answer = TestSupport.change(path, body, token: token, port: port)
      try #require(answer.status == 202, "\(answer)")
      #expect(try RecipeControlTests.waits { try board().latest?.progress != "preparing" })
      return try #require(try board().latest)
    }

    var decisions: [PieceDecision] {
      get throws {
        try daemon.output.split(separator: "\n").dropLast().compactMap { line in
          let event = try JSONFile.decode(SortEvent.self, from: Data(line.utf8), place: "line")
          return if case .decision(let decision) = event { decision } else { nil }
        }
      }
    }

    /// Waits until pieces are decided by a recipe.
    func sorts(by name: String) throws -> Bool {
      try RecipeControlTests.waits { try decisions.last?.recipe == name }
    }
  }

  static func waits(until isSo: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(90)
    while ContinuousClock.now < end {
      if try isSo() { return true }
      Thread.sleep(forTimeInterval: 0.05)
    }
    return false
  }

  /// An hour of small pictures, five a second, of a belt that comes around every 200 of them.
  static func writeFrames(beside recipes: URL) throws -> URL {
    struct List: Encodable {
      struct Frame: Encodable {
        let file: String
        let seconds: Double
        let beltMillimeters: Double
      }
      let frames: [Frame]
    }
    let folder = recipes.deletingLastPathComponent().appending(path: "frames")
    let belt = SeededBelt(seed: 3, lengthMillimeters: 4000)
    for number in 0..<200 {
      let picture = belt.picture(at: Double(20 * number))
      try AtomicFile.write(
        PictureFile.encodePNG(picture), to: folder.appending(path: "\(number).png"))
    }
    let frames = (0..<18_000).map { number in
      List.Frame(
        file: "\(number % 200).png", seconds: Double(number) / 5,
        beltMillimeters: Double(20 * number))
    }
    try AtomicFile.write(
      JSONFile.encode(List(frames: frames)), to: folder.appending(path: "frames.json"))
    let calibration = RigCalibration(
      rig: "test", date: "2026-01-01", color: SeededBelt.camera,
      cube: .init(scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0),
      beltWidthMillimeters: Double(SeededBelt.width), valveBarMillimeters: 150,
      registrationErrorMillimeters: 0.3)
    try calibration.write(to: folder.appending(path: "calibration.json"))
    return folder
  }

  private func withLine(_ body: (Line) throws -> Void) throws {
    let recipes = [
      "copper": "{name: 'Copper out', bundle: '../student', eject: ['copper']}",
      "all": "{name: 'All out', bundle: '../other', eject: ['copper', 'brass', 'aluminium']}",
    ]
    try RecipeCommandTests.withRecipes(recipes) { place in
      let folder = place.deletingLastPathComponent()
      try MiragedTests.writeBundle(to: folder.appending(path: "other"))
      let token = folder.appending(path: "line.token")
      #expect(try run("miraged", ["token", token.path]).status == 0)
      let daemon = try RunningProgram(
        "miraged",
        [
          "run", "--recipes", place.path, "--recipe", "Copper out", "--frames",
          try Self.writeFrames(beside: place).path, "--pace", "real", "--http", "127.0.0.1:0",
          "--token-file", token.path, "--audit", folder.appending(path: "audit.jsonl").path,
        ])
      #expect(Self.waits(until: { daemon.error.contains("page: ") }))
      let text = try #require(daemon.error.firstMatch(of: /page: http:\/\/127\.0\.0\.1:(\d+)\//))
      let line = Line(
        daemon: daemon, port: try #require(UInt16(text.1)),
        token: try String(contentsOf: token, encoding: .utf8).trimmingCharacters(in: .newlines),
        folder: folder)
      try body(line)
    }
  }

  @Test("a recipe is changed while it sorts and taken back; frames and pieces all have their end")
  func changed() throws {
    try withLine { line in
      #expect(try line.sorts(by: "Copper out"))
      let done = try line.change(
        "/api/recipe", #"{"recipe": "All out", "who": "Eva", "why": "lot 7"}"#)
      #expect(done.progress == "done", "\(done)")
      #expect(try line.sorts(by: "All out"))
      #expect(
        try line.change("/api/recipe/revert", #"{"who": "Eva", "why": "wrong lot"}"#).progress
          == "done")
      #expect(try line.sorts(by: "Copper out"))
      line.daemon.send(SIGTERM)
      let result = line.daemon.finish()
      #expect(result.status == 130, "\(result.error)")
      #expect(
        result.error.contains("frames ") && result.error.contains("recipe: All out, change 1"))
      var decided: Set<Int> = []
      for decision in try line.decisions {
        #expect(decided.insert(decision.piece).inserted)
        if decision.recipe == "All out", !decision.isLate { #expect(decision.action == .eject) }
      }
      let verified = try run("miraged", ["audit", "verify", line.log])
      #expect(verified.status == 0 && verified.output.contains(": 6 lines, whole"))
    }
  }

  @Test("a corrupt bundle and a nonsense recipe are refused with their reasons, and it sorts on")
  func refused() throws {
    try withLine { line in
      #expect(try line.sorts(by: "Copper out"))
      let weights = line.folder.appending(path: "other/weights.safetensors")
      var bytes = try Data(contentsOf: weights)
      bytes[bytes.count - 5] ^= 1
      try bytes.write(to: weights)
      let wish = #"{"recipe": "All out", "who": "Eva", "why": "lot 7"}"#
      let status = try line.change("/api/recipe", wish)
      #expect(status.progress == "refused")
      #expect(status.problem?.contains("weights.safetensors was altered") == true)
      let file = line.folder.appending(path: "recipes/all.json5")
      try Data("{bundle: '../student', ejct: []}".utf8).write(to: file)
      // What the folder holds is looked at once a second.
      #expect(
        try Self.waits {
          let answer = TestSupport.change(
            "/api/recipe", #"{"recipe": "all", "who": "Eva", "why": "lot 7"}"#, token: line.token,
            port: line.port)
          return answer.status == 409 && answer.body.contains("'ejct' is no setting")
        })
      let before = try line.decisions.count
      #expect(try Self.waits { try line.decisions.count > before })
      #expect(try line.decisions.allSatisfy { $0.recipe == "Copper out" })
      #expect(try line.board().inForce == "Copper out")
    }
  }

  @Test("a kill at any moment leaves a log that is whole, and the next start goes on with it")
  func killed() throws {
    try withLine { line in
      #expect(try line.sorts(by: "Copper out"))
      _ = TestSupport.change(
        "/api/recipe", #"{"recipe": "All out", "who": "Eva", "why": "lot 7"}"#, token: line.token,
        port: line.port)
      line.daemon.send(SIGKILL)
      _ = line.daemon.finish()
      let file = URL(filePath: line.log)
      #expect(try run("miraged", ["audit", "verify", line.log]).status == 0)
      // A line that the disk did not get whole.
      let handle = try FileHandle(forWritingTo: file)
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"at\":\"2026".utf8))
      try handle.close()
      #expect(try run("miraged", ["audit", "verify", line.log]).status == 3)
      let again = try run(
        "miraged",
        [
          "run", "--bundle", line.folder.appending(path: "student").path, "--simulate", "--seconds",
          "0.5", "--speed", "600", "--audit", line.log,
        ])
      #expect(again.error.contains("11 bytes at its end were no whole line"), "\(again.error)")
      #expect(try run("miraged", ["audit", "verify", line.log]).status == 0)
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains("\"event\":\"healed\"") && text.contains("\"event\":\"stop\""))
    }
  }

  @Test("an operator presses the buttons in a browser: confirm, wrong token, right token, back")
  func browser() throws {
    struct Seen: Decodable {
      let before: String
      let after: String
      let changes: [String]
      let missing: String
      let wrongToken: String
      let result: String
      let back: String
      let local: Int
      let cookies: String
    }
    try withLine { line in
      #expect(try line.sorts(by: "Copper out"))
      let pressed = try run(
        packageRoot.appending(path: "Tools/operator-page/press.py").path,
        [
          "127.0.0.1:\(line.port)", "--recipe", "All out", "--token-file", line.tokenFile, "--back",
          "--seconds", "90",
        ])
      guard pressed.status != 4 else {
        print("skipped: no browser: \(pressed.error)")
        return
      }
      try #require(pressed.status == 0, "\(pressed.error)")
      let seen = try JSONFile.decode(Seen.self, from: Data(pressed.output.utf8), place: "press.py")
      #expect(seen.before == "Copper out" && seen.after == "All out")
      #expect(seen.changes.first == "blown out: copper → aluminium, brass, copper")
      #expect(seen.missing.contains("who you are") && seen.wrongToken.contains("not the token"))
      #expect(seen.result == "✓ “All out”, by Eva: trial of the page")
      #expect(seen.back == "✓ “Copper out”, by Eva: back again")
      #expect(seen.local == 0 && seen.cookies.isEmpty)
    }
  }

  @Test("every path of the OpenAPI document answers as it says, to right and to wrong requests")
  func documented() throws {
    try withLine { line in
      #expect(try line.sorts(by: "Copper out"))
      let checked = try run(
        packageRoot.appending(path: "Tools/openapi/check.py").path,
        ["127.0.0.1:\(line.port)", "--token-file", line.tokenFile])
      guard checked.status != 4 else {
        print("skipped: schemathesis cannot be had: \(checked.error)")
        return
      }
      #expect(checked.status == 0, "\(checked.output)")
      #expect(line.daemon.isRunning)
    }
  }
}
