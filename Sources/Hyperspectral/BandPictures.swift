import Diagnostics
import Foundation
import Imaging
import Units

/// Cubes as folders of gray pictures, one for each band, whose names end with its wavelength:
/// `rice_1293nm.png`.
struct BandPictures {
  private let folder: URL
  /// In rising order of wavelength.
  private let bands: [(file: URL, nanometers: Double)]

  /// Whether `folder` is a folder with at least two such pictures.
  static func areIn(_ folder: URL) -> Bool {
    // A folder that cannot be listed holds nothing that could be read.
    ((try? BandPictures(folder))?.bands.count ?? 0) > 1
  }

  /// Reads the cube of `folder`.
  static func read(_ folder: URL) throws -> HeldCube { try BandPictures(folder).read() }

  private init(_ folder: URL) throws {
    self.folder = folder
    let path = folder.path(percentEncoded: false)
    bands = try FileManager.default.contentsOfDirectory(atPath: path).compactMap { name in
      Self.nanometers(in: name).map { (folder.appending(path: name), $0) }
    }.sorted { ($0.nanometers, $0.file.path) < ($1.nanometers, $1.file.path) }
  }

  /// The wavelength at the end of a picture's name; nil where there is none.
  private static func nanometers(in name: String) -> Double? {
    let lower = name.lowercased()
    guard lower.hasSuffix("nm.png") else { return nil }
    let digits = lower.dropLast(6).reversed().prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    return Double(String(digits.reversed())).flatMap {
      WavelengthUnit.plausible.contains($0) ? $0 : nil
    }
  }

  private func read() throws -> HeldCube {
    let place = folder.relativePath
    guard bands.count > 1 else {
      throw Complaint(
        place, "is a folder without pictures of bands, a cube was wanted",
        remedy: "give a file, or a folder of PNG pictures named like band_1293nm.png")
    }
    for (first, second) in zip(bands, bands.dropFirst()) where first.nanometers == second.nanometers
    {
      throw Complaint(
        place,
        "holds two pictures at \(first.nanometers) nm: \(first.file.lastPathComponent) and "
          + second.file.lastPathComponent,
        remedy: "give each recording a folder of its own")
    }
    var shape = CubeShape(lines: 0, samples: 0, bands: bands.count)
    var values: [Float] = []
    var largest: UInt16 = 0
    for (band, entry) in bands.enumerated() {
      let map = try LabelMapFile.read(entry.file)
      if band == 0 {
        shape = CubeShape(lines: map.height, samples: map.width, bands: bands.count)
        guard map.width * map.height <= CubeFile.valueLimit / bands.count else {
          throw CubeError(place, .tooManyNumbers(shape, lines: shape.lines))
        }
        values = [Float](repeating: 0, count: shape.lines * shape.valuesPerLine)
      }
      guard map.width == shape.samples, map.height == shape.lines else {
        throw Complaint(
          entry.file.relativePath,
          "is \(map.height) lines × \(map.width) samples, the first band \(shape.lines) × "
            + "\(shape.samples)",
          remedy: "keep the bands of one recording in the folder, and no previews")
      }
      for (pixel, number) in map.labels.enumerated() {
        values[pixel * bands.count + band] = Float(number)
        largest = max(largest, number)
      }
    }
    return HeldCube(
      name: place, shape: shape, wavelengths: bands.map { Wavelength(nanometers: $0.nanometers) },
      numberType: largest > 255 ? .uint16 : .uint8, interleave: .bsq,
      notes: ["\(bands.count) pictures, one for each band, named by its wavelength"],
      files: [folder], wavelengthFilesSought: [], values: values)
  }
}
