import Diagnostics

/// A transfer that the kernel's USB host asks of the camera.
///
/// Source: *USB/IP protocol*, Linux kernel documentation, `USBIP_CMD_SUBMIT`.
public struct USBTransfer: Equatable, Sendable {
  /// The kernel's number of this transfer, by which it is answered.
  public var sequence: UInt32
  /// Which endpoint of the camera, 0 for control.
  public var endpoint: Int
  /// Whether bytes go from the camera to the host.
  public var isInput: Bool
  /// The most bytes that the answer may have, in bytes.
  public var length: Int
  /// The room of each packet in bytes; empty unless isochronous.
  public var packetLengths: [Int] = []
  /// The eight bytes of a control request.
  public var setup: [UInt8] = []
  /// What the host sends along.
  public var output: [UInt8] = []
}

/// One message of the kernel's USB/IP client.
public enum USBIPRequest: Equatable, Sendable {
  case submit(USBTransfer)
  /// Take back the transfer `target`.
  case unlink(sequence: UInt32, target: UInt32)

  /// How long the part of fixed length is, in bytes.
  public static let headerLength = 48
  /// The longest transfer that is taken, in bytes.
  public static let lengthLimit = 1 << 20
  /// The most packets of one isochronous transfer.
  public static let packetLimit = 1024

  /// Reads a header and tells how many bytes follow it.
  ///
  /// - Throws: a `Complaint` where the header is none, or asks for more than the limits.
  public static func read(header: [UInt8]) throws(Complaint) -> (USBIPRequest, following: Int) {
    guard header.count == headerLength else {
      throw refusal("a header has \(header.count) bytes, \(headerLength) are wanted")
    }
    let sequence = header.bigWord(at: 4)
    switch header.bigWord(at: 0) {
    case 1: break
    case 2: return (.unlink(sequence: sequence, target: header.bigWord(at: 20)), 0)
    case let other: throw refusal("command \(other) is neither submit (1) nor unlink (2)")
    }
    let (direction, endpoint) = (header.bigWord(at: 12), header.bigWord(at: 16))
    guard direction <= 1, endpoint <= 15 else {
      throw refusal("direction \(direction) and endpoint \(endpoint) are not of USB")
    }
    let (length, packets) = (header.bigWord(at: 24), header.bigWord(at: 32))
    guard length <= lengthLimit else {
      throw refusal("a transfer has \(length) bytes, at most \(lengthLimit) are taken")
    }
    // Transfers without packets say 0 or -1, depending on the kernel.
    let packetCount = packets == .max ? 0 : packets
    guard packetCount <= packetLimit else {
      throw refusal("a transfer has \(packetCount) packets, at most \(packetLimit) are taken")
    }
    let transfer = USBTransfer(
      sequence: sequence, endpoint: Int(endpoint), isInput: direction == 1, length: Int(length),
      packetLengths: [Int](repeating: 0, count: Int(packetCount)), setup: Array(header[40..<48]))
    return (.submit(transfer), (direction == 1 ? 0 : Int(length)) + 16 * Int(packetCount))
  }

  /// This request with the bytes that followed its header.
  ///
  /// - Throws: a `Complaint` where a packet lies outside the transfer.
  public func with(following bytes: [UInt8]) throws(Complaint) -> USBIPRequest {
    guard case .submit(var transfer) = self else { return self }
    let outputCount = transfer.isInput ? 0 : transfer.length
    precondition(bytes.count == outputCount + 16 * transfer.packetLengths.count)
    transfer.output = Array(bytes[..<outputCount])
    var total = 0
    for index in transfer.packetLengths.indices {
      let length = Int(bytes.bigWord(at: outputCount + 16 * index + 4))
      total += length
      guard length <= transfer.length, total <= transfer.length else {
        throw Self.refusal("packets of a transfer of \(transfer.length) bytes hold more than it")
      }
      transfer.packetLengths[index] = length
    }
    return .submit(transfer)
  }

  private static func refusal(_ problem: String) -> Complaint { Complaint("USB/IP", problem) }
}

/// What a transfer ended with, as the kernel numbers errors.
enum TransferStatus {
  static let done: Int32 = 0
  /// The camera refuses a control request.
  static let stalled: Int32 = -32
  /// The host took the transfer back.
  static let unlinked: Int32 = -104
}

extension [UInt8] {
  /// Appends the answer to `transfer`.
  mutating func appendReply(to transfer: USBTransfer, status: Int32, _ payload: [UInt8] = []) {
    let count = transfer.isInput ? payload.count : transfer.output.count
    appendReplyHeader(transfer.sequence, status: status, length: count, packets: 0)
    append(contentsOf: payload)
  }

  /// Appends the answer to an isochronous `transfer`: one payload for each of its packets.
  mutating func appendReply(to transfer: USBTransfer, packets: [[UInt8]]) {
    let length = packets.reduce(0) { $0 + $1.count }
    appendReplyHeader(
      transfer.sequence, status: TransferStatus.done, length: length, packets: packets.count)
    for packet in packets { append(contentsOf: packet) }
    var offset = 0
    for (room, packet) in zip(transfer.packetLengths, packets) {
      appendBig(UInt32(offset))
      appendBig(UInt32(room))
      appendBig(UInt32(packet.count))
      appendBig(0)
      offset += room
    }
  }

  /// Appends the answer to a request to take a transfer back.
  mutating func appendUnlinkReply(_ sequence: UInt32, status: Int32) {
    for word in [4, sequence, 0, 0, 0, UInt32(bitPattern: status)] { appendBig(word) }
    append(contentsOf: [UInt8](repeating: 0, count: 24))
  }

  private mutating func appendReplyHeader(
    _ sequence: UInt32, status: Int32, length: Int, packets: Int
  ) {
    for word in [3, sequence, 0, 0, 0, UInt32(bitPattern: status), UInt32(length), 0] {
      appendBig(word)
    }
    for word in [UInt32(packets), 0, 0, 0] { appendBig(word) }
  }
}
