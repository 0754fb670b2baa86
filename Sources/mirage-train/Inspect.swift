import CommandKit
import Datasets
import Diagnostics
import Foundation
import Hyperspectral
import Imaging

/// Looks at whatever a person has: recordings, a cube, a picture.
struct Inspect: Command {
  static let name = "inspect"
  static let summary = "Says what recordings, cubes and pictures hold and whether they can be used."
  static let examples = [
    "mirage-train inspect SampleData/IndianPines",
    "mirage-train inspect belt.hdr belt.png",
    "mirage-train inspect --seal Recordings",
  ]

  var files: [URL] = []
  var seals = false

  static let operands: [Operand<Self>] = [
    .rest("FILE", \.files, "Folder with manifest.json, cube (.hdr or its numbers), or picture")
  ]
  static let flags: [Flag<Self>] = [
    .toggle(
      "--seal", \.seals,
      "Write the digests of a folder's files into its manifest, after you looked at what changed")
  ]

  func run() async throws {
    var isUsable = true
    for (number, file) in files.enumerated() {
      if number > 0 { print() }
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
    if isFolder.boolValue || kind == "json" {
      print(try RecordingInspection(file).text)
    } else if ["png", "jpg", "jpeg"].contains(kind) {
      print(Self.text(of: try PictureFile.read(file), name: file.lastPathComponent))
    } else if kind == "npy" {
      let cube = try CubeFile.counts(file)
      let (least, most) = (cube.wavelengths.min(), cube.wavelengths.max())
      print(
        """
        \(file.lastPathComponent)
          \(cube.lines) lines × \(cube.samples) samples × \(cube.bands) bands
          wavelengths: \(least?.nanometers ?? 0) to \(most?.nanometers ?? 0) nm
          numbers: \(cube.values.min() ?? 0) to \(cube.values.max() ?? 0)
        """)
    } else {
      let inspection = try ENVIInspection(file)
      print(inspection.text)
      return inspection.isUsable
    }
    return true
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
