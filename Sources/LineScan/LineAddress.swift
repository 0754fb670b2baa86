import Diagnostics

/// Where lines are spoken: `tcp://HOST:PORT` or `unix:PATH`.
public enum LineAddress: Sendable, Equatable, CustomStringConvertible {
  case tcp(host: String, port: UInt16)
  /// A socket in the file system.
  case unix(path: String)

  /// Reads `text`; refuses what is neither form.
  public init(_ text: String) throws(Complaint) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst(5))
      guard !path.isEmpty, path.utf8.count < 108 else {
        throw Complaint(text, "a path of 1 to 107 bytes was wanted behind 'unix:'")
      }
      self = .unix(path: path)
      return
    }
    let rest = text.dropFirst(6)
    guard text.hasPrefix("tcp://"), let colon = rest.lastIndex(of: ":"),
      let port = UInt16(rest[rest.index(after: colon)...]), colon > rest.startIndex
    else {
      throw Complaint(
        text, "no address of a line source",
        remedy: "write it as tcp://192.168.1.20:5577 or unix:/run/camera.socket")
    }
    var host = String(rest[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    self = .tcp(host: host, port: port)
  }

  public var description: String {
    switch self {
    case .tcp(let host, let port):
      host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
