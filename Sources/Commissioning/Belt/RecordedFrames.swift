import Cameras
import Diagnostics
import Foundation
import Imaging

/// Pictures of a folder of recordings, in the order of `frames.json` or of their names.
struct RecordedFrames {
  /// One picture with its name as the person sees it.
  struct Frame {
    let name: String
    let file: URL
    let seconds: Double?
    let encoderMillimeters: Double?
  }

  let frames: [Frame]

  /// - Parameters:
  ///   - folder: within the recordings.
  ///   - recordings: the folder that names are told from.
  init(_ folder: String, of recordings: URL) throws {
    let place = folder.isEmpty ? recordings : recordings.appending(path: folder)
    let prefix = folder.isEmpty ? "" : folder + "/"
    let list = place.appending(path: "frames.json")
    if FileManager.default.fileExists(atPath: list.path) {
      frames = try JSONFile.read(FrameList.self, at: list).frames.map { entry in
        guard !entry.file.contains(".."), !entry.file.hasPrefix("/") else {
          throw Complaint(
            list.relativePath, "'\(entry.file)' leads out of the folder",
            remedy: "name files beside frames.json")
        }
        return Frame(
          name: prefix + entry.file, file: place.appending(path: entry.file),
          seconds: entry.seconds, encoderMillimeters: entry.beltMillimeters)
      }
      return
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: place.path) else {
      throw Complaint(
        place.relativePath, "no such folder, or it cannot be read",
        remedy: "Calibration/README.md says how recordings are laid out")
    }
    frames = names.filter { name in
      ["png", "jpg", "jpeg"].contains((name as NSString).pathExtension.lowercased())
    }
    .sorted { $0.compare($1, options: [.numeric, .caseInsensitive]) == .orderedAscending }
    .map {
      Frame(
        name: prefix + $0, file: place.appending(path: $0), seconds: nil, encoderMillimeters: nil)
    }
  }

  /// Whether a folder is there at all.
  static func exist(_ folder: String, of recordings: URL) -> Bool {
    FileManager.default.fileExists(atPath: recordings.appending(path: folder).path)
  }
}
