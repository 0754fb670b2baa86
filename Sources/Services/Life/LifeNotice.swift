import Diagnostics

/// Tells whoever started the daemon how it is: ready, alive, what it does, about to end.
///
/// Source: systemd, `sd_notify(3)`: texts as datagrams to the socket that the environment names.
public final class LifeNotice: Sendable {
  private let descriptor: LinkDescriptor

  /// - Parameter socket: a path, or an abstract name behind `@`.
  public init(socket: String) throws {
    descriptor = try LinkDescriptor.localDatagrams(to: socket)
  }

  /// Sends a text such as `READY=1`; one that nobody takes is lost.
  public func send(_ text: String) {
    // There is nobody to complain to but him who does not listen.
    try? descriptor.write(Array(text.utf8))
  }
}
