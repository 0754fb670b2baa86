import Foundation
import TestSupport
import Testing

@testable import Services

/// Connections that whoever listens at a port of this machine still holds.
func openConnections(at port: UInt16) -> Int {
  let table = FileHandle(forReadingAtPath: "/proc/net/tcp")?.readDataToEndOfFile() ?? Data()
  let end = String(format: ":%04X", Int(port))
  return String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst().count { line in
    let fields = line.split(separator: " ")
    // Established, or left by the other side alone.
    return fields.count > 3 && fields[1].hasSuffix(end) && ["01", "08"].contains(fields[3])
  }
}

@Suite("Pages over HTTP", .serialized, .timeLimit(.minutes(20)))
struct HTTPServerSuite {
  /// What a server said, whole.
  private struct Answer {
    let status: Int
    let header: [String: String]
    let body: String

    /// The bytes of one HTTP/1.1 answer up to the end of its connection.
    init(_ bytes: [UInt8]) {
      let text = String(decoding: bytes, as: UTF8.self)
      let parts = text.components(separatedBy: "\r\n\r\n")
      let lines = parts[0].components(separatedBy: "\r\n")
      status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
      var header: [String: String] = [:]
      for line in lines.dropFirst() {
        let pair = line.split(separator: ":", maxSplits: 1)
        if pair.count == 2 {
          header[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces)
        }
      }
      self.header = header
      body = parts.dropFirst().joined(separator: "\r\n\r\n")
    }
  }

  private func withPages(
    _ limits: HTTPServer.Limits = HTTPServer.Limits(),
    _ body: (HTTPServer, ToldLine, LinePages) throws -> Void
  ) throws {
    let line = ToldLine()
    let pages = LinePages(line.watch)
    let server = try HTTPServer(HTTPAddress("127.0.0.1:0"), limits: limits) { pages.answer($0) }
    pages.count(server)
    defer { server.close() }
    try body(server, line, pages)
  }

  private func get(
    _ path: String, from server: HTTPServer, method: String = "GET", host: String = "localhost"
  ) throws -> Answer {
    try ask(
      server, "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
  }

  private func ask(_ server: HTTPServer, _ text: String) throws -> Answer {
    let wire = try TestWire(port: server.address.port)
    wire.send(Array(text.utf8))
    return Answer(wire.readToEnd())
  }

  @Test("health is told by status and in words: live, ready, fit")
  func health() throws {
    try withPages { server, line, _ in
      #expect(try get("/live", from: server).status == 200)
      #expect(try get("/ready", from: server).status == 503)
      var fit = try get("/fit", from: server)
      #expect(fit.status == 503)
      #expect(fit.body == "not fit to sort: The bundle is being opened and tried.\n")
      line.begin()
      line.set(ToldLine.readyValves)
      line.play(seconds: 3)
      #expect(try get("/ready", from: server).body == "ready: ContinuousExecution\n")
      fit = try get("/fit", from: server)
      #expect(fit.status == 200 && fit.body == "fit to sort\n")
      line.wait(seconds: 30)
      fit = try get("/fit", from: server)
      #expect(fit.status == 503)
      #expect(fit.body.contains("no-frames: no picture for 30 s\n  do: check the camera's cable"))
    }
  }

  @Test("the page, the state and the figures are served with their types and without a store")
  func pages() throws {
    try withPages { server, line, pages in
      line.begin()
      line.play(seconds: 3)
      let page = try get("/", from: server)
      #expect(page.status == 200)
      #expect(page.header["content-type"] == "text/html; charset=utf-8")
      #expect(page.header["cache-control"] == "no-store")
      #expect(page.header["content-security-policy"]?.contains("default-src 'none'") == true)
      // Outside its script the page keeps the strict rules of all our pages.
      let script = try #require(page.body.firstRange(of: OperatorPage.script))
      let scanned = try ScannedPage(page.body.replacingCharacters(in: script, with: ""))
      #expect(scanned.text.contains("Time left at decisions"))
      #expect(!page.body.contains("http://") && !page.body.contains("https://"))
      let state = try get("/api/state", from: server)
      #expect(state.header["content-type"] == "application/json")
      #expect(state.body.contains("\"state\":\"ContinuousExecution\""))
      let figures = try get("/metrics", from: server)
      #expect(figures.header["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      #expect(MetricsReader(figures.body).problems.isEmpty)
      #expect(try get("/api/view.jpg", from: server).status == 404)
      pages.show(.init(view: { [0xff, 0xd8] }, piece: { $0 == 7 ? [0xff] : nil }))
      #expect(try get("/api/view.jpg", from: server).header["content-type"] == "image/jpeg")
      #expect(try get("/api/pieces/7.jpg", from: server).status == 200)
      for path in ["/api/pieces/8.jpg", "/api/pieces/x.jpg", "/api/pieces/7", "/nothing", "/../x"] {
        #expect(try get(path, from: server).status == 404, "\(path)")
      }
    }
  }

  @Test("only reading is possible, and only under a name of this machine")
  func refusals() throws {
    try withPages { server, _, _ throws in
      for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        #expect(try get("/", from: server, method: method).status == 405)
      }
      let long = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\nx"
      #expect(try ask(server, long).status == 405)
      #expect(try get("/live", from: server, method: "HEAD").body.isEmpty)
      for host in ["evil.example", "evil.example:80", "10.0.0.1", "localhost.evil.example", ""] {
        #expect(try get("/live", from: server, host: host).status == 421, "\(host)")
      }
      for host in ["localhost:8080", "127.0.0.1", "[::1]:9", "[::1]"] {
        #expect(try get("/live", from: server, host: host).status == 200, "\(host)")
      }
      #expect(try ask(server, "GET /live HTTP/1.0\r\n\r\n").status == 421)
    }
  }

