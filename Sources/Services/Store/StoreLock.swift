import Foundation

/// Keeps a second daemon from writing the same store, as long as it lives.
///
/// Not one of SQLite's own locks: those are held for a moment, and are lost where any other part of
/// the process closes the file. Readers are not kept out.
final class StoreLock: Sendable {
  private let descriptor: Int32

  init(_ file: URL) throws(StoreError) {
    descriptor = open(file.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreError(file.relativePath, .failed(String(cString: strerror(errno))))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw StoreError(file.relativePath, .locked)
    }
  }

  deinit { close(descriptor) }

  /// Whether the locked file is the one that has this name now.
  func isThat(of file: URL) -> Bool {
    var (mine, other) = (stat(), stat())
    return fstat(descriptor, &mine) == 0 && stat(file.path(percentEncoded: false), &other) == 0
      && mine.st_ino == other.st_ino && mine.st_dev == other.st_dev
  }
}
