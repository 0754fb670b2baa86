import Foundation

/// Reads whole files, but never more than the caller is ready to hold.
public enum BoundedFile {
  /// The bytes of `file`; refused by size before anything is read.
  public static func read(_ file: URL, limit: Int) throws(Complaint) -> Data {
    let found = try size(of: file)
    guard found <= limit else {
      throw Complaint(
        file.relativePath, "holds \(found) bytes, at most \(limit) are read",
        remedy: "check that this is the file you meant")
    }
    // Foundation loses 4 KiB at each empty file that it reads.
    guard found > 0 else { return Data() }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: file)
    } catch {
      throw Complaint(file.relativePath, "cannot be read: \(error.localizedDescription)")
    }
    return bytes
  }

  /// The number of bytes in `file`; refuses what is not a plain file, such as a folder.
  public static func size(of file: URL) throws(Complaint) -> Int {
    let path = file.path(percentEncoded: false)
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: followed(path))
    else {  // The reason is always that the path leads nowhere or is closed to us.
      throw Complaint(
        file.relativePath, "no such file, or it cannot be read", remedy: "check the spelling")
    }
    let kind = attributes[.type] as? FileAttributeType
    guard kind == .typeRegular, let size = attributes[.size] as? Int else {
      let found = kind == .typeDirectory ? "a folder" : "not a plain file"
      throw Complaint(file.relativePath, "is \(found), a file was wanted")
    }
    return size
  }

  /// The path behind symbolic links, which `attributesOfItem` does not follow.
  private static func followed(_ path: String) -> String {
    URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
  }
}
