import Diagnostics
import Foundation
import Hyperspectral

/// A manifest whose every claim about its files has been checked, and the folder it lies in.
public struct RecordingFolder: Sendable {
  public let manifest: Manifest
  public let folder: URL
  /// The manifest's own file.
  public let file: URL
  /// Digest of the manifest, and with it of every file it lists.
  public let digest: Digest

  /// Opens a folder or its manifest and compares each file with its digest.
  ///
  /// Errors: `ManifestError` names what is wrong with the manifest, or the file that is missing
  /// or was changed.
  public static func open(_ url: URL) throws -> RecordingFolder {
    let file = manifestFile(of: url)
    let manifest = try JSONFile.read(Manifest.self, at: file)
    let place = file.relativePath
    try manifest.check(place: place)
    let folder = file.deletingLastPathComponent()
    for path in try manifest.allFiles(in: folder, place: place) {
      guard let wanted = manifest.digests[path] else {
        throw ManifestError(place, .digestMissing(path))
      }
      let found = try Digest(ofFile: folder.appending(path: path))
      guard found == wanted else {
        throw ManifestError(place, .digestDiffers(path, found: found, wanted: wanted))
      }
    }
    return RecordingFolder(
      manifest: manifest, folder: folder, file: file, digest: try Digest(ofFile: file))
  }

  /// The manifest's file where either it or its folder is given.
  public static func manifestFile(of url: URL) -> URL {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    return exists && isFolder.boolValue ? url.appending(path: Manifest.fileName) : url
  }

  /// Where a file that the manifest names lies.
  public func url(of path: String) -> URL { folder.appending(path: path) }
}

extension Manifest {
  /// Computes the digest of every file named and writes `manifest.json` into the folder.
  @discardableResult
  public func seal(in folder: URL) throws -> Manifest {
    let file = folder.appending(path: Self.fileName)
    try check(place: file.relativePath)
    var sealed = self
    sealed.digests = [:]
    for path in try allFiles(in: folder, place: file.relativePath) {
      sealed.digests[path] = try Digest(ofFile: folder.appending(path: path))
    }
    try AtomicFile.write(JSONFile.encode(sealed), to: file)
    return sealed
  }

  /// Refuses what contradicts itself; touches no other file.
  ///
  /// `place` is the manifest's file.
  public func check(place: String) throws(ManifestError) {
    guard version == 1 else { throw ManifestError(place, .version(found: version)) }
    guard !classes.isEmpty else { throw ManifestError(place, .noClasses) }
    var names: Set<String> = ["", Self.unknownClass]
    for name in classes where !names.insert(name).inserted {
      throw ManifestError(place, .className(name))
    }
    guard !recordings.isEmpty else { throw ManifestError(place, .noRecordings) }
    var ids: Set<String> = []
    for recording in recordings {
      guard !recording.id.isEmpty, !recording.id.contains("/") else {
        throw ManifestError(place, .recordingID(recording.id))
      }
      guard ids.insert(recording.id).inserted else {
        throw ManifestError(place, .duplicateRecording(recording.id))
      }
      try check(recording, place: place)
    }
    for (path, digest) in digests.sorted(by: { $0.key < $1.key }) {
      guard digest.hexadecimal.count == 64,
        digest.hexadecimal.allSatisfy({ "0123456789abcdef".contains($0) })
      else { throw ManifestError(place, .digestMalformed(path, found: digest.hexadecimal)) }
    }
  }

  private func check(_ recording: Recording, place: String) throws(ManifestError) {
    let id = recording.id
    if recording.group.isEmpty { throw ManifestError(place, .emptyGroup(recording: id)) }
    if (recording.dark == nil) != (recording.white == nil) {
      throw ManifestError(place, .oneReferenceOnly(recording: id))
    }
    switch recording.layout {
    case .belt:
      if recording.calibration == nil { throw ManifestError(place, .noCalibration(recording: id)) }
      if recording.split != nil { throw ManifestError(place, .maskSplitOfBelt(recording: id)) }
    case .scene:
      if recording.calibration != nil {
        throw ManifestError(place, .calibrationOfScene(recording: id))
      }
      guard case .mask(_, nil) = recording.labels else {
        throw ManifestError(place, .sceneLabels(recording: id))
      }
    }
    if case .material(let name, _) = recording.labels, name != Self.unknownClass,
      !classes.contains(name)
    {
      throw ManifestError(place, .unknownClass(name, recording: id, known: classes))
    }
    for path in recording.files where !Self.isInside(path) {
      throw ManifestError(place, .pathOutside(path))
    }
  }

  /// Whether a path, read as text, is relative and never climbs out of its folder.
  private static func isInside(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return !parts.isEmpty && parts.allSatisfy { !$0.isEmpty && $0 != ".." && $0 != "." }
      && !path.contains("\0") && !path.contains("\\")
  }

  /// Every file that the recordings need, the data files of cubes included; each exists and lies
  /// in the folder, links followed.
  func allFiles(in folder: URL, place: String) throws -> [String] {
    var files: Set<String> = []
    let root = folder.resolvingSymlinksInPath().standardizedFileURL.path
    func add(_ path: String) throws {
      guard files.insert(path).inserted else { return }
      let url = folder.appending(path: path)
      guard FileManager.default.fileExists(atPath: url.path) else {
        throw ManifestError(place, .noSuchFile(path))
      }
      let target = url.resolvingSymlinksInPath().standardizedFileURL.path
      guard target.hasPrefix(root == "/" ? root : root + "/") else {
        throw ManifestError(place, .pathOutside(path))
      }
    }
    for recording in recordings {
      for path in recording.files { try add(path) }
      let references = try recording.correctionReferences(in: folder)
      if recording.correction != nil, recording.white == nil, references.isEmpty {
        throw ManifestError(place, .correctionAlone(recording: recording.id))
      }
      for path in references { try add(path) }
      for path in recording.cubes + references {
        let parent = path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
        for file in try CubeFile.open(folder.appending(path: path)).files {
          try add(parent + file.lastPathComponent)
        }
      }
    }
    return files.sorted()
  }
}

extension Manifest.Recording {
  /// Dark and white as the correction names them, where the recording names none itself.
  func correctionReferences(in folder: URL) throws -> [String] {
    guard dark == nil, white == nil, let correction else { return [] }
    let recipe = try ReflectanceRecipe.read(folder.appending(path: correction))
    guard let references = recipe.references else { return [] }
    let parent = correction.split(separator: "/").dropLast().map { $0 + "/" }.joined()
    return [parent + references.dark, parent + references.white]
  }
}
