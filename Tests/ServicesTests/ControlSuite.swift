import Diagnostics
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Services

/// A line whose recipe can be changed, as the desk sees it.
private final class PlayedRecipes: Sendable {
  struct Books: Sendable {
    var inForce = RecipeCard(name: "copper", note: "", bundle: "metals", ejected: ["copper"])
    var former: RecipeCard?
    var isStuck = false
    var made: [String] = []
    var folder: String? = "/etc/mirage"
  }
  let books = Mutex(Books())
  let released = DispatchSemaphore(value: 0)

  let cards: [RecipeCard] = {
    let copper = RecipeCard(name: "copper", note: "", bundle: "metals", ejected: ["copper"])
    var brass = RecipeCard(name: "brass", note: "lot 7", bundle: "alloys", ejected: ["brass"])
    brass.thresholds = ["brass": 0.8]
    var broken = RecipeCard(name: "broken", note: "", bundle: "", ejected: [])
    broken.problem = "broken.json5:1:2: 'bundel' is no setting"
    let refused = RecipeCard(name: "refused", note: "", bundle: "metals", ejected: [])
    return [copper, brass, broken, refused]
  }()

  var line: ControlDesk.Line {
    ControlDesk.Line(
      recipes: { self.cards }, standing: { self.books.withLock { ($0.inForce, $0.former) } },
      configuration: {
        var card = ConfigurationCard(settings: ["eject": "copper"], live: ["eject"])
        (card.file, card.folder) = ("line.json5", self.books.withLock { $0.folder })
        return card
      },
      change: { wanted in
        if self.books.withLock({ $0.isStuck }) { self.released.wait() }
        if case .configuration(let name) = wanted { return ["configurationDigest": name] }
        guard wanted != .recipe("refused") else { throw Complaint("bundle", "was altered") }
        return try self.books.withLock { books in
          let named = self.cards.first { wanted == .recipe($0.name) }
          let next = try #require(named ?? books.former)
          (books.former, books.inForce) = (books.inForce, next)
          books.made.append(next.name)
          return ["bundleDigest": "abc"]
        }
      })
  }
}

@Suite("Changes over HTTP", .serialized, .timeLimit(.minutes(20)))
struct ControlSuite {
  static let secret = "0123456789abcdef0123456789ABCDEF"

  private struct Served {
    let port: UInt16
    let desk: ControlDesk
    let line: PlayedRecipes
    let log: URL

    func post(_ path: String, _ body: String, _ token: String = secret) -> (
      status: Int, body: String
    ) {
      // At most five a second are looked at; the tests ask more often.
      var answer = change(path, body, token: token, port: port)
      let end = ContinuousClock.now + .seconds(60)
      while answer.body == "too many requests\n", ContinuousClock.now < end {
        Thread.sleep(forTimeInterval: 0.2)
        answer = change(path, body, token: token, port: port)
      }
      return answer
    }

    func board() throws -> RecipeBoard {
      try JSONFile.decode(
        RecipeBoard.self, from: Data(page("/api/recipes", port: port).body.utf8), place: "board")
    }

    /// The last change, once it is done or refused.
    func settled() throws -> ChangeStatus {
      let end = ContinuousClock.now + .seconds(60)
      while try board().latest?.progress == .preparing, ContinuousClock.now < end {
        Thread.sleep(forTimeInterval: 0.01)
      }
      return try #require(try board().latest)
    }
  }

