import CMicroHTTPD
import Foundation
import Synchronization

/// What libmicrohttpd calls: takes requests in, part by part, and sends the answers.
final class HTTPAnswers: Sendable {
  private struct Counts {
    var second = 0
    var inSecond = 0
    var changes = 0
    var answered = 0
    var refused = 0
  }

  /// What comes with a change, while it comes; belongs to the server's thread.
  private final class Upload {
    var body: [UInt8] = []
    var isTooLong = false
  }

  typealias Part = (start: UnsafePointer<CChar>?, size: UnsafeMutablePointer<Int>)
  typealias State = UnsafeMutablePointer<UnsafeMutableRawPointer?>

  private let make: @Sendable (HTTPRequest) -> HTTPResponse
  private let limits: HTTPServer.Limits
  private let changes: Set<String>
  private let books = Mutex(Counts())

  init(
    _ make: @escaping @Sendable (HTTPRequest) -> HTTPResponse, _ limits: HTTPServer.Limits,
    changes: Set<String>
  ) {
    self.make = make
    self.limits = limits
    self.changes = changes
  }

  var counts: (answered: Int, refused: Int) { books.withLock { ($0.answered, $0.refused) } }

  /// Called several times for a request: once for its header, for each part of what comes with it,
  /// and for its end.
  func answer(
    _ connection: OpaquePointer, _ path: String, _ method: String, _ part: Part, _ state: State
  ) -> MHD_Result {
    if method == "POST", changes.contains(path) { return change(connection, path, part, state) }
    guard method == "GET" || method == "HEAD" else {
      let allowed = changes.contains(path) ? "POST" : "GET, HEAD"
      var refusal = HTTPResponse.text(
        allowed == "POST" ? "this is changed by POST\n" : "only reading is possible here\n",
        status: 405)
      refusal.headers["Allow"] = allowed
      return send(refusal, on: connection)
    }
    // The first call brings the header; what comes with it is passed over, up to its end.
    if state.pointee == nil {
      guard isShort(connection) else { return send(tooLong, on: connection) }
      state.pointee = Unmanaged.passUnretained(self).toOpaque()
      return mirage_http_yes
    }
    guard part.size.pointee == 0 else {
      part.size.pointee = 0
      return mirage_http_yes
    }
    guard isOwnName(connection) else { return send(Self.wrongName, on: connection) }
    guard isWithinRate(isChange: false) else { return send(Self.tooMany, on: connection) }
    return send(make(HTTPRequest(path: path)), on: connection)
  }

  /// Lets go of what was kept for a request that has ended, however it ended.
  static func forget(_ state: State, of context: UnsafeMutableRawPointer) {
    guard let kept = state.pointee, kept != context else { return }
    Unmanaged<Upload>.fromOpaque(kept).release()
    state.pointee = nil
  }

  private func change(
    _ connection: OpaquePointer, _ path: String, _ part: Part, _ state: State
  ) -> MHD_Result {
    guard let kept = state.pointee else {
      if let refusal = refusal(of: connection) { return send(refusal, on: connection) }
      state.pointee = Unmanaged.passRetained(Upload()).toOpaque()
      return mirage_http_yes
    }
    let upload = Unmanaged<Upload>.fromOpaque(kept).takeUnretainedValue()
    let count = part.size.pointee
    guard count > 0 else {
      guard !upload.isTooLong else { return send(tooLong, on: connection) }
      var request = HTTPRequest(path: path, isChange: true, body: upload.body)
      request.authorization = header("Authorization", of: connection)
      return send(make(request), on: connection)
    }
    part.size.pointee = 0
    guard upload.body.count + count <= limits.bodyBytes, !upload.isTooLong else {
      // A little more is swallowed, so that the answer is heard; who goes on is hung up on.
      upload.isTooLong = true
      return count < 16 * limits.bodyBytes ? mirage_http_yes : mirage_http_no
    }
    upload.body += UnsafeRawBufferPointer(start: part.start, count: count)
    return mirage_http_yes
  }

  /// Why a change is not looked at; nil where it is.
  private func refusal(of connection: OpaquePointer) -> HTTPResponse? {
    guard isOwnName(connection) else { return Self.wrongName }
    guard isWithinRate(isChange: true) else { return Self.tooMany }
    guard
      ChangeOrigin.isOurs(
        origin: header("Origin", of: connection), host: header("Host", of: connection),
        site: header("Sec-Fetch-Site", of: connection))
    else { return .text("changes are not taken from other sites' pages\n", status: 403) }
    guard ChangeOrigin.isJSON(header("Content-Type", of: connection)) else {
      return .text("Content-Type is to be application/json\n", status: 415)
    }
    let length = header("Content-Length", of: connection).flatMap { Int($0) } ?? 0
    return length > limits.bodyBytes ? tooLong : nil
  }

  /// Whether what comes with a request that only reads has an end that is near.
  private func isShort(_ connection: OpaquePointer) -> Bool {
    let length = header("Content-Length", of: connection).flatMap { Int($0) } ?? 0
    return length <= limits.bodyBytes && header("Transfer-Encoding", of: connection) == nil
  }

  private var tooLong: HTTPResponse {
    .text("at most \(limits.bodyBytes) bytes are read\n", status: 413)
  }

  private static let wrongName = HTTPResponse.text(
    "ask for this machine by the name localhost or its number\n", status: 421)

  private static let tooMany = HTTPResponse.text("too many requests\n", status: 429)

  private func header(_ name: String, of connection: OpaquePointer) -> String? {
    mirage_http_header(connection, name).map { String(cString: $0) }
  }

  /// Whether the browser thinks that it speaks with this machine: a site whose name was bent to our
  /// address is told apart by its name.
  private func isOwnName(_ connection: OpaquePointer) -> Bool {
    guard let name = header("Host", of: connection) else { return false }
    let end = name.hasSuffix("]") ? nil : name.lastIndex(of: ":")
    return ["localhost", "127.0.0.1", "[::1]"].contains(String(name[..<(end ?? name.endIndex)]))
  }

  private func isWithinRate(isChange: Bool) -> Bool {
    let second = Int(DispatchTime.now().uptimeNanoseconds / 1_000_000_000)
    return books.withLock { books in
      if books.second != second { (books.second, books.inSecond, books.changes) = (second, 0, 0) }
      books.inSecond += 1
      if isChange { books.changes += 1 }
      let isWithin =
        books.inSecond <= limits.requestsPerSecond
        && (!isChange || books.changes <= limits.changesPerSecond)
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
    ] + response.headers.sorted(by: { $0.key < $1.key }) {
      MHD_add_response_header(made, name, value)
    }
    return MHD_queue_response(connection, UInt32(response.status), made)
  }
}

/// Where a change may come from.
package enum ChangeOrigin {
  /// Whether it comes from a program or from our own page.
  ///
  /// A browser says where the page is from that asks, in headers that no page can forge; programs
  /// say nothing. Behind a web server with TLS our page has another name than we have, but the
  /// browser knows that it is the same site. Source: W3C, *Fetch Metadata Request Headers*.
  package static func isOurs(origin: String?, host: String?, site: String?) -> Bool {
    if let site { return site == "same-origin" }
    guard let origin else { return true }
    return host.map { origin == "http://\($0)" } ?? false
  }

  /// Whether a body says that it is JSON: what a form of another page cannot say.
  package static func isJSON(_ type: String?) -> Bool {
    let kind = type?.split(separator: ";").first.map { $0.lowercased() } ?? ""
    return kind.trimmingCharacters(in: .whitespaces) == "application/json"
  }
}
