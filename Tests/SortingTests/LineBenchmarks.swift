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
  typealias Source = LineRecording.Source
  typealias Run = LineRun<Source, BundleClassifier, SimulatedClock>

  private static func pipeline<Clock: LineClock>(
    for recording: LineRecording, _ student: LineStudent, threads: Int, clock: Clock
  ) throws -> Pipeline<BundleClassifier, Clock> {
    let calibration = recording.belt.calibration
    return try Pipeline(
      try BundleClassifier(student.bundle, threads: threads), calibration: calibration,
      ejected: [student.contents.classes[0]],
      settings: PipelineSettings(
        valves: ValveSettings(barMillimeters: calibration.valveBarMillimeters)), clock: clock,
      with: threads > 1 ? Companion() : nil)
  }

  /// The line in virtual time, over `count` frames or the recording once.
  static func run(
    _ recording: LineRecording, _ student: LineStudent, threads: Int, count: Int? = nil
  ) throws -> Run {
    let clock = SimulatedClock()
    let pipeline = try pipeline(for: recording, student, threads: threads, clock: clock)
    return LineRun(
      Source(recording, count: count), through: pipeline, clock: clock,
      remembering: count == nil ? .decisions : .nothing)
  }

  private static func recording() -> LineRecording {
    Benchmark.isFull ? .full : LineRecording(.small)
  }

  /// A minute in real time, ten in the long form: whether each decision is in time.
  @Test("in real time", arguments: [1, 2])
  func realTime(threads: Int) throws {
    let recording = Self.recording()
    let isLong = ProcessInfo.processInfo.environment["MIRAGE_FORM"] == "long"
    let seconds = Benchmark.isFull ? isLong ? 600 : 60 : 0.4
    try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
      let student = try LineStudent(for: recording, on: engine)
      let clock = RunningClock()
      let pipeline = try Self.pipeline(for: recording, student, threads: threads, clock: clock)
      let count = Int(seconds * LineRecording.framesPerSecond)
      let source = PacedSource(Source(recording, count: count), clock: clock)
      var run = LineRun(source, through: pipeline, clock: clock, remembering: .nothing)
      var toDecision = Durations()
      let summary = try run.play(until: { false }) { event in
        guard case .decision(let decision) = event else { return }
        toDecision.note(decision.exposedAt.duration(to: decision.decidedAt))
      }
      #expect(summary.frames.decided + summary.frames.late + summary.frames.dropped == count)
      #expect(summary.pieces.isBalanced)
      let name = "1080p, 60 pieces in view, 60 a second, \(threads) threads, \(Int(seconds)) s"
      Self.keep(toDecision, "\(name), p99 from exposure to decision")
      let times = run.pipeline.times
      Self.keep(times.frame, "\(name), p99 of a frame's work")
      for (stage, durations) in zip(Stage.allCases, times.stages)
      where [.segment, .sample, .infer].contains(stage) {
        Self.keep(durations, "\(name), p99 of its stage \(stage.rawValue)")
      }
      print(
        "\(name): \(summary.pieces.decided) decided, \(summary.pieces.late) late;"
          + " \(summary.frames.dropped) frames dropped")
      for share in [0.5, 0.9, 0.99, 0.999, 1] {
        print("from exposure to decision, \(share): \(toDecision.milliseconds(at: share)) ms")
      }
    }
  }

  private static func keep(_ times: Durations, _ name: String) {
    Benchmark(name, unit: "ms").keep(
      .nanoseconds(Int64(times.milliseconds(at: 0.99) * 1e6)), below: .milliseconds(10),
      which: "limit")
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
          var run = try Self.run(recording, student, threads: threads)
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
