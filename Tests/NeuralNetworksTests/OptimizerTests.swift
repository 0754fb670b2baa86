import Diagnostics
import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// Steps of torch.optim; from Tools/make-goldens/optimizers.py.
private struct OptimizerGoldens: Decodable {
  struct Run: Decodable {
    let parameters, averaged: [String: GoldenTensor]
    let lengths: [Float]
  }

  let rate, weightDecay, averageDecay, clipNorm: Float
  let start: [String: GoldenTensor]
  let gradients: [[String: GoldenTensor]]
  let runs: [String: Run]

  static func read() throws -> OptimizerGoldens {
    try JSONFile.read(
      OptimizerGoldens.self, at: sampleData.appending(path: "Golden/optimizers/optimizers.json"))
  }
}

@Suite("Optimizer")
struct OptimizerTests {
  static let parts = [
    Part(name: "dense.kernel", shape: [3, 4], role: .kernel),
    Part(name: "dense.bias", shape: [3], role: .bias),
    Part(name: "norm.scale", shape: [3], role: .scale),
    Part(name: "norm.runningMean", shape: [3], role: .runningMean),
  ]

  @Test(
    "steps are those of torch.optim", .tags(.golden),
    arguments: ["momentumSGD", "momentumSGD.clipped", "adamW", "adamW.clipped"])
  func golden(name: String) throws {
    let goldens = try OptimizerGoldens.read()
    let run = try #require(goldens.runs[name])
    var settings = OptimizerSettings(
      algorithm: name.hasPrefix("adamW") ? .adamW : .momentumSGD, learningRate: goldens.rate)
    settings.beta2 = 0.99
    settings.weightDecay = goldens.weightDecay
    settings.averageDecay = goldens.averageDecay
    settings.clipNorm = name.hasSuffix("clipped") ? goldens.clipNorm : nil
    var optimizer = Optimizer(settings, parts: Self.parts)
    var parameters = Parameters(
      try Self.parts.dropLast().map { ($0.name, try #require(goldens.start[$0.name]).tensor) }
        + [("norm.runningMean", Tensor(shape: [3], repeating: 7))])
    for (step, gradients) in goldens.gradients.enumerated() {
      let length = optimizer.step(
        &parameters, gradients: Parameters(gradients.map { ($0, $1.tensor) }), rate: goldens.rate)
      expectClose(length, run.lengths[step], absolute: 1e-5, relative: 1e-5)
    }
    let averaged = try #require(optimizer.averaged)
    for part in Self.parts.dropLast() {
      let found = try #require(parameters[part.name])
      expectClose(
        found, try #require(run.parameters[part.name]).tensor, absolute: 1e-5, part.name)
      expectClose(
        try #require(averaged[part.name]), try #require(run.averaged[part.name]).tensor,
        absolute: 1e-5, part.name)
    }
  }

  @Test(
    "ten steps are five steps, a rest and five steps, bit for bit",
    arguments: OptimizerSettings.Algorithm.allCases)
  func resumption(algorithm: OptimizerSettings.Algorithm) throws {
    var settings = OptimizerSettings(algorithm: algorithm)
    settings.averageDecay = 0.9
    settings.clipNorm = 1
    let (wanted, finished) = Self.run(Optimizer(settings, parts: Self.parts), from: nil, 0..<10)
    let (half, stopped) = Self.run(Optimizer(settings, parts: Self.parts), from: nil, 0..<5)
    let restored = try Optimizer(settings, parts: Self.parts, restoring: stopped.state)
    #expect(restored.stepCount == 5)
    let (found, resumed) = Self.run(restored, from: half, 5..<10)
    #expect(found == wanted)
    #expect(resumed.averaged == finished.averaged)
    #expect(resumed.state.map(\.0) == finished.state.map(\.0))
    #expect(resumed.state.map(\.1) == finished.state.map(\.1))
  }

  /// Steps with gradients that depend on the step alone.
  private static func run(
    _ optimizer: Optimizer, from start: Parameters?, _ steps: Range<Int>
  ) -> (Parameters, Optimizer) {
    var optimizer = optimizer
    var random = SplitMix64(seed: 1, purpose: "start")
    var parameters =
      start
      ?? Parameters(parts.map { ($0.name, Tensor(normal: $0.shape, deviation: 1, using: &random)) })
    for step in steps {
      var random = SplitMix64(seed: UInt64(step), purpose: "gradients")
      let gradients = Parameters(
        parts.filter(\.isTrained).map {
          ($0.name, Tensor(normal: $0.shape, deviation: 1, using: &random))
        })
      parameters["norm.runningMean"] = Tensor(shape: [3], repeating: Float(step))
      optimizer.step(&parameters, gradients: gradients, rate: 0.01)
    }
    return (parameters, optimizer)
  }

  @Test("a checkpoint that does not fit is refused by name")
  func wrongState() throws {
    var settings = OptimizerSettings(algorithm: .adamW)
    let (_, optimizer) = Self.run(Optimizer(settings, parts: Self.parts), from: nil, 0..<1)
    let missing = optimizer.state.filter { $0.0 != "optimizer.second/dense.bias" }
    let remedy = "restore with the network and settings that were saved, or start anew"
    #expect(
      throws: Complaint(
        "run.safetensors", "'optimizer.second/dense.bias' is missing", remedy: remedy)
    ) {
      try Optimizer(
        settings, parts: Self.parts, restoring: missing, place: "run.safetensors")
    }
    #expect(
      throws: Complaint(
        "run.safetensors", "'optimizer.first/dense.bias' has shape [3], [4] was wanted",
        remedy: remedy)
    ) {
      try Optimizer(
        settings, parts: [Part(name: "dense.bias", shape: [4], role: .bias)],
        restoring: optimizer.state, place: "run.safetensors")
    }
    settings.averageDecay = 0.9
    #expect(throws: Complaint.self) {
      try Optimizer(settings, parts: Self.parts, restoring: optimizer.state)
    }
  }

