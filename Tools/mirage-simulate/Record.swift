import BeltSimulation
import CommandKit
import Datasets
import Diagnostics
import Foundation

/// Writes a folder of paired recordings that `mirage-train` reads.
struct Record: BeltCommand {
  static let name = "record"
  static let summary = "Writes paired recordings (picture, cube, references) with ground truth."
  static let examples = [
    "mirage-simulate record --out Recordings/metals --recordings 40 --groups 8",
    "mirage-simulate record --out Recordings/gamma0 --scene coated --gamma 0 --alpha 1 --beta 1",
    "mirage-simulate record --out Recordings/pilot --recordings 60 --unlabelled-share 0.8",
  ]

  var out = URL(filePath: "Recordings")
  var recordings = 24
  var groups = 6
  var unlabelledShare = 0.0
  var scannerPixel: Double?
  var options = SceneOptions()

  static let flags: [Flag<Self>] =
    [
      .required("--out", \.out, "FOLDER", "Where the recordings go; must not hold any yet"),
      .value("--recordings", \.recordings, "N", "How many", in: .from(1, to: 10_000)),
      .value(
        "--groups", \.groups, "N", "Days with lamps, dirt and camera settings of their own",
        in: .from(1, to: 1000)),
      .value(
        "--unlabelled-share", \.unlabelledShare, "U", "Share of pieces whose label is withheld",
        in: .from(0, to: 1)),
      .optional(
        "--scanner-pixel", \.scannerPixel, "MM",
        "Size of the line scanner's pixel on the belt (default: metals 1, coated 2)"),
    ] + sceneFlags

  func run() async throws {
    var settings = try options.settings(scannerPixel: scannerPixel)
    Interruption.install()
    var folder = try NewRecordings(
      out, name: "simulated \(options.scene.rawValue)", classes: settings.scene.classes,
      calibration: SimulatedBelt(settings, seed: options.seed).calibration)
    let progress = ProgressLine("recordings", total: recordings)
    let groupCount = min(groups, recordings)
    for group in 0..<groupCount {
      settings.session = Session(day: group, seed: options.seed)
      let belt = SimulatedBelt(settings, seed: options.seed &* 1000 &+ UInt64(group))
      let numbers = (group * recordings / groupCount)..<((group + 1) * recordings / groupCount)
      for (section, number) in numbers.enumerated() {
        try Interruption.check(
          saved: "\(number) of \(recordings) recordings are whole, but no manifest was written")
        try folder.add(
          belt.recording(section: section, unlabelledShare: unlabelledShare), number: number + 1,
          group: "day-\(group + 1)")
        progress.advance()
      }
    }
    progress.finish()
    try folder.finish()
    print(
      """
      \(recordings) recordings with \(folder.pieceCount) pieces, \(folder.labelledCount) of them \
      labelled, lie in \(out.relativePath)
      next: mirage-train inspect \(out.relativePath)
      """)
  }
}
