import CameraCalibration
import Diagnostics
import Foundation
import Hyperspectral

/// A folder of dark and white recordings, paired by the ends of their names: `dark.hdr` and
/// `white.hdr`, `dark-4ms.hdr` and `white-4ms.hdr`.
struct ReferenceFolder {
  /// Two recordings of one integration time.
  struct Pair {
    var dark: String
    var white: String
    /// In milliseconds, as the header or the name tells.
    var milliseconds: Double?
  }

  let folder: URL
  /// The pair that the correction uses comes first.
  private(set) var pairs: [Pair] = []
  /// Recordings without a partner, with the reason.
  private(set) var rejected: [(name: String, reason: String)] = []

  private static let endings: Set = ["hdr", "npy", "mat", "tif", "tiff"]

  /// Errors: a folder that cannot be listed, or holds no pair.
  init(_ folder: URL) throws {
    self.folder = folder
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    } catch {
      throw Complaint(
        folder.relativePath, "is no folder of recordings: \(error.localizedDescription)",
        remedy: "give the folder with dark.hdr and white.hdr as --from")
    }
    let darks = Self.named("dark", among: names)
    let whites = Self.named("white", among: names)
    for (end, white) in whites.sorted(by: { ($0.key.count, $0.key) < ($1.key.count, $1.key) }) {
      guard let dark = darks[end] else {
        rejected.append((white, "has no dark recording of the same name's end"))
        continue
      }
      pairs.append(
        Pair(dark: dark, white: white, milliseconds: try milliseconds(of: white, end: end)))
    }
    for (end, dark) in darks where whites[end] == nil {
      rejected.append((dark, "has no white recording of the same name's end"))
    }
    guard !pairs.isEmpty else {
      let found = darks.isEmpty ? whites.isEmpty ? "neither" : "only white" : "only dark"
      throw Complaint(
        folder.relativePath, "holds \(found) of dark.hdr and white.hdr, both were wanted",
        remedy: "record the closed shutter as dark.hdr and the white tile as white.hdr")
    }
  }

  /// Files by what follows the role in their names, endings left out.
  private static func named(_ role: String, among names: [String]) -> [String: String] {
    var found: [String: String] = [:]
    for name in names where name.hasPrefix(role) {
      let url = URL(filePath: name)
      guard endings.contains(url.pathExtension.lowercased()) else { continue }
      let end = String(url.deletingPathExtension().lastPathComponent.dropFirst(role.count))
      if end.isEmpty || end.hasPrefix("-") { found[end] = name }
    }
    return found
  }

  private func milliseconds(of name: String, end: String) throws -> Double? {
    if let header = try RecordedCube(folder.appending(path: name)).milliseconds { return header }
    guard end.hasPrefix("-"), end.hasSuffix("ms") else { return nil }
    return Double(end.dropFirst().dropLast(2))
  }
}

/// A recorded cube with what its header tells of the camera.
struct RecordedCube {
  let cube: any CubeReader
  private let header: ENVIHeader?

  init(_ file: URL) throws {
    cube = try CubeFile.open(file)
    header = (cube as? ENVIFile)?.header
  }

  /// The count at which the detector is full.
  var fullScale: Double? { header?["full scale"].flatMap(Double.init) }

  /// Integration time: `integration time` or `tint`, in milliseconds.
  var milliseconds: Double? {
    let told = header?["integration time"] ?? header?["tint"]
    return told.flatMap(Double.init).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
  }

  var camera: String? { header?["sensor type"] }

  /// When it was recorded: as the header says, else when its file was last written.
  var recordedAt: Date? {
    if let date = header?.acquisitionTime { return date }
    let attributes = try? FileManager.default.attributesOfItem(  // An age is worth no failure.
      atPath: (cube.files.last ?? cube.files[0]).path)
    return attributes?[.modificationDate] as? Date
  }

  func ageDays(at now: Date) -> Double? {
    recordedAt.map { max(0, now.timeIntervalSince($0)) / 86_400 }
  }
}
