import Diagnostics
import Foundation
import Sorting
import TestSupport
import Testing

@testable import Services

/// `miraged run --store` from outside: what is told on its page as stored is in the file.
@Suite("miraged run --store", .serialized, .timeLimit(.minutes(20)))
struct StoreRunTests {
  private func withBundle(_ body: (_ arguments: [String], _ folder: URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let bundle = folder.appending(path: "bundle")
      try MiragedTests.writeBundle(to: bundle)
      let arguments = [
        "run", "--bundle", bundle.path, "--simulate", "--rate", "4", "--speed", "150",
        "--eject", "copper,brass", "--store", folder.appending(path: "line.mirage").path,
      ]
      try body(arguments, folder)
    }
  }

  private func pieces(_ file: URL) throws -> [StoredPiece] {
    var found: [StoredPiece] = []
    try StoreReader(file).pieces(.init()) { found.append($0) }
    return found
  }

  @Test("each decision, blast and loss of the lines is in the store, with what was in force")
  func whole() throws {
    try withBundle { arguments, folder in
      let file = folder.appending(path: "line.mirage")
      let result = try run("miraged", arguments + ["--seconds", "6", "--lot", "4711 \"a\""])
      #expect(result.status == 0, "\(result.error)")
      let events = try result.output.split(separator: "\n").map { line in
        try JSONFile.decode(SortEvent.self, from: Data(line.utf8), place: "line")
      }
      var decisions: [PieceDecision] = []
      var (blasts, losses) = ([Int](), [Int]())
      for event in events {
        switch event {
        case .decision(let decision): decisions.append(decision)
        case .ejection(let ejection): blasts.append(ejection.piece)
        case .loss(let loss): losses.append(loss.piece)
        case .change: Issue.record("nobody changed the recipe")
        }
      }
      let stored = try pieces(file)
      #expect(decisions.count > 4)
      #expect(Set(stored.map(\.piece.piece)) == Set(decisions.map(\.piece)))
      #expect(stored.count == decisions.count)
      for piece in stored.map(\.piece) {
        let told = try #require(decisions.first { $0.piece == piece.piece })
        #expect(piece.class == told.class && piece.confidence == told.confidence)
        #expect(piece.probabilities == told.probabilities)
        #expect(piece.slackMilliseconds == told.slackMilliseconds)
        #expect(piece.isEjected == (told.action == .eject))
        #expect(abs(piece.decidedAt.seconds - told.decidedAt.seconds) < 1e-6)
      }
      let reader = try StoreReader(file)
      var found: [Int] = []
      try reader.blasts(.init()) { found.append($1.piece) }
      #expect(found.sorted() == blasts.sorted())
      found = []
      try reader.losses(.init()) { found.append($1.piece) }
      #expect(found.sorted() == losses.sorted())
      let setup = try #require(try reader.setups().first?.setup)
      #expect(setup.bundle == "untrained" && setup.lot == "4711 \"a\"")
      #expect(setup.bundleDigest.count == 64 && setup.settings["eject"] == "copper,brass")
      #expect(setup.classes.map(\.isEjected) == [true, true, false])
      #expect(try reader.runs().first?.endedAt != nil)
      let lot = ["report", "--store", file.path, "--lot", "4711 \"a\""]
      let told = try run("miraged", lot)
      #expect(told.output.contains("pieces \(decisions.count), of them"), "\(told.error)")
      let page = folder.appending(path: "lot.html")
      #expect(try run("miraged", lot + ["--out", page.path]).status == 0)
      #expect(try String(contentsOf: page, encoding: .utf8).contains("lot 4711 &quot;a&quot;"))
      #expect(result.error.contains("store: \(decisions.count) pieces stored, 0 records missed"))
    }
  }

  @Test("a daemon that is killed loses nothing that its page told as stored")
  func killed() throws {
    try withBundle { arguments, folder in
      let file = folder.appending(path: "line.mirage")
      var known = 0
      for _ in 0..<4 {
        let daemon = try RunningProgram(
          "miraged", arguments + ["--seconds", "3600", "--http", "127.0.0.1:0"])
        let end = ContinuousClock.now + .seconds(60)
        var (port, promised): (UInt16?, Int) = (nil, 0)
        while ContinuousClock.now < end, promised < 6 {
          Thread.sleep(forTimeInterval: 0.05)
          port =
            port ?? daemon.error.firstMatch(of: /page: http:.*:(\d+)\//).flatMap { UInt16($0.1) }
          guard let port else { continue }
          let figures = page("/metrics", port: port).body
          let match = figures.firstMatch(of: /\nmirage_store_pieces_total (\d+)/)
          promised = match.flatMap { Int($0.1) } ?? promised
        }
        #expect(promised >= 6, "\(daemon.error)")
        daemon.send(SIGKILL)
        _ = daemon.finish()
        let count = try pieces(file).count
        #expect(count >= known + promised)
        known = count
      }
      #expect(try StoreReader(file).runs().count == 4)
    }
  }

  @Test(
    "a wrong command line is answered with what to do",
    arguments: [
      (["--store", "x"], "--store: found without real time", 2),
      (["--rate", "5", "--lot", "x"], "--lot: found without --store", 2),
      (["--rate", "5", "--store", "Package.swift"], "Package.swift: is no store of Mirage", 1),
      (["--rate", "5", "--store", "/nowhere/x"], "/nowhere/x: its folder is not there", 1),
      (["--rate", "5", "--store", "x", "--store-days", "0"], "--store-days takes 1 to 3650", 2),
    ] as [([String], String, Int32)])
  func wrong(_ arguments: [String], _ text: String, _ status: Int32) throws {
    let result = try run("miraged", ["run", "--bundle", "x", "--simulate"] + arguments)
    #expect(result.status == status)
    #expect(result.error.contains(text), "\(result.error)")
  }
}
