import BeltSimulation
import CameraCalibration
import Datasets
import Diagnostics
import Foundation
import Hyperspectral
import Imaging

/// A folder of recordings while it is written; the manifest comes last and makes it valid.
struct NewRecordings {
  private let folder: URL
  private var manifest: Manifest
  private(set) var pieceCount = 0
  private(set) var labelledCount = 0

  private static let calibrationFile = "Calibration/simulated.json"

  init(_ folder: URL, name: String, classes: [String], calibration: RigCalibration) throws {
    let manifestFile = folder.appending(path: Manifest.fileName)
    guard !FileManager.default.fileExists(atPath: manifestFile.path) else {
      throw Complaint(
        folder.relativePath, "holds recordings already",
        remedy: "give another folder with --out, or remove this one")
    }
    self.folder = folder
    manifest = Manifest(name: name, classes: classes, recordings: [])
    try store(JSONFile.encode(calibration), at: Self.calibrationFile)
  }

  /// Writes one recording's files.
  mutating func add(_ recording: SimulatedRecording, number: Int, group: String) throws {
    let digits = String(number)
    let id = "r" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    try store(PictureFile.encodePNG(recording.picture), at: "\(id)/color.png")
    try store(recording.counts, at: "\(id)/cube.hdr")
    try store(recording.dark, at: "\(id)/dark.hdr")
    try store(recording.white, at: "\(id)/white.hdr")
    try store(LabelMapFile.encode(recording.labels), at: "\(id)/labels.png")
    try store(LabelMapFile.encode(recording.pieceNumbers), at: "\(id)/pieces.png")
    let truth = BeltTruth(classes: manifest.classes, pieces: recording.pieces)
    try store(JSONFile.encode(truth), at: "\(id)/truth.json")
    var entry = Manifest.Recording(
      id: id, group: group, layout: .belt, color: "\(id)/color.png", cube: "\(id)/cube.hdr",
      calibration: Self.calibrationFile,
      labels: .mask(file: "\(id)/labels.png", pieces: "\(id)/pieces.png"))
    entry.dark = "\(id)/dark.hdr"
    entry.white = "\(id)/white.hdr"
    entry.beltMillimeters = recording.beltMillimeters
    manifest.recordings.append(entry)
    pieceCount += recording.pieces.count
    labelledCount += recording.labelledPieceCount
  }

  /// Writes the manifest; before it the folder does not count as recordings.
  func finish() throws {
    try AtomicFile.write(
      JSONFile.encode(manifest), to: folder.appending(path: Manifest.fileName))
  }

  private mutating func store(_ bytes: Data, at path: String) throws {
    try AtomicFile.write(bytes, to: folder.appending(path: path))
    manifest.digests[path] = Digest(of: bytes)
  }

  private mutating func store(_ counts: Cube<RawCounts>, at header: String) throws {
    try ENVIFile.write(counts, to: folder.appending(path: header))
    for path in [header, header.replacing(".hdr", with: ".raw")] {
      manifest.digests[path] = try Digest(ofFile: folder.appending(path: path))
    }
  }
}
