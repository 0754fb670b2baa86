import Diagnostics
import Foundation

/// A port of the kernel's virtual USB host controller, with a camera plugged in.
///
/// Source: *USB/IP protocol*, Linux kernel documentation; the controller is `vhci_hcd`.
public struct VirtualPort: ~Copyable {
  /// Where the kernel lists the controller.
  public static let controller = URL(filePath: "/sys/devices/platform/vhci_hcd.0")
  /// Bus 1, device 2, as a USB/IP server would number it.
  private static let device = 65_538
  /// High speed, 480 Mbit/s.
  private static let speed = 3

  /// The socket that the kernel's requests come from.
  public let socket: Int32

  /// Plugs a camera into the port `number`.
  ///
  /// - Throws: a `Complaint` where the controller is not there or the port stays taken.
  public init(_ number: Int) throws {
    let file = Self.controller.appending(path: "attach")
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw Complaint(
        Self.controller.path, "there is no virtual USB host controller",
        remedy: "load the kernel's module with 'modprobe vhci-hcd', as root")
    }
    let (ours, theirs) = try Self.pair()
    defer { close(theirs) }
    let words = [number, Int(theirs), Self.device, Self.speed].map(String.init)
    // A port that was unplugged just now is still being cleared.
    for attempt in 1... {
      do {
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: Data(words.joined(separator: " ").utf8))
        break
      } catch {
        guard attempt < 250 else {
          close(ours)
          throw Complaint(
            file.path, "port \(number) takes no camera: \(error.localizedDescription)",
            remedy: "give a free port with --port, see \(Self.controller.path)/status")
        }
        usleep(20_000)
      }
    }
    socket = ours
  }

  deinit { close(socket) }

  /// Reads the next request; nil where the host has closed the port.
  ///
  /// - Throws: a `Complaint` where the bytes are no request, or the socket fails.
  public borrowing func readRequest() throws -> USBIPRequest? {
    try Self.readRequest(from: socket)
  }

  /// Sends `bytes`; false where the host has closed the port.
  public borrowing func send(_ bytes: [UInt8]) throws -> Bool {
    try Self.send(bytes, to: socket)
  }

  static func pair() throws -> (ours: Int32, theirs: Int32) {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
      throw failure("no pair of sockets could be had")
    }
    return (ends[0], ends[1])
  }

  static func readRequest(from socket: Int32) throws -> USBIPRequest? {
    guard let header = try read(USBIPRequest.headerLength, from: socket) else { return nil }
    let (request, following) = try USBIPRequest.read(header: header)
    guard following > 0 else { return request }
    guard let rest = try read(following, from: socket) else { return nil }
    return try request.with(following: rest)
  }

  static func send(_ bytes: [UInt8], to socket: Int32) throws -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let sent = Glibc.send(socket, rest, rest.count, Int32(MSG_NOSIGNAL))
      if sent == rest.count { return true }
      if sent > 0 { rest.removeFirst(sent) }
      if sent < 0, errno == EPIPE || errno == ECONNRESET { return false }
      if sent < 0, errno != EINTR { throw failure("the host's socket takes nothing") }
    }
    return true
  }

  /// Exactly `count` bytes; nil where the stream ended before them.
  private static func read(_ count: Int, from socket: Int32) throws -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var part = [UInt8](repeating: 0, count: count - bytes.count)
      let received = recv(socket, &part, part.count, Int32(MSG_WAITALL))
      if received == 0 || (received < 0 && errno == ECONNRESET) { return nil }
      if received < 0, errno != EINTR { throw failure("the host's socket gives nothing") }
      if received > 0 { bytes += part[..<received] }
    }
    return bytes
  }

  private static func failure(_ what: String) -> Complaint {
    Complaint("USB/IP", "\(what): \(String(cString: strerror(errno)))")
  }
}