  @Test("thousands of bad requests change nothing: it answers, and holds no more")
  func badRequests() throws {
    try withPages { server, _, _ in
      var seeds = Data("GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
      seeds += Data("Cookie: \(String(repeating: "x", count: 600))\r\n\r\n".utf8)
      for copy in mutations(of: seeds, count: 2000, seed: 5) {
        let wire = try TestWire(port: server.address.port)
        wire.send(Array(copy))
      }
      let huge = "GET / HTTP/1.1\r\nX: \(String(repeating: "y", count: 200_000))\r\n\r\n"
      let status = try ask(server, huge).status
      #expect([0, 400, 413, 414, 431].contains(status), "\(status)")
      #expect(try get("/live", from: server).status == 200)
      let end = ContinuousClock.now + .seconds(30)
      while openConnections(at: server.address.port) > 0, ContinuousClock.now < end {
        Thread.sleep(forTimeInterval: 0.05)
      }
      #expect(openConnections(at: server.address.port) == 0)
    }
  }

  @Test("a connection that was cut off in the middle of a request is given up, not held")
  func cutOff() throws {
    var limits = HTTPServer.Limits()
    limits.idleSeconds = 600
    try withPages(limits) { server, _, _ in
      for text in ["GET /li", "\u{1}\u{2}\u{3}", "GET /live HTTP/1.1\r\nHost: local"] {
        for _ in 0..<20 {
          let wire = try TestWire(port: server.address.port)
          wire.send(Array(text.utf8))
        }
      }
      let end = ContinuousClock.now + .seconds(60)
      while openConnections(at: server.address.port) > 0, ContinuousClock.now < end {
        Thread.sleep(forTimeInterval: 0.05)
      }
      #expect(openConnections(at: server.address.port) == 0)
    }
  }

  @Test("connections and requests a second are bounded, and open again")
  func bounds() throws {
    var limits = HTTPServer.Limits()
    limits.connections = 4
    limits.requestsPerSecond = 20
    limits.idleSeconds = 1
    try withPages(limits) { server, _, _ in
      do {
        let held = try (0..<12).map { _ in try TestWire(port: server.address.port) }
        let line = Array("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        for wire in held { wire.send(line) }
        // Shorter than a connection may idle, after which the next one has its turn.
        Thread.sleep(forTimeInterval: 0.3)
        let answered = held.filter { !$0.read(within: .zero).isEmpty }
        #expect(!answered.isEmpty)
        #expect(answered.count <= 4)
      }
      let end = ContinuousClock.now + .seconds(30)
      var status = 0
      while status != 200, ContinuousClock.now < end {
        status = try get("/live", from: server).status
        Thread.sleep(forTimeInterval: 0.05)
      }
      #expect(status == 200)
      let statuses = try (0..<60).map { _ in try get("/live", from: server).status }
      #expect(statuses.contains(429))
      #expect(server.counts.refused > 0)
    }
  }

  @Test("two hundred viewers at once are all answered")
  func viewers() throws {
    try withPages { server, line, _ in
      line.begin()
      line.play(seconds: 20)
      let wires = try (0..<200).map { _ in try TestWire(port: server.address.port) }
      let request = "GET /api/state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
      for wire in wires { wire.send(Array(request.utf8)) }
      for wire in wires { #expect(Answer(wire.readToEnd()).status == 200) }
    }
  }

  @Test(
    "only addresses of this machine are served",
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1:8080"), ("localhost:1", "127.0.0.1:1"), ("[::1]:9", "[::1]:9"),
      ("0.0.0.0:8080", nil), ("192.168.1.2:80", nil), ("127.0.0.1", nil), ("127.0.0.1:99999", nil),
      (":8080", nil), ("", nil),
    ] as [(String, String?)])
  func address(_ text: String, _ wanted: String?) throws {
    if let wanted {
      #expect(try HTTPAddress(text).description == wanted)
    } else {
      #expect(complaint { _ = try HTTPAddress(text) }.contains("127.0.0.1:8080"))
    }
  }

  @Test("a port that someone has is told")
  func taken() throws {
    try withPages { server, _, _ in
      let text = complaint {
        _ = try HTTPServer(HTTPAddress("127.0.0.1:\(server.address.port)")) { _ in .text("") }
      }
      #expect(text.contains("cannot be served") && text.contains("--http"))
    }
  }
}
