import CameraCalibration
import Datasets
import Foundation
import Hyperspectral
import Imaging
import Units

/// A tiny belt: pieces of two classes as rectangles of one color and one spectrum each, in six
/// recordings of three days.
///
/// Each picture has four pieces (two copper, two brass), 1 mm a pixel; the cube has 2 mm pixels.
enum BeltFixture {
  static let classes = ["copper", "brass"]
  static let rectangles: [(columns: Range<Int>, rows: Range<Int>, label: UInt16)] = [
    (4..<14, 4..<12, 1), (24..<34, 4..<14, 2), (6..<14, 24..<34, 2), (24..<36, 22..<34, 1),
  ]

  static let calibration = RigCalibration(
    rig: "fixture", date: "2026-01-31",
    color: Homography(scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0),
    cube: Homography(scaleX: 2, scaleY: 2, shiftX: 0.5, shiftY: 0.5), beltWidthMillimeters: 40,
    valveBarMillimeters: 300, registrationErrorMillimeters: 0.1)

  /// Writes all recordings and returns the manifest, not sealed yet.
  static func write(in folder: URL) throws -> Manifest {
    try calibration.write(to: folder.appending(path: "rig.json"))
    var recordings: [Manifest.Recording] = []
    for number in 0..<6 {
      let id = "r\(number)"
      try writeFiles(number, in: folder.appending(path: id))
      var recording = Manifest.Recording(
        id: id, group: "day-\(number / 2)", layout: .belt, color: "\(id)/color.png",
        cube: "\(id)/cube.hdr", calibration: "rig.json",
        labels: .mask(file: "\(id)/labels.png", pieces: "\(id)/pieces.png"))
      recording.beltMillimeters = 40 * Double(number)
      recordings.append(recording)
    }
    return Manifest(name: "fixture", classes: classes, recordings: recordings)
  }

  private static func writeFiles(_ number: Int, in folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var picture = Picture(width: 40, height: 40, repeating: 20)
    var labels = LabelMap(width: 40, height: 40)
    var pieces = LabelMap(width: 40, height: 40)
    for (piece, rectangle) in rectangles.enumerated() {
      for y in rectangle.rows {
        for x in rectangle.columns {
          labels[x, y] = rectangle.label
          pieces[x, y] = UInt16(piece + 1)
          picture[x, y, 0] = rectangle.label == 1 ? 180 : 150
          picture[x, y, 1] = UInt8(90 + number)
          picture[x, y, 2] = 60
        }
      }
    }
    let wavelengths = [500.0, 600, 700, 800].map { Wavelength(nanometers: $0) }
    var values: [Float] = []
    for line in 0..<20 {
      for sample in 0..<20 {
        let label = Float(labels[min(39, 2 * sample + 1), min(39, 2 * line + 1)])
        for band in 0..<4 { values.append(0.1 + 0.1 * label + 0.05 * Float(band)) }
      }
    }
    try PictureFile.write(picture, to: folder.appending(path: "color.png"))
    try LabelMapFile.write(labels, to: folder.appending(path: "labels.png"))
    try LabelMapFile.write(pieces, to: folder.appending(path: "pieces.png"))
    try ENVIFile.write(
      Cube<Reflectance>(lines: 20, samples: 20, wavelengths: wavelengths, values: values),
      to: folder.appending(path: "cube.hdr"))
  }
}
