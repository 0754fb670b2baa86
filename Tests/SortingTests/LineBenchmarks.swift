import Cameras
import Conveyor
import Foundation
import ModelExchange
import NeuralNetworks
import Sorting
import TestSupport
import Testing

/// The path of a frame, from a picture to decisions, at the size and rate of a fast line.
@Suite("Line benchmarks", .tags(.benchmark), .serialized)
struct LineBenchmarks {
  private typealias Run = LineRun<LineRecording.Source, BundleClassifier, SimulatedClock>

  private static func run(
    _ recording: LineRecording, _ student: LineStudent, on engine: Engine
  ) throws -> Run {
    let clock = SimulatedClock()
    let classifier = try BundleClassifier(student.bundle, threads: engine.threads)
    let calibration = recording.belt.calibration
    let pipeline = try Pipeline(
      classifier, calibration: calibration, ejected: [student.contents.classes[0]],
      settings: PipelineSettings(
        valves: ValveSettings(barMillimeters: calibration.valveBarMillimeters)), clock: clock)
    return LineRun(LineRecording.Source(recording), through: pipeline, clock: clock)
  }

  private static func recording() -> LineRecording {
    LineRecording(Benchmark.isFull ? .full : .small, frames: Benchmark.isFull ? 120 : 6)
  }

  @Test("a frame's work", arguments: [1, 2])
  func work(threads: Int) throws {
    let recording = Self.recording()
    try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
      let student = try LineStudent(for: recording, on: engine)
      var run = try Self.run(recording, student, on: engine)
      let summary = try run.play(until: { false }, emit: { _ in })
      #expect(summary.frames.decided == recording.frames.count)
      #expect(summary.pieces.isBalanced)
      func keep(_ times: Durations, below limit: Duration, _ name: String) {
        Benchmark("1080p, 60 pieces in view, \(threads) threads, p99 of \(name)", unit: "ms")
          .keep(
            .nanoseconds(Int64(times.milliseconds(at: 0.99) * 1e6)), below: limit, which: "limit")
      }
      let times = run.pipeline.times
      keep(times.frame, below: .milliseconds(10), "a frame's work")
      for (stage, durations) in zip(Stage.allCases, times.stages)
      where [.segment, .sample, .infer].contains(stage) {
        keep(durations, below: .milliseconds(10), "its stage \(stage.rawValue)")
      }
    }
  }

  /// The same frames, the same network, decisions compared first.
  @Test("beside OpenCV and ONNX Runtime", arguments: [1, 2])
  func race(threads: Int) throws {
    let recording = Self.recording()
    try withTemporaryFolder { folder in
      try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
        let student = try LineStudent(for: recording, on: engine)
        var decisions: [PieceDecision] = []
        func ours() throws {
          var run = try Self.run(recording, student, on: engine)
          decisions.removeAll(keepingCapacity: true)
          _ = try run.play(until: { false }) { event in
            if case .decision(let decision) = event { decisions.append(decision) }
          }
        }
        try ours()
        let peer =
          Benchmark.isFull
          ? try LinePeer(recording, student, threads: threads, in: folder) : nil
        if let peer { try peer.compare(decisions, classes: student.contents.classes) }
        try Benchmark("1080p line, 60 pieces in view, \(threads) threads", unit: "frames").race(
          work: Double(recording.frames.count), against: "OpenCV and ONNX Runtime", target: 3,
          turns: 5, tries: 1, by: threads == 1 ? .processor : .wall,
          ours: { _ in try ours() },
          peer: { _ in .seconds(try #require(peer).turn()) })
      }
    }
  }
}

/// A sorting line as one would write it with OpenCV and ONNX Runtime, ready to sort a recording.
private struct LinePeer {
  private struct Plan: Encodable {
    struct Crop: Encodable {
      var size: Int
      var millimeters: Double
      var mean: [Float]
      var deviation: [Float]
    }
    var width: Int
    var height: Int
    var frames: Int
    var millimeters: [Double]
    var homography: [Double]
    var crop: Crop
    var minimumSquareMillimeters: Double
    var views: Int
  }

  private let program: AnsweringProgram
  private let result: URL

  init(
    _ recording: LineRecording, _ student: LineStudent, threads: Int, in folder: URL
  ) throws {
    let recipe = student.contents.recipe
    let first = try #require(recording.frames.first)
    let plan = Plan(
      width: first.picture.width, height: first.picture.height, frames: recording.frames.count,
      millimeters: recording.frames.map(\.beltMillimeters),
      homography: recording.belt.calibration.color.matrix,
      crop: Plan.Crop(
        size: recipe.colorSize, millimeters: try #require(recipe.cropMillimeters),
        mean: recipe.colorMean, deviation: recipe.colorDeviation),
      minimumSquareMillimeters: SegmentationSettings().minimumSquareMillimeters,
      views: DecisionTiming().views)
    let names = ["line.json", "frames", "model.onnx", "result"].map { folder.appending(path: $0) }
    try JSONEncoder().encode(plan).write(to: names[0])
    try recording.frames.reduce(into: Data()) { $0 += $1.picture.pixels }.write(to: names[1])
    try ONNXModel(student.graph, parameters: student.parameters, outputs: ["logits"])
      .write(to: names[2])
    result = names[3]
    program = try AnsweringProgram(
      packageRoot.appending(path: "Tools/time-line").path,
      [names[0].path, names[1].path, names[2].path, "\(threads)", names[3].path])
    try #require(program.answer() == "ready")
  }

  /// Sorts the recording once more; gives the seconds.
  func turn() throws -> Double { try #require(Double(try program.ask() ?? "")) }

  /// Expects that the peer decided nearly all pieces as we did.
  func compare(_ ours: [PieceDecision], classes: [String]) throws {
    let theirs = try String(contentsOf: result, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: " ").compactMap { Double($0) }
    }
    var (both, same) = (0, 0)
    for decision in ours {
      let center = decision.beltMillimeters.center
      let near = theirs.first { abs($0[0] - center.x) < 6 && abs($0[1] - center.y) < 6 }
      guard let near else { continue }
      both += 1
      if classes[Int(near[2])] == decision.class { same += 1 }
    }
    print("decided by both \(both) of \(ours.count) and \(theirs.count), the same \(same)")
    #expect(Double(both) > 0.9 * Double(max(ours.count, theirs.count)), "pieces of both")
    // Outlines differ by a pixel here and there, and this student's classes lie close together.
    #expect(Double(same) > 0.92 * Double(both), "decisions that agree")
  }
}
