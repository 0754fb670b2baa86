import CommandKit
import Diagnostics
import Foundation
import Imaging
import Inspections

/// What `inspect` does with cubes.
struct InspectCubes {
  var isJSON = false
  var previews: URL?
  var repairs = false
  var reading: Int?
  var picture: URL?
  var spectra: [CubeRegion] = []
  var out: URL?

  /// Refuses flags that need each other, and one output for several files.
  func check(_ files: [URL]) throws {
    if reading != nil, !repairs {
      throw Complaint("--reading", "chooses what --repair writes, which is not given")
    }
    if spectra.isEmpty != (out == nil) {
      throw Complaint(
        spectra.isEmpty ? "--out" : "--spectra",
        spectra.isEmpty ? "names a drawing, but no --spectra" : "needs --out FILE.svg to draw to")
    }
    let isOne = previews != nil || picture != nil || out != nil || repairs
    if isOne, files.count != 1 {
      throw Complaint(
        "inspect", "\(files.count) files are given, and what is drawn or repaired is one",
        remedy: "give one cube at a time")
    }
  }

  /// Prints a screen about one cube, and draws or repairs what was asked for.
  func cube(_ file: URL) throws -> Bool {
    let inspection = try CubeInspection(file)
    print(isJSON ? try JSONFile.line(CubeRow(inspection)) : inspection.text)
    if let previews { try draw(previews: previews, of: inspection) }
    if repairs { return try repair(inspection) }
    guard let reader = inspection.reader else { return false }
    if let picture {
      let drawn = try CubePicture(reader)
      try PictureFile.write(drawn.picture, to: picture)
      say("picture: \(picture.relativePath): \(drawn.explanation)")
    }
    if let out {
      let dead = Set(inspection.statistics?.deadBands ?? [])
      let drawn = try spectra.map { try RegionSpectrum($0, of: reader, gaps: dead) }
      try AtomicFile.write(SpectrumChart(drawn, of: reader).svg, to: out)
      say("spectra: \(out.relativePath)")
      for spectrum in drawn { say("  \(spectrum.text)") }
    }
    return true
  }

  /// Prints a table of the cubes in a folder, or an object for each.
  func folder(_ folder: URL) throws -> Bool {
    let files = try CubeTable.cubes(in: folder)
    guard !files.isEmpty else {
      throw Complaint(
        folder.relativePath, "there is no cube in this folder",
        remedy: "give a folder with .hdr, .npy, .mat or .tif files, or a picture for each band")
    }
    let rows = try files.map { try CubeRow(CubeInspection($0), in: folder) }
    if isJSON {
      for row in rows { print(try JSONFile.line(row)) }
    } else {
      print(CubeTable.text(of: rows, name: folder.relativePath))
    }
    return rows.allSatisfy { $0.verdict != .unusable }
  }

  private func draw(previews file: URL, of inspection: CubeInspection) throws {
    try PictureFile.write(try diagnosis(of: inspection).previews(), to: file)
    say("previews: \(file.relativePath)")
  }

  private func repair(_ inspection: CubeInspection) throws -> Bool {
    let diagnosis = try diagnosis(of: inspection)
    if inspection.verdict == .good, reading == nil {
      say("nothing to repair")
      return true
    }
    let written = try diagnosis.repair(reading: reading.map { $0 - 1 })
    say("repaired: \(written.relativePath)")
    let after = try CubeInspection(written)
    if !isJSON { print("\n\(after.text)") }
    return after.verdict != .unusable
  }

  private func diagnosis(of inspection: CubeInspection) throws -> HeaderDiagnosis {
    guard let diagnosis = inspection.diagnosis else {
      throw Complaint(
        inspection.file.relativePath,
        inspection.trouble ?? "is no ENVI cube: only headers of ENVI have readings")
    }
    return diagnosis
  }

  /// Beside JSON, what was done goes to standard error.
  private func say(_ text: String) {
    guard isJSON else { return print(text) }
    FileHandle.standardError.write(Data("\(text)\n".utf8))
  }
}

extension CubeRegion: ArgumentValue {
  public static var expectation: String { "X,Y or X,Y,WIDTH,HEIGHT in whole pixels" }
  public var argumentText: String { text }
  public init?(argument: String) { self.init(text: argument) }
}
