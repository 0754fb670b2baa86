import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Samples

/// What can become a sample: a piece on the belt, or a labelled pixel of a scene.
public struct SampleEntry: Sendable, Equatable {
  /// `recording/number`; in a scene the number is row · width + column.
  public let piece: String
  /// Position of the recording in the manifest.
  public let recording: Int
  /// Class; nil where nobody knows it.
  public let label: Int?
  /// The recording's batch, day or session.
  public let group: String
  /// The piece's pixels in the picture; in a scene the one pixel in the middle.
  public let region: PieceRegion
  /// Whether the recording's published mask gives this pixel to training; nil without a mask.
  public let isInTrainingMask: Bool?

  /// Column and row of the pixel, in a scene.
  public var column: Int { region.columns.lowerBound }
  public var row: Int { region.rows.lowerBound }
}

/// Every sample that the recordings of a folder hold, counted, before any pixel is prepared.
public struct SampleCatalog: Sendable {
  public let folder: RecordingFolder
  /// Names of the classes that labels count; a part of the manifest's after `keeping(_:)`.
  public let classes: [String]
  public let entries: [SampleEntry]
  /// Pieces that the manifest excludes, with the reasons.
  public let excluded: [Manifest.Exclusion]

  /// Reads all labels; every piece becomes an entry or is excluded by name, or this throws
  /// `UnusedPieces`.
  public static func open(_ folder: RecordingFolder) throws -> SampleCatalog {
    var entries: [SampleEntry] = []
    var faults: [String] = []
    var total = 0
    var excluded = Dictionary(
      folder.manifest.exclude.map { ($0.piece, false) }, uniquingKeysWith: { first, _ in first })
    for (number, recording) in folder.manifest.recordings.enumerated() {
      let found = try read(recording, number: number, in: folder)
      total += found.pieces.count
      for (entry, fault) in found.pieces {
        if excluded[entry.piece] != nil {
          excluded[entry.piece] = true
        } else if let fault {
          faults.append("\(entry.piece) (\(fault))")
        } else {
          entries.append(entry)
        }
      }
      if found.strayPixels > 0 {
        faults.append("\(recording.id) (\(found.strayPixels) labelled pixels lie in no piece)")
      }
    }
    if let unknown = excluded.filter({ !$0.value }).keys.min() {
      throw ManifestError(folder.file.relativePath, .excludedPieceUnknown(unknown))
    }
    guard faults.isEmpty else {
      throw UnusedPieces(
        folder.file.relativePath, found: total, used: entries.count, faults: faults)
    }
    return SampleCatalog(
      folder: folder, classes: folder.manifest.classes, entries: entries,
      excluded: folder.manifest.exclude)
  }

  /// Opens the folder or manifest at a place; see `RecordingFolder.open(_:)`.
  public static func open(_ url: URL) throws -> SampleCatalog {
    try open(try RecordingFolder.open(url))
  }

  private typealias Found = (
    pieces: [(entry: SampleEntry, fault: String?)], strayPixels: Int
  )

  private static func read(
    _ recording: Manifest.Recording, number: Int, in folder: RecordingFolder
  ) throws -> Found {
    switch recording.layout {
    case .scene:
      let picture = try PictureFile.read(folder.url(of: recording.color))
      return (try scene(recording, number: number, in: folder, picture: picture), 0)
    case .belt:
      // A belt recording without a calibration is refused where it is loaded, not here.
      let rig = try recording.calibration.map { try RigCalibration.read(folder.url(of: $0)) }
      let found = try RecordedPieces.read(
        recording, in: folder, calibration: rig,
        rectification: rig?.lens.map { Rectification($0) })
      let pieces = found.pieces.map { piece in
        (
          entry: SampleEntry(
            piece: piece.name, recording: number, label: piece.label, group: recording.group,
            region: piece.region, isInTrainingMask: nil), fault: piece.fault
        )
      }
      return (pieces, found.strayPixels)
    }
  }

