import Diagnostics
import Foundation

/// A log of scalars that TensorBoard shows, one record per step, only ever added to.
///
/// Each record is a length, its checksum, a protocol buffers message and its checksum.
///
/// Source: TensorFlow, *TFRecord and tf.train.Example*, section "TFRecords format details";
/// messages `Event` and `Summary` of tensorboard/compat/proto.
public final class EventFile {
  /// One record: what was measured at a step.
  public struct Event: Equatable, Sendable {
    /// The step of training.
    public var step: Int
    /// When it was measured, in seconds since 1970; TensorBoard shows times relative to the first.
    public var time: Double
    /// The figures by name; a name such as `loss/student` is shown in the group `loss`.
    public var scalars: [Scalar]

    public init(step: Int, time: Double, scalars: [Scalar]) {
      self.step = step
      self.time = time
      self.scalars = scalars
    }
  }

  /// A named figure.
  public struct Scalar: Equatable, Sendable {
    public var name: String
    public var value: Float

    public init(_ name: String, _ value: Float) {
      self.name = name
      self.value = value
    }
  }

  private static let version = "brain.Event:2"
  // TensorBoard looks for the first part of the name.
  private static let name = "events.out.tfevents.0.mirage"

  private let file: URL
  private let handle: FileHandle

  /// Opens the log of a run in `folder`, or begins it.
  ///
  /// A run that is resumed after `step` keeps the records up to that step; later ones, and one
  /// that a kill cut off, are taken out, because the run will write them again.
  /// `time` stamps a new file, in seconds since 1970.
  public init(in folder: URL, resumingAfter step: Int = -1, time: Double) throws {
    file = folder.appending(path: Self.name)
    let old = try? Data(contentsOf: file)  // None yet: a new log begins.
    let kept = old.map { Self.prefix(of: Array($0), upTo: step) } ?? 0
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      if old == nil { try Data().write(to: file) }
      handle = try FileHandle(forWritingTo: file)
      try handle.truncate(atOffset: UInt64(kept))
      if kept == 0 { try handle.write(contentsOf: Self.header(time: time)) }
    } catch {
      throw Complaint(file.relativePath, "cannot be written: \(error.localizedDescription)")
    }
  }

  deinit { try? handle.close() }  // Every record is with the system already.

  /// Writes a finished log into `folder`, whole or not at all; TensorBoard calls a folder a run.
  public static func write(_ events: [Event], in folder: URL) throws {
    let records = events.map { record(message($0)) }
    let log = records.reduce(header(time: events.first?.time ?? 0), +)
    try AtomicFile.write(log, to: folder.appending(path: name))
  }

  /// Adds a record behind the last one.
  public func append(_ event: Event) throws {
    do {
      try handle.write(contentsOf: Self.record(Self.message(event)))
    } catch {
      throw Complaint(
        file.relativePath, "cannot be written: \(error.localizedDescription)",
        remedy: "make room on the disk, then resume the run")
    }
  }

  /// Reads a log; a record that breaks off or is damaged ends it.
  public static func read(_ file: URL) throws -> [Event] {
    guard let data = try? Data(contentsOf: file) else {
      throw Complaint(file.relativePath, "no such file, or it cannot be read")
    }
    return messages(in: Array(data)).compactMap { event($0.message) }
  }

  // MARK: Messages

  static func header(time: Double) -> Data {
    var message = ProtobufMessage()
    message.double(1, time)
    message.string(3, version)
    return record(message)
  }

  static func message(_ event: Event) -> ProtobufMessage {
    var message = ProtobufMessage()
    message.double(1, event.time)
    message.integer(2, event.step)
    message.message(5) { summary in
      for scalar in event.scalars {
        summary.message(1) { value in
          value.string(1, scalar.name)
          value.float(2, scalar.value)
        }
      }
    }
    return message
  }

  /// `nil` for a message without scalars, such as the first one.
  private static func event(_ bytes: ArraySlice<UInt8>) -> Event? {
    guard let fields = ProtobufFields.all(of: bytes) else { return nil }
    var event = Event(step: 0, time: 0, scalars: [])
    var hasSummary = false
    for (number, value) in fields {
      switch (number, value) {
      case (1, .fixed64(let bits)): event.time = Double(bitPattern: bits)
      case (2, .integer(let step)): event.step = Int(Int64(bitPattern: step))
      case (5, .bytes(let summary)):
        hasSummary = true
        for (_, value) in ProtobufFields.all(of: summary) ?? [] {
          if case .bytes(let bytes) = value, let scalar = scalar(bytes) {
            event.scalars.append(scalar)
          }
        }
      default: break
      }
    }
    return hasSummary ? event : nil
  }

  private static func scalar(_ bytes: ArraySlice<UInt8>) -> Scalar? {
    guard let fields = ProtobufFields.all(of: bytes) else { return nil }
    var scalar = Scalar("", 0)
    for (number, value) in fields {
      switch (number, value) {
      case (1, .bytes(let name)): scalar.name = String(decoding: name, as: UTF8.self)
      case (2, .fixed32(let bits)): scalar.value = Float(bitPattern: bits)
      default: break
      }
    }
    return scalar
  }

  // MARK: Records

  private static func record(_ message: ProtobufMessage) -> Data {
    var length = Data()
    length.appendLittleEndian(UInt64(message.bytes.count))
    var record = length
    record.appendLittleEndian(Checksum.masked(of: Array(length)[...]))
    record.append(message.bytes)
    record.appendLittleEndian(Checksum.masked(of: Array(message.bytes)[...]))
    return record
  }

  /// The whole records of a file, each with the place where it ends.
  private static func messages(
    in bytes: [UInt8]
  ) -> [(message: ArraySlice<UInt8>, end: Int)] {
    var messages: [(message: ArraySlice<UInt8>, end: Int)] = []
    var start = 0
    while bytes.count - start >= 16 {
      let length = number(bytes[start..<(start + 8)])
      guard
        number(bytes[(start + 8)..<(start + 12)])
          == UInt64(Checksum.masked(of: bytes[start..<(start + 8)])),
        length <= UInt64(bytes.count - start - 16)
      else { break }
      let end = start + 12 + Int(length)
      let message = bytes[(start + 12)..<end]
      guard number(bytes[end..<(end + 4)]) == UInt64(Checksum.masked(of: message)) else { break }
      start = end + 4
      messages.append((message, start))
    }
    return messages
  }

  /// How many bytes of a file hold the records up to `step`.
  private static func prefix(of bytes: [UInt8], upTo step: Int) -> Int {
    guard step >= 0 else { return 0 }
    var end = 0
    for record in messages(in: bytes) {
      if let event = event(record.message), event.step > step { break }
      end = record.end
    }
    return end
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// The cyclic redundancy check CRC-32C.
///
/// Source: Castagnoli, Bräuer, Herrmann, *Optimization of Cyclic Redundancy-Check Codes with 24 and
/// 32 Parity Bits*, 1993; test values in RFC 3720, appendix B.4.
enum Checksum {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      // The polynomial 0x1edc6f41 with its bits reversed.
      value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1
    }
  }

  static func crc32c(of bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  /// Turned and shifted, so that the checksum of bytes that hold a checksum is no special value.
  static func masked(of bytes: ArraySlice<UInt8>) -> UInt32 {
    let sum = crc32c(of: bytes)
    return (sum >> 15 | sum << 17) &+ 0xa282_ead8
  }
}
