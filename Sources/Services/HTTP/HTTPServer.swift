import CMicroHTTPD
import Diagnostics
import Foundation
import Synchronization

/// What is asked for.
public struct HTTPRequest: Sendable, Equatable {
  /// As in `/metrics`, without what stands behind a question mark.
  public let path: String
}

/// What is given.
public struct HTTPResponse: Sendable, Equatable {
  public var status = 200
  public var type: String
  public var body: [UInt8]
  /// What a browser may do with the page; pages without scripts may do nothing.
  public var policy = "default-src 'none'"

  public init(status: Int = 200, type: String, body: [UInt8]) {
    self.status = status
    self.type = type
    self.body = body
  }

  /// A short text.
  public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, type: "text/plain; charset=utf-8", body: Array(text.utf8))
  }

  /// JSON that is written already.
  public static func json(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, type: "application/json", body: Array(text.utf8))
  }

  static let notFound = text("there is no such page\n", status: 404)
}

/// Pages for programs and people on this machine: reading alone, bounded in every way.
///
/// Served on a thread of libmicrohttpd's. It listens on this machine's own address and nowhere
/// else, and answers only to names of this machine, so that no page of another site can read along.
public final class HTTPServer: Sendable {
  /// How much is taken upon oneself.
  public struct Limits: Sendable {
    public var connections = 256
    /// Requests that are answered within one second; more are sent away.
    public var requestsPerSecond = 4000
    public var idleSeconds = 15
    /// For the header of a request; there are no bodies.
    public var headerBytes = 16 << 10

    public init() {}
  }

  /// Where it is served, as `127.0.0.1:8080`.
  public let address: HTTPAddress
  private let daemon: Mutex<OpaquePointer?>
  private let answers: Answers

  /// Starts to serve; `answer` is called on the server's thread.
  public init(
    _ wanted: HTTPAddress, limits: Limits = Limits(),
    answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
  ) throws(Complaint) {
    answers = Answers(answer, requestsPerSecond: limits.requestsPerSecond)
    let bounds = mirage_http_limits(
      connections: UInt32(limits.connections), idle_seconds: UInt32(limits.idleSeconds),
      connection_bytes: limits.headerBytes)
    // The server holds the answers as long as it does, and its thread ends in `close`.
    let context = Unmanaged.passUnretained(answers).toOpaque()
    guard
      let started = mirage_http_start(
        wanted.isVersion6 ? 1 : 0, wanted.port, bounds,
        { context, connection, path, method, _, _, _, state in
          guard let context, let connection, let path, let method, let state else {
            return mirage_http_no
          }
          return Unmanaged<Answers>.fromOpaque(context).takeUnretainedValue()
            .answer(connection, path, method, state)
        }, context)
    else {
      throw Complaint(
        "\(wanted)", "cannot be served: \(String(cString: strerror(errno)))",
        remedy: "choose another port with --http; 'ss -ltnp' tells who has this one")
    }
    address = HTTPAddress(isVersion6: wanted.isVersion6, port: mirage_http_port(started))
    daemon = Mutex(started)
  }

  deinit { close() }

  /// Requests that were answered, and those that were sent away for their number.
  public var counts: (answered: Int, refused: Int) { answers.counts }

  /// Ends all connections and the thread.
  public func close() {
    let running = daemon.withLock { daemon in
      defer { daemon = nil }
      return daemon.map { UInt(bitPattern: $0) }
    }
    if let running { MHD_stop_daemon(OpaquePointer(bitPattern: running)) }
  }
}

/// What libmicrohttpd calls.
private final class Answers: Sendable {
  private struct Counts {
    var second = 0
    var inSecond = 0
    var answered = 0
    var refused = 0
  }

  private let make: @Sendable (HTTPRequest) -> HTTPResponse
  private let requestsPerSecond: Int
  private let books = Mutex(Counts())

  init(_ make: @escaping @Sendable (HTTPRequest) -> HTTPResponse, requestsPerSecond: Int) {
    self.make = make
    self.requestsPerSecond = requestsPerSecond
  }