  private static func scene(
    _ recording: Manifest.Recording, number: Int, in folder: RecordingFolder, picture: Picture
  ) throws -> [(entry: SampleEntry, fault: String?)] {
    guard case .mask(let file, _) = recording.labels else { return [] }
    let labels = try SceneLabels.read(
      folder.url(of: file), picture: picture, classes: folder.manifest.classes.count)
    let mask = try recording.split.map {
      try SceneLabels.read(folder.url(of: $0.trainingMask), picture: picture, classes: nil)
    }
    var entries: [(entry: SampleEntry, fault: String?)] = []
    for (pixel, label) in labels.labels.enumerated() where label != 0 {
      let (column, row) = (pixel % labels.width, pixel / labels.width)
      let entry = SampleEntry(
        piece: "\(recording.id)/\(pixel)", recording: number,
        label: label == unlabelled ? nil : Int(label) - 1, group: recording.group,
        region: PieceRegion(number: 1, columns: column...column, rows: row...row, pixelCount: 1),
        isInTrainingMask: mask.map { $0.labels[pixel] != 0 })
      entries.append((entry, nil))
    }
    return entries
  }

  /// Only the samples of some classes, and those of unknown class; labels count the kept classes.
  public func keeping(_ kept: [Int]) -> SampleCatalog {
    var numbers = [Int?](repeating: nil, count: classes.count)
    for (number, old) in kept.enumerated() { numbers[old] = number }
    let left = entries.compactMap { entry -> SampleEntry? in
      guard let label = entry.label else { return entry }
      guard let number = numbers[label] else { return nil }
      return SampleEntry(
        piece: entry.piece, recording: entry.recording, label: number, group: entry.group,
        region: entry.region, isInTrainingMask: entry.isInTrainingMask)
    }
    return SampleCatalog(
      folder: folder, classes: kept.map { classes[$0] }, entries: left, excluded: excluded)
  }

  /// Layout of an entry's recording.
  public func layout(of entry: SampleEntry) -> Manifest.Layout {
    folder.manifest.recordings[entry.recording].layout
  }

  /// The unit that a split keeps together: the group, or in a scene the square block of pixels.
  public func unit(of entry: SampleEntry, blockSide: Int) -> String {
    guard layout(of: entry) == .scene else { return entry.group }
    let recording = folder.manifest.recordings[entry.recording].id
    return "\(recording)/block-\(entry.row / blockSide)-\(entry.column / blockSide)"
  }

  /// Digest of all pieces, labels and groups in order: two catalogs that a split fits are equal.
  public var digest: Digest {
    let hasher = Digest.Hasher()
    hasher.update(Data(classes.joined(separator: "\n").utf8))
    for entry in entries {
      let label = entry.label.map(String.init) ?? Manifest.unknownClass
      hasher.update(Data("\n\(entry.piece)\t\(label)\t\(entry.group)".utf8))
    }
    return hasher.finalize()
  }
}

/// Label maps of a scene.
private enum SceneLabels {
  /// Reads a map of the picture's size; with `classes`, numbers beyond them are refused.
  static func read(_ url: URL, picture: Picture, classes: Int?) throws -> LabelMap {
    let map = try LabelMapFile.read(url)
    let place = url.relativePath
    guard map.width == picture.width, map.height == picture.height else {
      throw LabelError(
        place,
        .size(found: [map.width, map.height], picture: [picture.width, picture.height]))
    }
    guard let classes else { return map }
    for (pixel, label) in map.labels.enumerated()
    where Int(label) > classes && label != unlabelled {
      throw LabelError(
        place,
        .unknownNumber(
          Int(label), x: pixel % map.width, y: pixel / map.width, classes: classes))
    }
    return map
  }
}

/// Pieces that did not become samples: loading stops rather than lose them.
public struct UnusedPieces: Explained, Equatable {
  public let place: String
  public let found: Int
  public let used: Int
  /// Each piece with its reason.
  public let faults: [String]

  public init(_ place: String, found: Int, used: Int, faults: [String]) {
    self.place = place
    self.found = found
    self.used = used
    self.faults = faults
  }

  public var problem: String {
    let shown = faults.prefix(5).joined(separator: "; ")
    let rest = faults.count > 5 ? "; and \(faults.count - 5) more" : ""
    return "\(found) pieces in, \(used) used: \(shown)\(rest)"
  }

  public var remedy: String? {
    "correct the labels, or list the pieces under 'exclude' with the reason"
  }
}
