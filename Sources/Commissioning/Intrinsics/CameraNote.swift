import Diagnostics
import Foundation

/// Which camera took the pictures of a folder: `camera.json` beside them.
public enum CameraNote {
  static let fileName = "camera.json"

  /// Writes what is known of the camera.
  public static func write(_ hardware: [String: String], in folder: URL) throws {
    try AtomicFile.write(JSONFile.encode(hardware), to: folder.appending(path: fileName))
  }

  /// What is known of the camera; nothing where there is no such file, or none that can be read:
  /// pictures are no worse for it.
  static func read(in folder: URL) -> [String: String] {
    let file = folder.appending(path: fileName)
    guard let bytes = try? BoundedFile.read(file, limit: 1 << 16),
      let hardware = try? JSONFile.decode(
        [String: String].self, from: bytes, place: file.relativePath)
    else { return [:] }
    return hardware
  }
}
