import Diagnostics
import Foundation

/// What happened, who asked for it and why; one line of the audit log.
public struct AuditEntry: Codable, Sendable, Equatable {
  /// What can happen.
  public enum Event: String, Codable, Sendable, CaseIterable {
    case start
    case stop
    /// Another recipe was asked for by someone who may.
    case change
    /// The recipe before was asked for by someone who may.
    case revert
    /// What was asked for holds from a frame on.
    case done
    /// What was asked for could not be; sorting goes on as it was.
    case refusal
    /// What the camera sees was recorded, as someone asked who may.
    case recording
    case wrongToken = "wrong-token"
    /// The end of the file was a line that was not whole, as after a power cut, and was taken away.
    case healed
  }

  /// From 1, by one more in each line.
  public var number: Int
  /// Wall-clock time in UTC, as ISO 8601 writes it.
  public var at: String
  public var event: Event
  public var who: String?
  public var why: String?
  /// What it was about, by name.
  public var facts: [String: String]
  /// The digest of the line before; 64 zeros in the first.
  public var previous: Digest

  /// The entry as a line without its end, and the digest that stands in it.
  ///
  /// The digest, SHA-256, is of the line as it would be without it: the same object, one key fewer.
  func line() throws -> (text: String, digest: Digest) {
    let text = try JSONFile.line(self)
    let digest = Digest(of: text)
    return (text.dropLast() + AuditChain.seal(digest), digest)
  }
}

/// Follows an audit log line by line: each names the digest of the one before.
public struct AuditChain: Sendable, Equatable {
  /// The longest line that there can be.
  static let lineLimit = 16 << 10
  static let origin = Digest(hexadecimal: String(repeating: "0", count: 64))

  /// Lines that were followed.
  public private(set) var count = 0
  /// The digest of the last one.
  public private(set) var last = AuditChain.origin

  public init() {}

  static func seal(_ digest: Digest) -> String { ",\"sha256\":\"\(digest)\"}" }

  /// Takes the next line, without its end.
  ///
  /// - Throws: a `Complaint` in whose place the line's number stands.
  @discardableResult
  public mutating func follow(_ line: Data) throws(Complaint) -> AuditEntry {
    let place = "line \(count + 1)"
    let (entry, digest) = try Self.read(line, place: place)
    guard entry.previous == last else {
      throw Complaint(
        place,
        "does not follow the line before: it names \(entry.previous.short)…, "
          + "that one is \(last.short)…")
    }
    guard entry.number == count + 1 else {
      throw Complaint(place, "says that it is number \(entry.number)")
    }
    (count, last) = (count + 1, digest)
    return entry
  }

  /// Begins behind a line that is taken as it is.
  mutating func begin(behind line: Data) throws(Complaint) -> AuditEntry {
    let (entry, digest) = try Self.read(line, place: "the last line")
    (count, last) = (entry.number, digest)
    return entry
  }

  /// The entry of a line, whose digest is right.
  static func read(
    _ line: Data, place: String
  ) throws(Complaint) -> (entry: AuditEntry, digest: Digest) {
    let tail = seal(origin).utf8.count
    guard line.count > tail, line.count <= lineLimit else {
      throw Complaint(place, "is no entry: \(line.count) bytes")
    }
    let end = String(decoding: line.suffix(tail), as: UTF8.self)
    let written = Digest(hexadecimal: String(end.dropFirst(11).prefix(64)))
    guard end == seal(written) else { throw Complaint(place, "is no entry: it ends otherwise") }
    let text = line.dropLast(tail) + Data("}".utf8)
    let found = Digest(of: Data(text))
    guard found == written else {
      throw Complaint(
        place, "was altered: its digest is \(found.short)…, it names \(written.short)…")
    }
    do {
      return (try JSONFile.decode(AuditEntry.self, from: Data(text), place: place), found)
    } catch {
      throw Complaint(place, "is no entry: \(error)")
    }
  }

  /// Follows a whole file; gives where it breaks, if it does.
  ///
  /// - Throws: a `Complaint` where the file cannot be read.
  public static func verify(
    _ file: URL
  ) throws -> (chain: AuditChain, problem: Complaint?) {
    _ = try BoundedFile.size(of: file)
    let handle = try FileHandle(forReadingFrom: file)
    defer { try? handle.close() }  // Reading is over; a failed close loses nothing.
    var (chain, rest) = (AuditChain(), Data())
    while let piece = try handle.read(upToCount: 1 << 16), !piece.isEmpty {
      rest += piece
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        do throws(Complaint) { try chain.follow(Data(rest[..<end])) } catch {
          return (chain, error)
        }
        rest = Data(rest[(end + 1)...])
      }
      guard rest.count <= lineLimit else { break }
    }
    guard rest.isEmpty else {
      return (chain, Complaint("line \(chain.count + 1)", "is not whole: \(rest.count) bytes"))
    }
    return (chain, nil)
  }
}
