import Diagnostics
import Foundation
import Synchronization

/// Every change of the line in a file, one line each, that cannot be altered without being noticed.
///
/// Lines are only ever added, each on the disk before what it tells of is done. A line that a power
/// cut left unfinished is taken away when the file is opened, and that is itself an entry.
public final class AuditLog: Sendable {
  /// Entries that are kept at hand.
  public static let remembered = 100

  fileprivate struct Books: Sendable {
    let handle: FileHandle
    var chain = AuditChain()
    var recent: [AuditEntry] = []
    var end: UInt64 = 0
  }

  public let place: String
  /// What was taken away when the file was opened, in words.
  public let healing: String?
  private let books: Mutex<Books>

  /// Opens or makes the file, and keeps others from writing to it.
  ///
  /// - Throws: a `Complaint` where it cannot be had, or its last whole line is no entry.
  public init(_ file: URL) throws(Complaint) {
    place = file.relativePath
    let descriptor = open(
      file.path(percentEncoded: false), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0o640)
    guard descriptor >= 0 else {
      throw Complaint(
        place, "cannot be opened: \(String(cString: strerror(errno)))",
        remedy: "give a file in a folder that this user can write to")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw Complaint(
        place, "is written to by another program", remedy: "give each miraged a file of its own")
    }
    var opened = Books(handle: handle)
    let torn = try opened.readEnd(place)
    healing = torn.map { "\($0) bytes at its end were no whole line and were taken away" }
    books = Mutex(opened)
    guard let healing else { return }
    try add(.healed, facts: ["what": healing])
  }

  /// Adds an entry; returns when it is on the disk.
  ///
  /// - Throws: a `Complaint` where it could not be written; nothing of it is then in the file.
  @discardableResult
  public func add(
    _ event: AuditEntry.Event, who: String? = nil, why: String? = nil,
    facts: [String: String] = [:]
  ) throws(Complaint) -> AuditEntry {
    let place = place
    return try books.withLock { books throws(Complaint) in
      let entry = AuditEntry(
        number: books.chain.count + 1, at: Self.now, event: event, who: who, why: why,
        facts: facts, previous: books.chain.last)
      do {
        try books.write(entry)
      } catch {
        // What part of it is there is taken away; where that fails too, the next opening does it.
        try? books.handle.truncate(atOffset: books.end)
        throw Complaint(
          place, "cannot be written: \(error.localizedDescription)",
          remedy: "make room on the disk; until then nothing is changed")
      }
      return entry
    }
  }

  /// The last entries, the newest last, and the digest of the newest.
  public var recent: (entries: [AuditEntry], last: Digest) {
    books.withLock { ($0.recent, $0.chain.last) }
  }

  private static var now: String { Date().formatted(.iso8601) }
}

extension AuditLog.Books {
  /// Reads the end of the file; takes away what is no whole line, and gives its length.
  fileprivate mutating func readEnd(_ place: String) throws(Complaint) -> Int? {
    var tail = Data()
    do {
      end = try handle.seekToEnd()
      let start = end - min(end, UInt64(AuditChain.lineLimit) * 4)
      try handle.seek(toOffset: start)
      tail = try handle.read(upToCount: Int(end - start)) ?? Data()
    } catch {
      throw Complaint(place, "cannot be read: \(error.localizedDescription)")
    }
    let lines = tail.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let torn = lines.last?.count ?? 0
    for line in lines.dropLast().suffix(AuditLog.remembered) {
      // The first of them may be cut off; only the last one must be whole, for the next follows it.
      if let entry = try? AuditChain.read(Data(line), place: place).entry { recent.append(entry) }
    }
    if let last = lines.dropLast().last {
      do throws(Complaint) { _ = try chain.begin(behind: Data(last)) } catch {
        throw Complaint(
          place, "its last line \(error.problem)",
          remedy:
            "keep the file as evidence and begin a new one; 'miraged audit verify' looks at all")
      }
    } else if end > torn {
      throw Complaint(place, "is no audit log", remedy: "give another file")
    }
    guard torn > 0 else { return nil }
    end -= UInt64(torn)
    do { try handle.truncate(atOffset: end) } catch {
      throw Complaint(place, "cannot be mended: \(error.localizedDescription)")
    }
    return torn
  }

  fileprivate mutating func write(_ entry: AuditEntry) throws {
    let (text, digest) = try entry.line()
    let bytes = Data("\(text)\n".utf8)
    guard bytes.count <= AuditChain.lineLimit else {
      throw Complaint("entry", "\(bytes.count) bytes found, \(AuditChain.lineLimit) wanted at most")
    }
    try handle.write(contentsOf: bytes)
    try handle.synchronize()
    end += UInt64(bytes.count)
    try chain.follow(Data(text.utf8))
    precondition(chain.last == digest, "audit log: the line written is not the line followed")
    if recent.count == AuditLog.remembered { recent.removeFirst() }
    recent.append(entry)
  }
}
