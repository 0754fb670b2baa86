import CSQLite
import Diagnostics
import Foundation

/// Why a store cannot be opened, read or written.
public struct StoreError: Explained, Equatable {
  public enum Reason: Equatable, Sendable {
    /// There is no room: on the disk, or as far as a limit allows.
    case full
    case readOnly
    /// Another program writes, or keeps others from writing.
    case locked
    /// The file is not as SQLite left it; with what was found.
    case damaged(String)
    /// Something else than a store.
    case foreign(String)
    /// A store of a later Mirage.
    case newer(found: Int)
    case missing
    case noFolder
    /// The disk failed, or something else that the library has words for.
    case failed(String)
  }

  public let place: String
  public let reason: Reason

  init(_ place: String, _ reason: Reason) {
    self.place = place
    self.reason = reason
  }

  public var problem: String {
    switch reason {
    case .full: "there is no room left on the disk"
    case .readOnly: "the file or its folder can only be read"
    case .locked: "another program keeps it from being written"
    case .damaged(let what): "the file is damaged: \(what)"
    case .foreign(let what): "is no store of Mirage: \(what)"
    case .newer(let found):
      "is a store of version \(found), this Mirage writes version \(StoreSchema.version)"
    case .missing: "no such file"
    case .noFolder: "its folder is not there"
    case .failed(let what): "the store cannot be used: \(what)"
    }
  }

  public var remedy: String? {
    switch reason {
    case .full: "make room on the disk, or lower --store-days; storing goes on by itself"
    case .readOnly: "make file and folder writable for the daemon; storing goes on by itself"
    case .locked: "end the other program, or give each daemon a store of its own"
    case .damaged:
      "move the file away, a new one is begun; 'sqlite3 FILE .recover' saves what can be read"
    case .foreign: "name another file; this one was not touched"
    case .newer: "use that Mirage, or name another file; this one was not touched"
    case .missing: "check the spelling, or begin one with 'miraged run --store'"
    case .noFolder: "make the folder, or name another one"
    case .failed: "check the disk and its cables; storing goes on by itself"
    }
  }

  /// Whether the file must not be written, however long one waits.
  var isFinal: Bool {
    switch reason {
    case .damaged, .foreign, .newer, .noFolder: true
    case .full, .readOnly, .locked, .missing, .failed: false
    }
  }

  /// As one of the things that are not as they should be; sorting goes on.
  var alarm: LineReason {
    let name =
      switch reason {
      case .full: "store-full"
      case .readOnly: "store-read-only"
      case .locked: "store-locked"
      case .damaged: "store-damaged"
      case .foreign, .newer: "store-foreign"
      case .missing, .noFolder, .failed: "store-failed"
      }
    return LineReason(
      name, "pieces are not stored: \(problem)", remedy: remedy ?? "", isUnfit: false)
  }
}

extension StoreError.Reason {
  /// What a status of the library means.
  ///
  /// - Parameter system: the system's own number that stood there when the library came back.
  init(_ status: Int32, _ words: String, system: Int32, file: String) {
    switch status & 0xff {
    case SQLITE_FULL: self = .full
    case SQLITE_READONLY, SQLITE_PERM: self = .readOnly
    case SQLITE_BUSY, SQLITE_LOCKED: self = .locked
    case SQLITE_CORRUPT: self = .damaged(words)
    case SQLITE_NOTADB: self = .foreign(words)
    case SQLITE_IOERR, SQLITE_CANTOPEN:
      self = Self.cause(system, of: file) ?? .failed(words)
    default: self = .failed(words)
    }
  }

  /// Why a file can neither be written nor made; the library says only that something failed.
  private static func cause(_ system: Int32, of file: String) -> Self? {
    if [ENOSPC, EDQUOT, EFBIG].contains(system) { return .full }
    let folder = (file as NSString).deletingLastPathComponent
    let place = folder.isEmpty ? "." : folder
    var disk = statvfs()
    if statvfs(place, &disk) == 0, disk.f_bavail == 0 { return .full }
    let files = [place, file, "\(file)-wal"].filter { (path: String) in
      faccessat(AT_FDCWD, path, F_OK, 0) == 0
    }
    return files.allSatisfy { faccessat(AT_FDCWD, $0, W_OK, AT_EACCESS) == 0 } ? nil : .readOnly
  }
}
