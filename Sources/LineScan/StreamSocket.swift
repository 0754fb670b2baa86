import Diagnostics
import Foundation
import Units

/// One connection over TCP or a Unix socket.
final class StreamSocket: Sendable {
  private let name: String
  private let descriptor: Int32

  fileprivate init(name: String, descriptor: Int32) {
    self.name = name
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Connects within `patience`.
  static func connect(to address: LineAddress, within patience: Duration) throws -> StreamSocket {
    let socket = try withSocketAddress(address, isPassive: false) { descriptor, target, length in
      let flags = fcntl(descriptor, F_GETFL)
      _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
      if Foundation.connect(descriptor, target, length) != 0 {
        guard errno == EINPROGRESS || errno == EAGAIN else { return errno }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, Int32(patience.seconds * 1000)) == 1 else { return ETIMEDOUT }
        var problem: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
        guard problem == 0 else { return problem }
      }
      _ = fcntl(descriptor, F_SETFL, flags)
      return 0
    }
    // A dead computer at the other end is noticed even where nothing is ever sent to it.
    setOption(socket, SOL_SOCKET, SO_KEEPALIVE, 1)
    setOption(socket, SOL_SOCKET, SO_RCVBUF, 8 << 20)
    return StreamSocket(name: address.description, descriptor: socket)
  }

  /// What came, at most `limit` bytes; empty at the end, nil where nothing came within `patience`.
  func read(atMost limit: Int, within patience: Duration) throws(Complaint) -> [UInt8]? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let ready = poll(&waiting, 1, Int32(patience.seconds * 1000))
    guard ready > 0 else { return nil }
    var problem: Int32 = 0
    let descriptor = descriptor
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      let found = recv(descriptor, buffer.baseAddress, limit, 0)
      problem = found < 0 ? errno : 0
      count = max(0, found)
    }
    if problem == EINTR || problem == EAGAIN { return nil }
    guard problem == 0 else { throw Complaint(name, String(cString: strerror(problem))) }
    return bytes
  }

  /// Sends all `bytes`, waiting where the other end is slow; gives up where `isStopped` says so.
  func write(_ bytes: [UInt8], unless isStopped: () -> Bool = { false }) throws(Complaint) {
    var sent = 0
    while sent < bytes.count {
      guard !isStopped() else { throw Complaint(name, "stopped while lines were sent") }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard poll(&waiting, 1, 100) > 0 else { continue }
      let count = bytes.withUnsafeBytes { buffer in
        send(
          descriptor, buffer.baseAddress.map { $0 + sent }, buffer.count - sent,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count >= 0 {
        sent += count
      } else if errno != EINTR, errno != EAGAIN {
        throw Complaint(name, "the receiver is gone: \(String(cString: strerror(errno)))")
      }
    }
  }
}

/// Waits for connections.
final class StreamListener: Sendable {
  /// As it can be connected to: with the port that was found where 0 was asked for.
  let address: LineAddress
  private let descriptor: Int32

  init(_ wanted: LineAddress) throws {
    if case .unix(let path) = wanted { try Self.removeStaleSocket(path) }
    descriptor = try withSocketAddress(wanted, isPassive: true) { descriptor, target, length in
      setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
      guard bind(descriptor, target, length) == 0, listen(descriptor, 4) == 0 else { return errno }
      return 0
    }
    guard case .tcp(let host, 0) = wanted else {
      address = wanted
      return
    }
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let descriptor = descriptor
    withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = getsockname(descriptor, $0, &length)
      }
    }
    // Both address families hold the port in bytes 2 and 3, high byte first.
    let port = withUnsafeBytes(of: &storage) { UInt16($0[2]) << 8 | UInt16($0[3]) }
    address = .tcp(host: host, port: port)
  }

  deinit {
    close(descriptor)
    if case .unix(let path) = address { unlink(path) }
  }

  /// The next connection; nil where none came within `patience`.
  func accept(within patience: Duration) -> StreamSocket? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, Int32(patience.seconds * 1000)) > 0 else { return nil }
    let found = Foundation.accept(descriptor, nil, nil)
    guard found >= 0 else { return nil }
    return StreamSocket(name: address.description, descriptor: found)
  }

  /// A socket's file outlives its program; one that nobody answers at is in the way.
  private static func removeStaleSocket(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
    do {
      _ = try StreamSocket.connect(to: .unix(path: path), within: .seconds(1))
    } catch {
      unlink(path)
      return
    }
    throw Complaint("unix:\(path)", "another program answers there", remedy: "end it first")
  }
}

private func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
  var value = value
  // An option that the system refuses costs speed, no correctness.
  _ = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
}

/// Makes a socket for `address` and hands it to `use`, which gives 0 or the system's error.
private func withSocketAddress(
  _ address: LineAddress, isPassive: Bool,
  _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
) throws -> Int32 {
  func attempt(_ family: Int32, _ target: UnsafePointer<sockaddr>, _ length: socklen_t) throws
    -> Int32
  {
    let descriptor = socket(
      family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      throw Complaint("\(address)", String(cString: strerror(errno)))
    }
    let problem = use(descriptor, target, length)
    guard problem == 0 else {
      close(descriptor)
      throw Complaint(
        "\(address)",
        "\(isPassive ? "cannot listen" : "cannot connect"): \(String(cString: strerror(problem)))",
        remedy: isPassive
          ? "choose another address" : "check that the sender runs and listens at this address")
    }
    return descriptor
  }
  switch address {
  case .unix(let path):
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
    return try withUnsafePointer(to: &name) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try attempt(AF_UNIX, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  case .tcp(let host, let port):
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = isPassive ? AI_PASSIVE : 0
    var list: UnsafeMutablePointer<addrinfo>?
    let problem = getaddrinfo(host, "\(port)", &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard problem == 0, let first = list, let target = first.pointee.ai_addr else {
      throw Complaint(
        "\(address)", "no such host: \(String(cString: gai_strerror(problem)))",
        remedy: "check the spelling, or write the number of the address")
    }
    return try attempt(first.pointee.ai_family, target, first.pointee.ai_addrlen)
  }
}