  var counts: (answered: Int, refused: Int) { books.withLock { ($0.answered, $0.refused) } }

  func answer(
    _ connection: OpaquePointer, _ path: UnsafePointer<CChar>, _ method: UnsafePointer<CChar>,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) -> MHD_Result {
    let method = String(cString: method)
    guard method == "GET" || method == "HEAD" else {
      return send(.text("only reading is possible here\n", status: 405), on: connection)
    }
    // The first call brings the header, the next one the end of a body that there is not.
    if state.pointee == nil {
      state.pointee = Unmanaged.passUnretained(self).toOpaque()
      return mirage_http_yes
    }
    guard isOwnName(connection) else {
      return send(
        .text("ask for this machine by the name localhost or its number\n", status: 421),
        on: connection)
    }
    guard isWithinRate() else {
      return send(.text("too many requests\n", status: 429), on: connection)
    }
    return send(make(HTTPRequest(path: String(cString: path))), on: connection)
  }

  /// Whether the browser thinks that it speaks with this machine: a site whose name was bent to our
  /// address is told apart by its name.
  private func isOwnName(_ connection: OpaquePointer) -> Bool {
    guard let host = mirage_http_header(connection, "Host") else {
      return false
    }
    let name = String(cString: host)
    let end = name.hasSuffix("]") ? nil : name.lastIndex(of: ":")
    return ["localhost", "127.0.0.1", "[::1]"].contains(String(name[..<(end ?? name.endIndex)]))
  }

  private func isWithinRate() -> Bool {
    let second = Int(DispatchTime.now().uptimeNanoseconds / 1_000_000_000)
    return books.withLock { books in
      if books.second != second { (books.second, books.inSecond) = (second, 0) }
      books.inSecond += 1
      let isWithin = books.inSecond <= requestsPerSecond
      if isWithin { books.answered += 1 } else { books.refused += 1 }
      return isWithin
    }
  }

  private func send(_ response: HTTPResponse, on connection: OpaquePointer) -> MHD_Result {
    let made = response.body.withUnsafeBytes { mirage_http_response($0.baseAddress, $0.count) }
    guard let made else { return mirage_http_no }
    defer { MHD_destroy_response(made) }
    for (name, value) in [
      ("Content-Type", response.type), ("Cache-Control", "no-store"),
      ("Content-Security-Policy", response.policy), ("X-Content-Type-Options", "nosniff"),
      ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin"),
      ("X-Frame-Options", "DENY"),
    ] {
      MHD_add_response_header(made, name, value)
    }
    if response.status == 405 { MHD_add_response_header(made, "Allow", "GET, HEAD") }
    return MHD_queue_response(connection, UInt32(response.status), made)
  }
}

/// A port of this machine's own: `127.0.0.1:PORT`, `localhost:PORT` or `[::1]:PORT`.
public struct HTTPAddress: Sendable, Equatable, CustomStringConvertible {
  let isVersion6: Bool
  public let port: UInt16

  init(isVersion6: Bool, port: UInt16) {
    self.isVersion6 = isVersion6
    self.port = port
  }

  /// Reads `text`; refuses addresses that others could reach.
  public init(_ text: String) throws(Complaint) {
    let colon = text.lastIndex(of: ":")
    let host = colon.map { String(text[..<$0]) } ?? text
    guard ["127.0.0.1", "localhost", "[::1]"].contains(host) else {
      throw Complaint(
        text, "is no address of this machine alone",
        remedy: "give 127.0.0.1:8080; for other machines put a web server with TLS and passwords, "
          + "such as Caddy or nginx, before it")
    }
    guard let colon, let port = UInt16(text[text.index(after: colon)...]) else {
      throw Complaint(text, "names no port", remedy: "write it as 127.0.0.1:8080")
    }
    self.init(isVersion6: host == "[::1]", port: port)
  }

  public var description: String { (isVersion6 ? "[::1]" : "127.0.0.1") + ":\(port)" }
}
