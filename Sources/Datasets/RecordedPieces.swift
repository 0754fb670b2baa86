import CameraCalibration
import Diagnostics
import Foundation
import Imaging
import Samples

/// A piece of a belt recording, with what its label source says.
struct RecordedPiece: Equatable {
  /// `recording/number`.
  var name: String
  var region: PieceRegion
  /// Nil for a piece of unknown class.
  var label: Int?
  /// Why the piece cannot be used, if it cannot.
  var fault: String?
}

/// All pieces of one belt recording and the map of their pixels.
struct RecordedPieces {
  /// The picture that shows them: rectified where the calibration has a lens.
  var picture: Picture
  /// Piece number at each pixel of the picture, 0 where there is none.
  var map: LabelMap
  var pieces: [RecordedPiece]
  /// Labelled pixels that lie in no piece; they would be lost without a word.
  var strayPixels = 0

  /// Reads picture and label source of a recording; nil source gives no pieces.
  ///
  /// Labels are drawn on the camera's own picture. Where the recording's calibration has a lens,
  /// picture and labels are rectified alike, as the line rectifies its frames.
  /// Errors: a picture of another extent than the calibration's, and labels that do not fit it.
  static func read(
    _ recording: Manifest.Recording, in folder: RecordingFolder, calibration: RigCalibration?,
    rectification: Rectification?
  ) throws -> RecordedPieces {
    let color = folder.url(of: recording.color)
    let raw = try PictureFile.read(color)
    try calibration?.check(
      pictureWidth: raw.width, height: raw.height, place: color.relativePath)
    let picture = try rectification?(raw, place: color.relativePath) ?? raw
    let reader = Reader(
      recording: recording, folder: folder, raw: (raw.width, raw.height), picture: picture,
      rectification: rectification)
    switch recording.labels {
    case nil:
      return RecordedPieces(
        picture: picture, map: LabelMap(width: picture.width, height: picture.height), pieces: [])
    case .material(let name, let pieces): return try reader.material(name, pieces: pieces)
    case .mask(let file, let pieces): return try reader.mask(file, pieces: pieces)
    case .coco(let file): return try reader.coco(file)
    }
  }

  private struct Reader {
    let recording: Manifest.Recording
    let folder: RecordingFolder
    /// Extent of the camera's own picture, on which labels are drawn.
    let raw: (width: Int, height: Int)
    let picture: Picture
    let rectification: Rectification?

    private func rectified(_ map: LabelMap, _ place: String) throws -> LabelMap {
      try rectification?(map, place: place) ?? map
    }

    func labelMap(_ path: String) throws -> LabelMap {
      let url = folder.url(of: path)
      let map = try LabelMapFile.read(url)
      guard map.width == raw.width, map.height == raw.height else {
        throw LabelError(
          url.relativePath,
          .size(found: [map.width, map.height], picture: [raw.width, raw.height]))
      }
      return try rectified(map, url.relativePath)
    }

    func material(_ name: String, pieces: String?) throws -> RecordedPieces {
      let map: LabelMap
      if let pieces {
        map = try labelMap(pieces)
      } else {
        let found = PieceFinder.pieces(in: picture)
        guard found.count <= Int(UInt16.max) else {
          throw LabelError(recording.color, .tooManyPieces(found.count))
        }
        map = found.map
      }
      let label = folder.manifest.classes.firstIndex(of: name)
      return RecordedPieces(
        picture: picture, map: map,
        pieces: PieceRegion.all(in: map).map {
          RecordedPiece(name: "\(recording.id)/\($0.number)", region: $0, label: label)
        })
    }

    func mask(_ file: String, pieces: String?) throws -> RecordedPieces {
      let labels = try labelMap(file)
      try check(labels, place: folder.url(of: file).relativePath)
      let map: LabelMap
      if let pieces {
        map = try labelMap(pieces)
      } else {
        let found = PieceFinder.regions(of: labels)
        guard found.count <= Int(UInt16.max) else {
          throw LabelError(folder.url(of: file).relativePath, .tooManyPieces(found.count))
        }
        map = found.map
      }
      return joined(map, with: labels)
    }

    /// Gives each piece the one label that all its pixels have; more than one is a fault.
    private func joined(_ map: LabelMap, with labels: LabelMap) -> RecordedPieces {
      var votes: [UInt16: [UInt16: Int]] = [:]
      var stray = 0
      for (number, label) in zip(map.labels, labels.labels) {
        if number != 0 {
          votes[number, default: [:]][label, default: 0] += 1
        } else if label != 0 {
          stray += 1
        }
      }
      let pieces = PieceRegion.all(in: map).map { region in
        var piece = RecordedPiece(
          name: "\(recording.id)/\(region.number)", region: region, label: nil)
        let found = (votes[region.number] ?? [:]).sorted { $0.key < $1.key }
        if found.count == 1, let label = found.first?.key, label != 0 {
          piece.label = label == unlabelled ? nil : Int(label) - 1
        } else {
          let named = found.map { "\($0.value) pixels \(className($0.key))" }
          piece.fault = "its pixels disagree: \(named.joined(separator: ", "))"
        }
        return piece
      }
      return RecordedPieces(picture: picture, map: map, pieces: pieces, strayPixels: stray)
    }

    private func className(_ label: UInt16) -> String {
      switch label {
      case 0: "unlabelled background"
      case unlabelled: "of unknown class"
      default: folder.manifest.classes[Int(label) - 1]
      }
    }

    private func check(_ labels: LabelMap, place: String) throws(LabelError) {
      let classes = folder.manifest.classes.count
      for (pixel, label) in labels.labels.enumerated()
      where Int(label) > classes && label != unlabelled {
        throw LabelError(
          place,
          .unknownNumber(
            Int(label), x: pixel % labels.width, y: pixel / labels.width, classes: classes))
      }
    }

    func coco(_ file: String) throws -> RecordedPieces {
      let url = folder.url(of: file)
      let place = url.relativePath
      let found = try JSONFile.read(COCOFile.self, at: url).pieces(
        color: recording.color, width: raw.width, height: raw.height,
        classes: folder.manifest.classes, place: place)
      let map = try rectified(found.map, place)
      var regions: [UInt16: PieceRegion] = [:]
      for region in PieceRegion.all(in: map) { regions[region.number] = region }
      let pieces = found.pieces.enumerated().map { offset, piece in
        let number = UInt16(offset + 1)
        return RecordedPiece(
          name: "\(recording.id)/\(piece.name)",
          region: regions[number]
            ?? PieceRegion(number: number, columns: 0...0, rows: 0...0, pixelCount: 0),
          label: piece.label,
          fault: regions[number] == nil ? "its outline covers no pixel of its own" : nil)
      }
      return RecordedPieces(picture: picture, map: map, pieces: pieces)
    }
  }
}

/// The number in label maps for a piece of unknown class.
let unlabelled: UInt16 = 65_535
