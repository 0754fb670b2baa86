import BeltSimulation
import CameraCalibration
import CommandKit
import Diagnostics
import Foundation
import Hyperspectral
import Imaging

/// Writes what a commissioning engineer would record of tile, lamp, sheet and chart.
struct Commission: Command {
  static let name = "commission"
  static let summary =
    "Writes recordings of white tile, lamp, gray sheet and chart, with the truth."
  static let examples = [
    "mirage-simulate commission --out Commissioning",
    "mirage-simulate commission --out Commissioning --white-ms 20 --seed 7",
  ]

  var out = URL(filePath: "Commissioning")
  var samples = 256
  var whiteMilliseconds = 10.0
  var seed: UInt64 = 1

  static let flags: [Flag<Self>] = [
    .required("--out", \.out, "FOLDER", "Where they go; must not hold any yet"),
    .value("--samples", \.samples, "N", "Columns of the camera", in: .from(32, to: 4096)),
    .value(
      "--white-ms", \.whiteMilliseconds, "MS",
      "Integration time of dark and white; 10 fills most of the range, 20 is too long",
      in: .from(0.5, to: 1000)),
    .value("--seed", \.seed, "S", "Same seed, same camera"),
  ]

  func run() async throws {
    guard !FileManager.default.fileExists(atPath: out.path) else {
      throw Complaint(
        out.relativePath, "is there already", remedy: "give another folder with --out")
    }
    let references = SimulatedReferences(samples: samples, seed: seed)
    // Folders named after the steps, as `mirage-calibrate verify` wants them.
    let spectral = out.appending(path: "radiometry")
    let times = [whiteMilliseconds, whiteMilliseconds / 2, whiteMilliseconds / 4]
    for (index, time) in times.enumerated() {
      let ending = index == 0 ? "" : "-\(Self.text(time))ms"
      try write(
        references.dark(milliseconds: time), at: spectral.appending(path: "dark\(ending).hdr"), time
      )
      try write(
        references.white(milliseconds: time), at: spectral.appending(path: "white\(ending).hdr"),
        time)
    }
    let tile = #"""
      {
        name: "simulated tile", source: "mirage-simulate: a perfect white",
        reflectance: [[350, 1], [1100, 1]],
      }

      """#
    try AtomicFile.write(tile, to: spectral.appending(path: "tile.json5"))
    let lamp = out.appending(path: "wavelengths")
    try write(
      references.lamp([.mercury, .argon]), at: lamp.appending(path: "lamp.hdr"), 20)
    try write(references.dark(milliseconds: 20), at: lamp.appending(path: "dark.hdr"), 20)
    let color = out.appending(path: "color-radiometry")
    try PictureFile.write(references.blackPicture(), to: color.appending(path: "black.png"))
    try PictureFile.write(references.flatPicture(), to: color.appending(path: "flat.png"))
    try PictureFile.write(references.chartPicture(), to: color.appending(path: "chart.png"))
    try AtomicFile.write(
      JSONFile.encode(references.truth), to: out.appending(path: "truth.json"))
    print(
      """
      tile, lamp, sheet and chart lie in \(out.relativePath)
      next: mirage-calibrate radiometry --rig line-1 --operator NAME \
      --from \(out.relativePath)/radiometry
      """)
  }

  private func write(_ cube: Cube<RawCounts>, at file: URL, _ milliseconds: Double) throws {
    try ENVIFile.write(
      cube, to: file,
      fields: [
        .init(name: "sensor type", value: "simulated FX10", isList: false),
        .init(name: "full scale", value: "4095", isList: false),
        .init(name: "integration time", value: Self.text(milliseconds), isList: false),
      ])
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() ? "\(Int(value))" : "\(value)"
  }
}
