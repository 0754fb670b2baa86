import CMicroHTTPD
import Diagnostics
import Foundation
import Synchronization

/// What is asked for.
public struct HTTPRequest: Sendable, Equatable {
  /// As in `/metrics`, without what stands behind a question mark.
  public let path: String
  /// Whether something is to be changed; else it is only read.
  public var isChange = false
  /// What came with a change, JSON by its own word.
  public var body: [UInt8] = []
  /// The header of that name.
  public var authorization: String?
}

/// What is given.
public struct HTTPResponse: Sendable, Equatable {
  public var status = 200
  public var type: String
  public var body: [UInt8]
  /// What a browser may do with the page; pages without scripts may do nothing.
  public var policy = "default-src 'none'"
  /// Headers besides those that all answers have.
  public var headers: [String: String] = [:]

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

/// Pages for programs and people on this machine: to read, and where it was asked for to change,
/// bounded in every way.
///
/// Served on a thread of libmicrohttpd's. It listens on this machine's own address and nowhere
/// else, and answers only to names of this machine, so that no page of another site can read along.
/// Changes come by POST, as JSON, from programs and from our own page, never from another site's.
public final class HTTPServer: Sendable {
  /// How much is taken upon oneself.
  public struct Limits: Sendable {
    public var connections = 256
    /// Requests that are answered within one second; more are sent away.
    public var requestsPerSecond = 4000
    public var idleSeconds = 15
    /// For the header of a request.
    public var headerBytes = 16 << 10
    /// For what comes with a change.
    public var bodyBytes = 4 << 10
    /// Changes that are looked at within one second.
    public var changesPerSecond = 5

    public init() {}
  }

  /// Where it is served, as `127.0.0.1:8080`.
  public let address: HTTPAddress
  private let daemon: Mutex<OpaquePointer?>
  private let answers: HTTPAnswers

  /// Starts to serve; `answer` is called on the server's thread.
  ///
  /// - Parameter changes: the paths that take changes; all others are only read.
  public init(
    _ wanted: HTTPAddress, limits: Limits = Limits(), changes: Set<String> = [],
    answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
  ) throws(Complaint) {
    answers = HTTPAnswers(answer, limits, changes: changes)
    let bounds = mirage_http_limits(
      connections: UInt32(limits.connections), idle_seconds: UInt32(limits.idleSeconds),
      connection_bytes: limits.headerBytes)
    // The server holds the answers as long as it does, and its thread ends in `close`.
    let context = Unmanaged.passUnretained(answers).toOpaque()
    guard
      let started = mirage_http_start(
        wanted.isVersion6 ? 1 : 0, wanted.port, bounds,
        { context, connection, path, method, _, upload, size, state in
          guard let context, let connection, let path, let method, let size, let state else {
            return mirage_http_no
          }
          return Unmanaged<HTTPAnswers>.fromOpaque(context).takeUnretainedValue()
            .answer(
              connection, String(cString: path), String(cString: method), (upload, size), state)
        },
        { context, _, state, _ in
          if let context, let state { HTTPAnswers.forget(state, of: context) }
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