  private func withDesk(
    token: String? = secret, begins: Bool = true, _ body: (Served) throws -> Void
  ) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "audit.jsonl")
      let desk = ControlDesk(
        token: try token.map { try AccessToken($0, place: "t") }, audit: try AuditLog(file))
      let line = PlayedRecipes()
      if begins { desk.begin(line.line) }
      let pages = LinePages(LineWatch(), desk: desk)
      let server = try HTTPServer(HTTPAddress("127.0.0.1:0"), changes: pages.changes) {
        pages.answer($0)
      }
      defer {
        line.released.signal()
        desk.close()
        server.close()
      }
      try body(Served(port: server.address.port, desk: desk, line: line, log: file))
    }
  }

  private func events(_ served: Served) throws -> [AuditEntry.Event] {
    #expect(try AuditChain.verify(served.log).problem == nil)
    return try #require(served.desk.audit).recent.entries.map(\.event)
  }

  @Test("a recipe is changed and taken back, with who and why in the log before it is made")
  func changed() throws {
    try withDesk { served throws in
      var board = try served.board()
      #expect(board.inForce == "copper" && board.closed == nil && board.former == nil)
      #expect(board.recipes[0].isInForce && board.recipes[0].changes.isEmpty)
      #expect(
        board.recipes[1].changes == [
          "blown out: copper → brass", "bundle: metals → alloys",
          "threshold of brass: as the bundle says → 0.8",
        ])
      let answer = served.post("/api/recipe", #"{"recipe":"brass","who":"Eva","why":"lot 7"}"#)
      #expect(answer.status == 202, "\(answer)")
      #expect(try served.settled().progress == .done)
      board = try served.board()
      #expect(board.inForce == "brass" && board.former?.card.name == "copper")
      #expect(board.former?.changes.first == "blown out: brass → copper")
      #expect(
        served.post("/api/recipe/revert", #"{"who":"Adam","why":"wrong lot"}"#).status == 202)
      #expect(try served.settled().isRevert)
      #expect(try served.board().inForce == "copper")
      #expect(served.line.books.withLock { $0.made } == ["brass", "copper"])
      #expect(try events(served) == [.change, .done, .revert, .done])
      let entries = try #require(served.desk.audit).recent.entries
      #expect(entries[0].who == "Eva" && entries[0].why == "lot 7")
      #expect(entries[0].facts == ["from": "copper", "to": "brass", "order": "1"])
      #expect(entries[1].facts["bundleDigest"] == "abc")
      let excerpt = page("/api/audit", port: served.port)
      #expect(excerpt.status == 200 && excerpt.body.contains("\"why\":\"wrong lot\""))
    }
  }

  @Test("what cannot be done is refused with its reason, and nothing is changed")
  func refused() throws {
    try withDesk { served throws in
      let wish = #""who":"Eva","why":"lot 7"}"#
      for (path, body, status, words) in [
        ("/api/recipe", "{\"recipe\":\"gone\"," + wish, 404, "there is no recipe 'gone'"),
        ("/api/recipe", "{\"recipe\":\"broken\"," + wish, 409, "'bundel' is no setting"),
        ("/api/recipe", "{" + wish, 400, "the key 'recipe' is missing"),
        ("/api/recipe", "no json", 400, "not valid JSON"),
        ("/api/recipe/revert", "{" + wish, 409, "nothing to go back to"),
      ] {
        let answer = served.post(path, body)
        #expect(answer.status == status && answer.body.contains(words), "\(answer)")
      }
      #expect(try events(served).isEmpty)
      #expect(served.post("/api/recipe", "{\"recipe\":\"refused\"," + wish).status == 202)
      let status = try served.settled()
      #expect(status.progress == .refused && status.problem == "bundle: was altered")
      #expect(try served.board().inForce == "copper")
      #expect(try events(served) == [.change, .refusal])
    }
  }

  @Test("a configuration is applied by the name of its file, and told of; without one it is not")
  func configuration() throws {
    try withDesk { served throws in
      let card = try JSONFile.decode(
        ConfigurationCard.self, from: Data(page("/api/configuration", port: served.port).body.utf8),
        place: "card")
      #expect(card.file == "line.json5" && card.settings == ["eject": "copper"])
      let wish = #"{"configuration":"b.json5","who":"Eva","why":"new valves"}"#
      #expect(served.post("/api/configuration/apply", wish).status == 202)
      let status = try served.settled()
      #expect(status.progress == .done && status.configuration == "b.json5" && !status.isRevert)
      #expect(try events(served) == [.change, .done])
      let entry = try #require(served.desk.audit?.recent.entries.first)
      #expect(entry.facts == ["from": "copper", "configuration": "b.json5", "order": "1"])
      #expect(served.post("/api/recipe", wish).status == 400)
      served.line.books.withLock { $0.folder = nil }
      let refused = served.post("/api/configuration/apply", wish)
      #expect(refused.status == 409 && refused.body.contains("--config"))
    }
  }

  @Test("one change at a time, and none once the daemon ends")
  func oneAtATime() throws {
    try withDesk { served throws in
      served.line.books.withLock { $0.isStuck = true }
      let wish = #"{"recipe":"brass","who":"Eva","why":"lot 7"}"#
      #expect(served.post("/api/recipe", wish).status == 202)
      let second = served.post("/api/recipe", wish)
      #expect(second.status == 409 && second.body.contains("another change is under way"))
      served.line.books.withLock { $0.isStuck = false }
      served.line.released.signal()
      #expect(try served.settled().progress == .done)
      served.desk.close()
      #expect(served.post("/api/recipe", wish).status == 503)
    }
  }

  @Test("without the token nothing is changed; wrong ones are written down, five in a minute")
  func tokens() throws {
    try withDesk { served throws in
      let wish = #"{"recipe":"brass","who":"Eva","why":"lot 7"}"#
      for attempt in 0..<8 {
        let answer = served.post("/api/recipe", wish, "wrong\(attempt)")
        #expect(answer.status == (attempt < 5 ? 401 : 429), "\(answer)")
      }
      #expect(try events(served) == [AuditEntry.Event](repeating: .wrongToken, count: 5))
      #expect(served.line.books.withLock { $0.made }.isEmpty)
      #expect(served.post("/api/recipe", wish).status == 202)
    }
    try withDesk(token: nil) { served throws in
      let answer = served.post("/api/recipe", "{}")
      #expect(answer.status == 503 && answer.body.contains("--token-file"))
      #expect(try served.board().closed?.contains("--token-file") == true)
    }
    try withDesk(begins: false) { served throws in
      #expect(try served.board().closed?.contains("still starts") == true)
      #expect(
        served.post("/api/recipe", #"{"recipe":"a","who":"b","why":"c"}"#).status == 503)
    }
  }

  @Test("a change is a POST of JSON, from no other site, of a bounded length")
  func shapes() throws {
    try withDesk { served throws in
      func ask(_ header: [String], _ body: String = "{}", path: String = "/api/recipe") throws
        -> Int
      {
        let wire = try TestWire(port: served.port)
        let lines = ["POST \(path) HTTP/1.1", "Host: localhost", "Connection: close"] + header
        wire.send(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
        let text = String(decoding: wire.readToEnd(), as: UTF8.self)
        Thread.sleep(forTimeInterval: 0.25)  // At most five a second are looked at.
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      }
      let json = ["Content-Type: application/json", "Content-Length: 2"]
      #expect(try ask(json) == 401)
      #expect(try ask(["Content-Length: 2"]) == 415)
      #expect(try ask(["Content-Type: text/plain", "Content-Length: 2"]) == 415)
      #expect(try ask(json + ["Origin: http://evil.example"]) == 403)
      #expect(try ask(json + ["Sec-Fetch-Site: cross-site"]) == 403)
      #expect(try ask(json + ["Origin: http://localhost"]) == 401)
      #expect(try ask(["Content-Type: application/json", "Content-Length: 999999999"]) == 413)
      let long = String(repeating: " ", count: 5000)
      #expect(try ask(["Content-Type: application/json", "Content-Length: 5000"], long) == 413)
      let chunk = "1388\r\n\(long)\r\n0\r\n\r\n"
      let chunked = ["Content-Type: application/json", "Transfer-Encoding: chunked"]
      #expect([0, 413].contains(try ask(chunked, chunk)))
      #expect(try ask(chunked, "2\r\n{}\r\n0\r\n\r\n") == 401)
      #expect(try ask(json, path: "/api/state") == 405)
      for (header, status) in [("Content-Length: 2", 200), ("Content-Length: 5000", 413)] {
        let wire = try TestWire(port: served.port)
        wire.send(
          Array("GET /live HTTP/1.1\r\nHost: localhost\r\n\(header)\r\nConnection: close".utf8))
        wire.send(Array("\r\n\r\n{}".utf8))
        let text = String(decoding: wire.readToEnd(), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(text)")
      }
      for path in ["/api/recipe", "/api/recipe/revert", "/api/configuration/apply"] {
        #expect(page(path, port: served.port).status == 405)
      }
      // Uploads that break off leave nothing behind.
      for _ in 0..<50 {
        let wire = try TestWire(port: served.port)
        wire.send(Array("POST /api/recipe HTTP/1.1\r\nHost: localhost\r\nContent-Type: ".utf8))
        wire.send(Array("application/json\r\nContent-Length: 100\r\n\r\n{\"who\":".utf8))
      }
      let end = ContinuousClock.now + .seconds(60)
      while openConnections(at: served.port) > 0, ContinuousClock.now < end {
        Thread.sleep(forTimeInterval: 0.05)
      }
      #expect(openConnections(at: served.port) == 0)
      #expect(page("/live", port: served.port).status == 200)
    }
  }

  @Test("more changes in a second than are looked at are sent away, and readers are not")
  func rate() throws {
    try withDesk { served throws in
      let statuses = (0..<30).map { _ in
        change("/api/recipe", "{}", token: "x", port: served.port).body
      }
      #expect(statuses.contains("too many requests\n"))
      #expect(page("/live", port: served.port).status == 200)
    }
  }
}