  @Test("gradients that are not finite change nothing")
  func divergence() {
    var (parameters, optimizer) = Self.run(
      Optimizer(OptimizerSettings(), parts: Self.parts), from: nil, 0..<1)
    let before = parameters
    let gradients = Parameters(
      Self.parts.map { ($0.name, Tensor(shape: $0.shape, repeating: .nan)) })
    let length = optimizer.step(&parameters, gradients: gradients, rate: 1)
    #expect(!length.isFinite)
    #expect(parameters == before && optimizer.stepCount == 1)
  }

  @Test("parts that were left out stay as they are")
  func frozenParts() {
    let moving = [Part(name: "dense.bias", shape: [3], role: .bias)]
    let (parameters, _) = Self.run(
      Optimizer(OptimizerSettings(), parts: moving), from: nil, 0..<1)
    let (still, _) = Self.run(Optimizer(OptimizerSettings(), parts: []), from: nil, 0..<1)
    #expect(parameters["dense.kernel"] == still["dense.kernel"])
    #expect(parameters["dense.bias"] != still["dense.bias"])
  }

  @Test("settings take what is not named from the defaults and refuse what makes no sense")
  func settings() throws {
    let text = #"{ algorithm: "momentumSGD", learningRate: 0.1, clipNorm: 5 }"#
    let settings = try JSONFile.decode(
      OptimizerSettings.self, from: Data(text.utf8), place: "experiment.json5")
    var wanted = OptimizerSettings(algorithm: .momentumSGD, learningRate: 0.1)
    wanted.clipNorm = 5
    #expect(settings == wanted)
    try settings.check(place: "experiment.json5")
    wanted.momentum = 1
    #expect(
      throws: Complaint("experiment.json5", "momentum is 1.0, at least 0 and below 1 was wanted")
    ) { try wanted.check(place: "experiment.json5") }
  }
}

@Suite("Schedule")
struct ScheduleTests {
  @Test("rises to the peak, then falls along half a cosine")
  func rates() {
    let schedule = CosineSchedule(steps: 8, warmUp: 4, peak: 2)
    let root = Float(0.5.squareRoot())
    expectClose(
      (0..<10).map { schedule[$0] }, [0.5, 1, 1.5, 2, 2, 1 + root, 1, 1 - root, 0, 0],
      absolute: 1e-6)
  }

  @Test("starts at the peak without a rise")
  func noWarmUp() {
    #expect(CosineSchedule(steps: 3, peak: 0.5)[0] == 0.5)
    #expect(CosineSchedule(steps: 3, warmUp: 3, peak: 0.5)[2] == 0.5)
  }
}
