import Bundles
import Diagnostics
import Foundation
import Models
import NeuralNetworks
import Samples
import Sorting
import Tensors
import TestSupport
import Testing

@Suite("miraged run")
struct MiragedTests {
  /// A bundle whose network was never trained: it says little, but it says it in time.
  static func writeBundle(to folder: URL) throws {
    try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      var architecture = Architecture(colorSize: 16, cubeSize: 16, bands: 4, classes: 3)
      architecture.compactStem = 8
      architecture.compactStages = [.init(filters: 8, stride: 2)]
      let graph = Networks.compact(architecture)
      var random = SplitMix64(seed: 7)
      let parameters = Parameters(initializing: graph, using: &random)
      let color = Tensor(normal: [2, 16, 16, 3], deviation: 1, using: &random)
      let plan = try InferencePlan(
        graph, batch: 2, parameters: parameters, outputs: ["logits"], on: engine)
      let contents = StudentBundle.Contents(
        name: "untrained", network: .compact, joining: .mean, architecture: architecture,
        classes: ["copper", "brass", "aluminium"],
        recipe: SampleRecipe(
          colorSize: 16, cubeSize: 16, cropMillimeters: 48, masksBackground: true),
        temperature: 1, thresholds: [0, 0, 0], energyLimit: nil, calibration: "none", origin: [:])
      let logits = try #require(try plan(["color": color])["logits"])
      try StudentBundle(contents: contents, parameters: parameters, golden: (color, logits))
        .write(to: folder, card: "Untrained, for tests.")
    }
  }

  /// Runs `body` with a bundle and a folder of six frames with their truth.
  private func withLine(_ body: (_ bundle: String, _ frames: URL, _ folder: URL) throws -> Void)
    throws
  {
    try withTemporaryFolder { folder in
      let (bundle, frames) = (folder.appending(path: "bundle"), folder.appending(path: "frames"))
      try Self.writeBundle(to: bundle)
      let played = try run(
        "mirage-simulate",
        [
          "belt", "--out", frames.path, "--seconds", "0.6", "--rate", "10", "--speed", "600",
          "--pieces", "6",
        ])
      try #require(played.status == 0, "\(played.error)")
      try body(bundle.path, frames, folder)
    }
  }

  @Test("sorts a folder: lines, summary, score and drawings, with a broken frame counted and told")
  func folder() throws {
    try withLine { bundle, frames, folder in
      try Data("no picture".utf8).write(to: frames.appending(path: "frame-00003.png"))
      let summaryFile = folder.appending(path: "out/summary.json")
      let render = folder.appending(path: "drawn")
      let arguments = [
        "run", "--bundle", bundle, "--frames", frames.path, "--eject", "copper,brass,aluminium",
        "--summary", summaryFile.path, "--render", render.path,
      ]
      let result = try run("miraged", arguments)
      #expect(result.status == 0, "\(result.error)")
      #expect(result.error.contains("frames 6 = 5 decided + 0 late + 0 dropped + 1 lost"))
      #expect(result.error.contains("lost: "))
      #expect(result.error.contains("frame-00003.png"))
      #expect(result.error.contains("truth: "))
      let events = try result.output.split(separator: "\n").map { line in
        try JSONFile.decode(SortEvent.self, from: Data(line.utf8), place: "line")
      }
      let summary = try JSONFile.read(RunSummary.self, at: summaryFile)
      #expect(summary.framesExposed == 6)
      #expect(summary.pieces.isBalanced)
      #expect(summary.pieces.open == 0)
      let decisions = events.count { if case .decision = $0 { true } else { false } }
      #expect(decisions > 4)
      #expect(summary.pieces.decided == decisions)
      let score = try #require(summary.score)
      #expect(score.missed + decisions - score.falsePieces == score.truePieces)
      for name in ["run.webp", "pieces.png", "frames/frame-000000.png"] {
        #expect(
          FileManager.default.fileExists(atPath: render.appending(path: name).path), "\(name)")
      }
      // The same again in simulated time: the same lines, to the byte.
      #expect(try run("miraged", Array(arguments.dropLast(2))).output == result.output)
    }
  }

  @Test("an altered bundle is refused by the name of what differs")
  func alteredBundle() throws {
    try withLine { bundle, frames, _ in
      let weights = URL(filePath: bundle).appending(path: "weights.safetensors")
      var bytes = try Data(contentsOf: weights)
      bytes[bytes.count - 1] ^= 1
      try bytes.write(to: weights)
      let result = try run("miraged", ["run", "--bundle", bundle, "--frames", frames.path])
      #expect(result.status == 1)
      #expect(result.output.isEmpty)
      #expect(result.error.contains("weights.safetensors was altered"))
    }
  }

  @Test("Ctrl-C in real time ends with a whole summary", .timeLimit(.minutes(20)))
  func interrupt() throws {
    try withTemporaryFolder { folder in
      let bundle = folder.appending(path: "bundle")
      try Self.writeBundle(to: bundle)
      let file = folder.appending(path: "summary.json")
      let program = try RunningProgram(
        "miraged",
        [
          "run", "--bundle", bundle.path, "--simulate", "--seconds", "3600", "--pace", "real",
          "--rate", "5", "--speed", "200", "--summary", file.path,
        ])
      let patience = ContinuousClock.now + .seconds(60)
      while program.isRunning, program.output.isEmpty, ContinuousClock.now < patience {
        Thread.sleep(forTimeInterval: 0.05)
      }
      #expect(!program.output.isEmpty)
      program.send(SIGINT)
      let result = program.finish()
      #expect(result.status == 130, "\(result.error)")
      #expect(result.error.contains("frames "))
      let summary = try JSONFile.read(RunSummary.self, at: file)
      #expect(summary.isInterrupted)
      #expect(summary.pieces.isBalanced)
    }
  }

  @Test(
    "a wrong command line is answered with what to do, and its own exit status",
    arguments: [
      (["--simulate"], "--bundle is missing", 2),
      (["--bundle", "x"], "none of --frames, --camera and --simulate found", 2),
      (["--bundle", "x", "--simulate", "--frames", "y"], "more than one of --frames, --camera", 2),
      (["--bundle", "x", "--camera", "y"], "belt: neither --encoder nor --speed found", 2),
      (
        ["--bundle", "x", "--camera", "y", "--encoder", "z", "--speed", "9"],
        "belt: both --encoder and --speed found", 2
      ),
      (["--bundle", "x", "--camera", "y", "--encoder", "z"], "--mm-per-count: nothing found", 2),
      (
        ["--bundle", "x", "--camera", "y", "--encoder", "z", "--mm-per-count", "0"],
        "--mm-per-count: 0.0 found, the belt's travel for one count", 2
      ),
      (["--bundle", "x", "--simulate", "--encoder", "z"], "--encoder: found without --camera", 2),
      (["--bundle", "x", "--camera", "y", "--speed", "9"], "--calibration: nothing found", 2),
      (["--bundle", "x", "--simulate", "--rate", "-1"], "a number above 0 wanted", 2),
      (["--bundle", "x", "--simulate", "--pace", "slow"], "one of real, fast", 2),
      (["--bundle", "x", "--simulat"], "did you mean '--simulate'?", 2),
      (["--bundle", "/nowhere", "--simulate"], "/nowhere: not a bundle", 1),
      (["--bundle", "x", "--frames", "/nowhere"], "/nowhere: no such folder", 1),
      (
        ["--bundle", "x", "--frames", "SampleData/Golden/videos/plain.mjpeg"],
        "plain.mjpeg: nothing tells how far the belt moved between frames", 1
      ),
      (
        ["--bundle", "x", "--speed", "500", "--frames", "SampleData/Malformed/interlaced.y4m"],
        "interlaced.y4m: the pictures are interlaced", 1
      ),
      (
        ["--bundle", "x", "--speed", "500", "--frames", "SampleData/Golden/videos/halved.y4m"],
        "halved.y4m: has no calibration.json", 1
      ),
    ] as [([String], String, Int32)])
  func wrong(_ arguments: [String], _ text: String, _ status: Int32) throws {
    let result = try run("miraged", ["run"] + arguments)
    #expect(result.status == status)
    #expect(result.error.contains(text), "\(result.error)")
    #expect(result.output.isEmpty)
  }

  @Test("the help names every flag and shows examples")
  func help() throws {
    let result = try run("miraged", ["run", "--help"])
    #expect(result.status == 0)
    for word in [
      "--bundle", "--frames", "--simulate", "--rate", "--eject", "--render", "examples:",
    ] {
      #expect(result.output.contains(word), "\(word)")
    }
  }
}
