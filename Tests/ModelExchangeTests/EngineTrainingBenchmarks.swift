import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// Our training steps beside PyTorch's and oneDNN's: the same weights and pictures, the first
/// losses compared, by turns.
@Suite("Engine training benchmarks", .tags(.benchmark), .serialized)
struct EngineTrainingBenchmarks {
  /// PyTorch is started where speed is measured alone.
  static let peers = ["oneDNN"] + (Benchmark.isFull ? ["eager", "channels-last", "compiled"] : [])

  @Test("a training step of the residual student", arguments: [1, 2], peers)
  func step(threads: Int, peer: String) throws {
    let graph = EngineBenchmarks.residual
    var random = SplitMix64(seed: 5)
    let parameters = Parameters(initializing: graph, using: &random)
    let batch = Benchmark.isFull ? 64 : 4
    let samples = Tensor(normal: [batch, 64, 64, 3], deviation: 1, using: &random)
    try withTemporaryFolder { folder in
      try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
        let ours = try Lesson(graph, parameters, samples, on: engine)
        let losses = try (0..<6).map { _ in try ours.step() }
        #expect(losses[5] < losses[0])
        let time = try Self.start(peer, losses, graph, parameters, samples, folder, engine)
        try Benchmark(
          "training step of the \(graph.name), batch 64, \(threads) threads", unit: "images"
        ).race(
          work: Double(batch), against: peer == "oneDNN" ? peer : "PyTorch \(peer)", target: 2,
          turns: 5, tries: 1, by: threads == 1 ? .processor : .wall,
          ours: { _ in _ = try ours.step() },
          peer: { _ in
            // Who has just computed looks for more work for a while; the other should not meet it.
            if threads > 1 { Thread.sleep(forTimeInterval: 0.02) }
            defer { if threads > 1 { Thread.sleep(forTimeInterval: 0.02) } }
            return try time()
          })
      }
    }
  }

  /// A peer that has learned as much as `losses` show, and how long another step takes it.
  private static func start(
    _ peer: String, _ losses: [Float], _ graph: Graph, _ parameters: Parameters, _ samples: Tensor,
    _ folder: URL, _ engine: Engine
  ) throws -> () throws -> Duration {
    if peer == "oneDNN" {
      engine.trainingKernels = .oneDNN
      let lesson = try Lesson(graph, parameters, samples, on: engine)
      expectClose(
        losses, try (0..<6).map { _ in try lesson.step() }, absolute: 0, relative: 1e-3, peer)
      let timing = engine.threads == 1 ? Benchmark.Timing.processor : .wall
      return {
        let start = timing.now
        _ = try lesson.step()
        return timing.now - start
      }
    }
    let weights = folder.appending(path: "weights.safetensors")
    try Safetensors.write(
      parameters.names.map { ($0, parameters[$0] ?? Tensor(shape: [0])) }, to: weights)
    let program = try EngineBenchmarks.start(
      "Tools/time-training", [peer, "\(engine.threads)", weights.path], samples,
      beside: losses, within: 1e-3, in: folder)
    return { .seconds(Double(try program.ask() ?? "") ?? .nan) }
  }
}

/// A network that learns the classes of a few pictures by heart.
private final class Lesson {
  private let plan: TrainingPlan
  private let samples: Tensor
  private var optimizer: Optimizer

  init(
    _ graph: Graph, _ parameters: Parameters, _ samples: Tensor, on engine: Engine
  ) throws {
    self.samples = samples
    plan = try TrainingPlan(
      graph, batch: samples.shape[0], parameters: parameters, on: engine)
    var settings = OptimizerSettings(algorithm: .momentumSGD)
    (settings.momentum, settings.weightDecay) = (0.9, 0.0005)
    optimizer = Optimizer(settings, parts: graph.parts)
  }

  /// Makes one step and returns the loss before it.
  func step() throws -> Float {
    let logits = try plan.forward(["color": samples])["logits"] ?? Tensor(shape: [0, 8])
    let loss = crossEntropy(logits, labels: (0..<samples.shape[0]).map { $0 % 8 })
    let gradients = try plan.backward(["logits": loss.gradient])
    plan.update { _ = optimizer.step(&$0, gradients: gradients, rate: 0.01) }
    return loss.value
  }
}
