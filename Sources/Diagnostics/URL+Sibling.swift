import Foundation

extension URL {
  /// The file `name` of the same folder, told as this one was: a bare name beside a bare name,
  /// where Foundation would put `./` in front.
  public func sibling(named name: String) -> URL {
    let folder = deletingLastPathComponent()
    return folder.relativePath == "." ? URL(filePath: name) : folder.appending(path: name)
  }
}
