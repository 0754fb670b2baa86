import BeltSimulation
import CommandKit
import Diagnostics
import Foundation
import Imaging

/// Writes the frames of a moving belt, as a camera would have taken them.
struct PlayBelt: BeltCommand {
  static let name = "belt"
  static let summary = "Writes the frames of a moving belt with the truth about its pieces."
  static let examples = [
    "mirage-simulate belt --out Frames --seconds 10 --speed 500 --rate 10",
    "mirage-simulate belt --out Frames --strangers 0.1 --format jpg",
  ]

  /// How frames are packed.
  enum Format: String, CaseIterable, ArgumentValue {
    case png
    case jpg
  }

  /// The list beside the frames.
  private struct Frames: Encodable {
    struct Entry: Encodable {
      let file: String
      let seconds: Double
      let beltMillimeters: Double
    }
    var frames: [Entry] = []
  }

  var out = URL(filePath: "Frames")
  var seconds = 10.0
  var speed = 500.0
  var rate = 10.0
  var format = Format.png
  var day: Int?
  var options = SceneOptions()

  static let flags: [Flag<Self>] =
    [
      .required("--out", \.out, "FOLDER", "Where the frames go; must not hold any yet"),
      .value("--seconds", \.seconds, "T", "How long the belt runs", in: .from(0.1, to: 3600)),
      .value("--speed", \.speed, "MM/S", "Speed of the belt", in: .from(0, to: 6000)),
      .value("--rate", \.rate, "HZ", "Frames a second", in: .from(0.1, to: 500)),
      .value("--format", \.format, "TYPE", "Type of the pictures"),
      .optional("--day", \.day, "N", "Conditions of day N of 'record' (default: the standard)"),
    ] + sceneFlags

  func run() async throws {
    var settings = try options.settings()
    if let day { settings.session = Session(day: day - 1, seed: options.seed) }
    let listFile = out.appending(path: "frames.json")
    guard !FileManager.default.fileExists(atPath: listFile.path) else {
      throw Complaint(
        out.relativePath, "holds frames already",
        remedy: "give another folder with --out, or remove this one")
    }
    Interruption.install()
    let belt = SimulatedBelt(settings, seed: options.seed)
    let count = max(1, Int((seconds * rate).rounded()))
    let progress = ProgressLine("frames", total: count)
    var list = Frames()
    for number in 0..<count {
      try Interruption.check(
        saved: "\(number) of \(count) frames are whole, but no list of them was written")
      let time = Double(number) / rate
      let digits = String(number)
      let padding = String(repeating: "0", count: max(0, 5 - digits.count))
      let entry = Frames.Entry(
        file: "frame-\(padding)\(digits).\(format.rawValue)", seconds: time,
        beltMillimeters: time * speed)
      let file = out.appending(path: entry.file)
      try PictureFile.write(belt.picture(atBeltMillimeters: entry.beltMillimeters), to: file)
      list.frames.append(entry)
      progress.advance()
    }
    progress.finish()
    let end = Double(count - 1) / rate * speed + settings.sectionMillimeters
    let pieces = belt.truth(inBeltRange: 0..<end)
    let truth = BeltTruth(classes: settings.scene.classes, pieces: pieces)
    try AtomicFile.write(JSONFile.encode(truth), to: out.appending(path: "truth.json"))
    try AtomicFile.write(
      JSONFile.encode(belt.calibration), to: out.appending(path: "calibration.json"))
    try AtomicFile.write(JSONFile.encode(list), to: listFile)
    print("\(count) frames with \(pieces.count) pieces lie in \(out.relativePath)")
  }
}
