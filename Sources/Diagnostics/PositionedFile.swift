import Foundation

/// A file open for reading at any position, from any number of tasks at once.
///
/// Nothing is held in memory: what is not asked for is never read.
public final class PositionedFile: Sendable {
  /// The file as it is named in messages.
  public let name: String
  /// Bytes when it was opened.
  public let size: Int
  private let descriptor: Int32

  /// Opens `file`; refuses what is not a plain file, such as a folder.
  public init(_ file: URL) throws(Complaint) {
    name = file.relativePath
    size = try BoundedFile.size(of: file)
    descriptor = open(file.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Complaint(
        name, "cannot be opened for reading: \(String(cString: strerror(errno)))",
        remedy: "check that you may read it, and that not too many files are open")
    }
  }

  deinit { close(descriptor) }

  /// Fills `bytes[range]` with what begins at `offset`.
  public func read(
    from offset: Int, into bytes: inout [UInt8], range: Range<Int>
  ) throws {
    precondition(
      offset >= 0 && range.lowerBound >= 0 && range.upperBound <= bytes.count,
      "file: \(range) of \(bytes.count) bytes from \(offset)")
    let (name, descriptor) = (name, descriptor)
    try bytes.withUnsafeMutableBytes { target in
      var done = range.lowerBound
      while done < range.upperBound {
        let position = offset + done - range.lowerBound
        let count = pread(
          descriptor, target.baseAddress.map { $0 + done }, range.upperBound - done, position)
        if count > 0 {
          done += count
        } else if count == 0 {
          throw Complaint(
            name, "became shorter while it was read",
            remedy: "wait until the recording is complete")
        } else if errno != EINTR {
          throw Complaint(name, "cannot be read: \(String(cString: strerror(errno)))")
        }
      }
    }
  }
  /// The first line without the spaces around it, of at most `limit` bytes, as it is now: a file of
  /// the kernel may say something else at each reading.
  public func firstLine(atMost limit: Int) throws -> String {
    let (name, descriptor) = (name, descriptor)
    return try withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { bytes in
      var count = -1
      repeat {
        count = pread(descriptor, bytes.baseAddress, limit, 0)
      } while count < 0
        && errno == EINTR
      guard count >= 0 else {
        throw Complaint(name, "cannot be read: \(String(cString: strerror(errno)))")
      }
      let line = bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }
      return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    }
  }
  /// Whether it still has a name; not so once it was deleted, or another was put in its place.
  public var hasName: Bool {
    var facts = stat()
    return fstat(descriptor, &facts) == 0 && facts.st_nlink > 0
  }
}
