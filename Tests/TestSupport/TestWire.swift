import Diagnostics
import Foundation

/// A plain connection to a port of this machine, for what no decent client would send.
public final class TestWire {
  private let descriptor: Int32

  /// Connects to a port of this machine.
  public init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Complaint("port \(port)", "cannot be reached") }
  }

  deinit { close(descriptor) }

  /// Sends what can be sent; an end that hung up is no error here.
  public func send(_ bytes: [UInt8]) {
    _ = bytes.withUnsafeBytes {
      Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// What comes next; empty where nothing does, or the connection has ended.
  public func read(within patience: Duration) -> [UInt8] {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, Int32(patience / .milliseconds(1))) > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
      count = max(0, recv(descriptor, buffer.baseAddress, 65536, 0))
    }
  }

  /// Everything up to the end of the connection.
  public func readToEnd() -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let news = read(within: .seconds(20))
      if news.isEmpty { return bytes }
      bytes += news
    }
  }
}

/// The body of a page of this machine, and its status; 0 where nobody answers.
public func page(_ path: String, port: UInt16) -> (status: Int, body: String) {
  // That nobody answers is the answer.
  guard let wire = try? TestWire(port: port) else { return (0, "") }
  wire.send(Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
  let text = String(decoding: wire.readToEnd(), as: UTF8.self)
  let parts = text.components(separatedBy: "\r\n\r\n")
  let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  return (status ?? 0, parts.dropFirst().joined(separator: "\r\n\r\n"))
}

/// What a page of this machine answers to a change, JSON with a token, and its status.
public func change(
  _ path: String, _ body: String, token: String, port: UInt16
) -> (status: Int, body: String) {
  // That nobody answers is the answer.
  guard let wire = try? TestWire(port: port) else { return (0, "") }
  let header = """
    POST \(path) HTTP/1.1\r
    Host: localhost\r
    Authorization: Bearer \(token)\r
    Content-Type: application/json\r
    Content-Length: \(body.utf8.count)\r
    Connection: close\r
    \r

    """
  wire.send(Array((header + body).utf8))
  let text = String(decoding: wire.readToEnd(), as: UTF8.self)
  let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  return (status ?? 0, text.components(separatedBy: "\r\n\r\n").dropFirst().joined())
}
