import Diagnostics
import Foundation

/// Takes connections and never says a word.
public final class SilentListener {
  public let port: UInt16
  private let descriptor: Int32

  /// Listens at any port that is free.
  public init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
    guard status == 0, listen(descriptor, 8) == 0 else {
      throw Complaint("port", "cannot be listened at")
    }
  }

  deinit { close(descriptor) }
}
