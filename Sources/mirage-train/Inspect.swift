import CommandKit
import Datasets
import Diagnostics
import Foundation
import Imaging
import Inspections

/// Looks at whatever a person has: recordings, cubes, pictures.
struct Inspect: Command {
  static let name = "inspect"
  static let summary = "Says what recordings, cubes and pictures hold and whether they can be used."
  static let examples = [
    "mirage-train inspect SampleData/IndianPines",
    "mirage-train inspect belt.hdr belt.png",
    "mirage-train inspect Recordings --json",
    "mirage-train inspect odd.hdr --previews odd.png",
    "mirage-train inspect odd.hdr --repair --reading 2",
    "mirage-train inspect belt.hdr --picture belt.png --spectra 40,12 --spectra 10,5,8,8 "
      + "--out belt.svg",
    "mirage-train inspect --seal Recordings",
  ]

  var files: [URL] = []
  var cubes = InspectCubes()
  var seals = false

  static let operands: [Operand<Self>] = [
    .rest(
      "FILE", \.files,
      "Cube (ENVI header or its numbers, .npy, .mat, .tif, .csv, folder of bands), picture, folder")
  ]
  static let flags: [Flag<Self>] = [
    .toggle("--json", \.cubes.isJSON, "Write one JSON object a cube instead of text"),
    .optional(
      "--previews", \.cubes.previews, "FILE.png",
      "Draw a picture of each reading of an ENVI cube that fits its size"),
    .toggle(
      "--repair", \.cubes.repairs,
      "Write a corrected header beside the old one, where the evidence is clear"),
    .optional(
      "--reading", \.cubes.reading, "N", "With --repair: take this reading of the table"),
    .optional(
      "--picture", \.cubes.picture, "FILE.png",
      "Draw the cube: default bands, natural colors, or false colors, and say which"),
    .repeated(
      "--spectra", \.cubes.spectra, "X,Y[,W,H]",
      "Draw the spectrum of a pixel (sample, line), or mean and deviation of a region"),
    .optional("--out", \.cubes.out, "FILE.svg", "Where to draw the spectra"),
    .toggle(
      "--seal", \.seals,
      "Write the digests of a folder's files into its manifest, after you looked at what changed"),
  ]

  func run() async throws {
    try cubes.check(files)
    var isUsable = true
    for (number, file) in files.enumerated() {
      if number > 0, !cubes.isJSON { print() }
      if seals {
        try seal(file)
      } else {
        isUsable = try inspect(file) && isUsable
      }
    }
    if !isUsable { throw ExitStatus.negative }
  }

  private func inspect(_ file: URL) throws -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) else {
      throw Complaint(file.relativePath, "no such file or folder")
    }
    let kind = file.pathExtension.lowercased()
    let manifest = RecordingFolder.manifestFile(of: file)
    if kind == "json" || isFolder.boolValue && FileManager.default.fileExists(atPath: manifest.path)
    {
      if cubes.isJSON { return try cubes.folder(manifest.deletingLastPathComponent()) }
      print(try RecordingInspection(file).text)
      return true
    }
    if isFolder.boolValue, !CubeTable.isCube(folder: file) { return try cubes.folder(file) }
    if ["png", "jpg", "jpeg"].contains(kind) {
      print(Self.text(of: try PictureFile.read(file), name: file.lastPathComponent))
      return true
    }
    return try cubes.cube(file)
  }

  private func seal(_ file: URL) throws {
    let manifest = RecordingFolder.manifestFile(of: file)
    let sealed = try JSONFile.read(Manifest.self, at: manifest)
      .seal(in: manifest.deletingLastPathComponent())
    print("\(manifest.relativePath): sealed with \(sealed.digests.count) digests")
  }

  /// Size, and mean, deviation and share of black and white of each channel.
  private static func text(of picture: Picture, name: String) -> String {
    var lines = [
      name, "  \(picture.width) × \(picture.height) pixels, \(picture.channels) channels",
    ]
    let names = picture.channels == 1 ? ["gray"] : ["red", "green", "blue"]
    let count = Double(picture.width * picture.height)
    for (channel, label) in names.enumerated() {
      var (sum, squares, black, white) = (0.0, 0.0, 0, 0)
      for place in stride(from: channel, to: picture.pixels.count, by: picture.channels) {
        let value = Double(picture.pixels[place])
        sum += value
        squares += value * value
        if value == 0 { black += 1 }
        if value == 255 { white += 1 }
      }
      let mean = sum / count
      let deviation = max(0, squares / count - mean * mean).squareRoot()
      let shares = [black, white].map { String(format: "%.2f %%", 100 * Double($0) / count) }
      lines.append(
        "  \(label.padding(toLength: 5, withPad: " ", startingAt: 0)) "
          + String(format: "mean %5.1f  deviation %5.1f", mean, deviation)
          + "  at 0: \(shares[0])  at 255: \(shares[1])")
    }
    return lines.joined(separator: "\n")
  }
}
