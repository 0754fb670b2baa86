/// Messages on a serial line, where nothing but a zero byte tells where one ends.
///
/// Source: Cheshire and Baker, *Consistent Overhead Byte Stuffing*, IEEE/ACM Transactions on
/// Networking 7(2), 1999.
enum StuffedBytes {
  /// `message` without a zero byte, at most one byte in 254 longer, and a zero byte at its end.
  static func stuffed(_ message: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [0]
    bytes.reserveCapacity(message.count + message.count / 254 + 2)
    var mark = 0
    for byte in message {
      if byte != 0 { bytes.append(byte) }
      if byte == 0 || bytes.count - mark == 255 {
        bytes[mark] = UInt8(bytes.count - mark)
        mark = bytes.count
        bytes.append(0)
      }
    }
    bytes[mark] = UInt8(bytes.count - mark)
    bytes.append(0)
    return bytes
  }

  /// The message whose bytes up to its zero byte are `bytes`; nil where they are none.
  static func message(_ bytes: [UInt8]) -> [UInt8]? {
    var message: [UInt8] = []
    message.reserveCapacity(bytes.count)
    var place = 0
    while place < bytes.count {
      let end = place + Int(bytes[place])
      guard bytes[place] != 0, end <= bytes.count else { return nil }
      for byte in bytes[(place + 1)..<end] {
        guard byte != 0 else { return nil }
        message.append(byte)
      }
      if bytes[place] != 255, end < bytes.count { message.append(0) }
      place = end
    }
    return message
  }
}

/// Cuts what comes over a serial line into messages.
package struct StuffedReader {
  /// The longest piece between two zero bytes.
  static let limit = ValveMessage.longest + ValveMessage.longest / 254 + 1

  private var bytes: [UInt8] = []
  private var isTooLong = false
  private var messages: [[UInt8]] = []
  /// Pieces that were no message.
  package private(set) var damaged = 0

  package init() {}

  /// Takes in what came.
  package mutating func take(_ news: [UInt8]) {
    for byte in news {
      if byte != 0 {
        // What never ends is thrown away up to the next zero byte.
        if bytes.count < Self.limit { bytes.append(byte) } else { isTooLong = true }
        continue
      }
      if isTooLong {
        damaged += 1
      } else if !bytes.isEmpty {
        if let message = StuffedBytes.message(bytes) {
          messages.append(message)
        } else {
          damaged += 1
        }
      }
      bytes.removeAll(keepingCapacity: true)
      isTooLong = false
    }
  }

  /// The oldest whole message that has not been given out.
  package mutating func next() -> [UInt8]? { messages.isEmpty ? nil : messages.removeFirst() }
}
