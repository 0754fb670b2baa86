import Diagnostics
import Synchronization

/// A way to a box: whole messages there and back, none of them certain to arrive.
protocol ValveLink: Sendable {
  /// Sends one message without waiting; where there is no room it is lost.
  func send(_ message: [UInt8]) throws(Complaint)
  /// The messages that came within `patience`, at the latest after the first.
  func receive(within patience: Duration) throws(Complaint) -> [[UInt8]]
}

extension ValveAddress {
  /// Opens the way to the box; it need not be there.
  func open() throws -> any ValveLink {
    switch self {
    case .datagrams(let host, let port):
      DatagramLink(try LinkDescriptor.datagrams(to: host, port: port, name: "\(self)"))
    case .serial(let path, let baud):
      SerialLink(try LinkDescriptor.serial(path, baud: baud, name: "\(self)"))
    case .lines:
      throw Complaint("\(self)", "lines of a chip are no box that messages go to")
    }
  }
}

/// A message in each datagram.
final class DatagramLink: ValveLink {
  private let descriptor: LinkDescriptor

  init(_ descriptor: LinkDescriptor) { self.descriptor = descriptor }

  func send(_ message: [UInt8]) throws(Complaint) { try descriptor.write(message) }

  func receive(within patience: Duration) throws(Complaint) -> [[UInt8]] {
    // One byte more than the longest, so that a longer one is seen to be no message.
    guard let bytes = try descriptor.read(atMost: ValveMessage.longest + 1, within: patience)
    else { return [] }
    return [bytes]
  }
}

/// Messages stuffed into a stream of bytes.
final class SerialLink: ValveLink {
  private let descriptor: LinkDescriptor
  private let reader = Mutex(StuffedReader())

  init(_ descriptor: LinkDescriptor) { self.descriptor = descriptor }

  func send(_ message: [UInt8]) throws(Complaint) {
    // A zero byte before it ends what a broken write may have left on the line.
    try descriptor.write([0] + StuffedBytes.stuffed(message))
  }

  func receive(within patience: Duration) throws(Complaint) -> [[UInt8]] {
    guard let bytes = try descriptor.read(atMost: 512, within: patience) else { return [] }
    return reader.withLock { reader in
      reader.take(bytes)
      var messages: [[UInt8]] = []
      while let message = reader.next() { messages.append(message) }
      return messages
    }
  }
}
