import CommandKit
import Diagnostics
import Foundation
import Sorting

/// Tries a recipe on what the camera saw, before the line sorts by it.
struct ReplayCommand: Command {
  static let name = "replay"
  static let summary = "Sorts a recording by two recipes and shows which pieces they tell apart."

  var frames: URL?
  var isSimulated = false
  var scene = SceneChoice.metals
  var strangers = 0.0
  var seed: UInt64 = 1
  var before = URL(filePath: ".")
  var after = URL(filePath: ".")
  var calibration: URL?
  var speed: Double?
  var rate: Double?
  var seconds: Double?
  var out: URL?
  var json: URL?
  var threads = 1

  static let flags: [Flag<Self>] = [
    .optional(
      "--frames", \.frames, "PATH", "A folder of PNG or JPEG pictures, or an MJPEG or Y4M file"),
    .toggle("--simulate", \.isSimulated, "Sort the simulated belt"),
    .value("--scene", \.scene, "SCENE", "What lies on the simulated belt"),
    .value(
      "--strangers", \.strangers, "SHARE", "Share of simulated pieces that are no metal",
      in: .from(0, to: 1)),
    .value("--seed", \.seed, "N", "Which simulated belt"),
    .required("--before", \.before, "FILE", "The recipe as it is"),
    .required("--after", \.after, "FILE", "The recipe as it may become"),
    .optional("--calibration", \.calibration, "FILE", "The rig; default: beside the frames"),
    .optional("--speed", \.speed, "MM/S", "Belt speed, where frames.json does not tell positions"),
    .optional("--rate", \.rate, "FPS", "Frames a second, where frames.json does not tell times"),
    .optional("--seconds", \.seconds, "S", "Length of the recording; default: all, or 10 s"),
    .optional("--out", \.out, "FILE", "Write a page with a picture of each changed piece"),
    .optional("--json", \.json, "FILE", "Write all changes as JSON"),
    .value("--threads", \.threads, "N", "Threads for a frame's work", in: .from(1, to: 64)),
  ]

  static let examples = [
    "miraged replay --frames Recordings/monday --before Recipes/copper.json5 "
      + "--after Recipes/copper-strict.json5 --out changes.html",
    "miraged replay --simulate --strangers 0.2 --seconds 60 --before a.json5 --after b.json5",
  ]

  func run() async throws {
    Interruption.install()
    let recipes = try [before, after].map(stored)
    var runs: [ReplayedRun] = []
    for recipe in recipes { runs.append(try ReplayedRun(of: options, by: recipe)) }
    let diff = DecisionDiff(from: runs[0].decisions, to: runs[1].decisions)
    let replay = Replay(
      recording: try name, names: recipes.map(\.name), files: [before, after], runs: runs,
      diff: diff)
    print(replay.text)
    if let json { try AtomicFile.write(JSONFile.encode(diff), to: json) }
    if let out {
      try AtomicFile.write(replay.page.html, to: out)
      say("page: \(out.relativePath)")
    }
  }

  /// What `run` would be told, for its frames and its rig.
  private var options: Run {
    var options = Run()
    (options.frames, options.isSimulated) = (frames, isSimulated)
    (options.scene, options.strangers, options.seed) = (scene, strangers, seed)
    (options.calibration, options.speed, options.rate) = (calibration, speed, rate)
    (options.seconds, options.threads, options.pace) = (seconds, threads, .fast)
    return options
  }

  private var name: String {
    get throws { try LineInput(options).name }
  }

  private func stored(_ file: URL) throws -> StoredRecipe {
    let recipe = StoredRecipe(file)
    guard recipe.problems.isEmpty else {
      let words = recipe.problems.joined(separator: "; ")
      throw Complaint(
        file.relativePath, words, remedy: "correct it; 'miraged recipe check' says all of it")
    }
    return recipe
  }
}
