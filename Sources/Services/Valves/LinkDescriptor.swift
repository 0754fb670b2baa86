import Diagnostics
import Foundation
import Units

/// An open socket or serial port, closed when nobody holds it any more.
final class LinkDescriptor: Sendable {
  private let name: String
  private let number: Int32

  private init(name: String, number: Int32) {
    self.name = name
    self.number = number
  }

  deinit { close(number) }

  /// A socket that sends to `host` alone and hears nobody else.
  static func datagrams(to host: String, port: UInt16, name: String) throws -> LinkDescriptor {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let problem = getaddrinfo(host, "\(port)", &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard problem == 0, let first = list, let target = first.pointee.ai_addr else {
      throw Complaint(
        name, "no such host: \(String(cString: gai_strerror(problem)))",
        remedy: "check the spelling, or write the number of the address")
    }
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let number = socket(first.pointee.ai_family, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard number >= 0 else { throw Complaint(name, Self.reason(errno)) }
    let link = LinkDescriptor(name: name, number: number)
    guard connect(number, target, first.pointee.ai_addrlen) == 0 else {
      throw Complaint(
        name, "cannot be reached: \(Self.reason(errno))",
        remedy: "check this machine's own network settings")
    }
    return link
  }

  /// A socket that sends to another program of this machine; `@` begins an abstract name.
  static func localDatagrams(to path: String) throws -> LinkDescriptor {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    guard bytes.count > 1, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw Complaint(path, "is no path of a socket: 2 to 107 bytes are wanted")
    }
    if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    // An abstract name ends with its length, not with a zero byte.
    let length = MemoryLayout<sa_family_t>.size + bytes.count + (bytes[0] == 0 ? 0 : 1)
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let number = socket(AF_UNIX, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard number >= 0 else { throw Complaint(path, Self.reason(errno)) }
    let link = LinkDescriptor(name: path, number: number)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(number, $0, socklen_t(length))
      }
    }
    guard status == 0 else { throw Complaint(path, "nobody listens: \(Self.reason(errno))") }
    return link
  }

  /// A serial port that hands bytes on as they are.
  static func serial(_ path: String, baud: Int, name: String) throws -> LinkDescriptor {
    let number = Foundation.open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard number >= 0 else {
      throw Complaint(
        name, "cannot be opened: \(Self.reason(errno))",
        remedy: "check the cable and the name; ports are opened by members of the group dialout")
    }
    let link = LinkDescriptor(name: name, number: number)
    var settings = termios()
    guard tcgetattr(number, &settings) == 0 else {
      throw Complaint(name, "is no serial port", remedy: "check the name")
    }
    cfmakeraw(&settings)
    settings.c_cflag |= tcflag_t(CLOCAL | CREAD)
    guard let speed = Self.speeds[baud], cfsetspeed(&settings, speed) == 0,
      tcsetattr(number, TCSANOW, &settings) == 0
    else { throw Complaint(name, "cannot be set to \(baud) baud: \(Self.reason(errno))") }
    tcflush(number, TCIOFLUSH)
    return link
  }

  private static let speeds: [Int: speed_t] = [
    57_600: speed_t(B57600), 115_200: speed_t(B115200), 230_400: speed_t(B230400),
    460_800: speed_t(B460800), 921_600: speed_t(B921600), 1_000_000: speed_t(B1000000),
    2_000_000: speed_t(B2000000),
  ]

  /// Writes all of `bytes` at once or as much as there is room for, without waiting.
  func write(_ bytes: [UInt8]) throws(Complaint) {
    let written = bytes.withUnsafeBytes { Foundation.write(number, $0.baseAddress, $0.count) }
    guard written < 0, errno != EAGAIN, errno != EINTR else { return }
    throw Complaint(name, "cannot be written: \(Self.reason(errno))")
  }

  /// What came, at most `limit` bytes; nil where nothing came within `patience`.
  func read(atMost limit: Int, within patience: Duration) throws(Complaint) -> [UInt8]? {
    var waiting = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, Int32(patience.seconds * 1000)) > 0 else { return nil }
    var problem: Int32 = 0
    let number = number
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      let found = Foundation.read(number, buffer.baseAddress, limit)
      problem = found < 0 ? errno : 0
      count = max(0, found)
    }
    if problem == EINTR || problem == EAGAIN { return nil }
    guard problem == 0 else {
      throw Complaint(name, "cannot be read: \(Self.reason(problem))")
    }
    // A pulled plug reads as the end of a file.
    guard !bytes.isEmpty || waiting.revents & Int16(POLLHUP) == 0 else {
      throw Complaint(name, "is gone")
    }
    return bytes
  }

  private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}
