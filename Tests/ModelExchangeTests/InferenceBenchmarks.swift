import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

@testable import ModelExchange

/// Our inference plan beside ONNX Runtime on the same exported network.
@Suite("Inference benchmarks", .tags(.benchmark), .serialized)
struct InferenceBenchmarks {
  /// A residual network of 846 million operations: 64 × 64 pixels, stages of 32, 64 and 128.
  static let student: Graph = {
    var graph = Graph(name: "residual student")
    var x = graph.input("color", shape: [64, 64, 3])
    func layer(_ name: String, _ x: Graph.Value, _ filters: Int, kernel: Int, stride: Int)
      -> Graph.Value
    {
      graph.batchNormalization(
        "\(name).norm",
        graph.convolution(name, x, filters: filters, kernel: kernel, stride: stride))
    }
    x = graph.rectified(layer("stem", x, 32, kernel: 3, stride: 1))
    for (stage, filters) in [32, 64, 128].enumerated() {
      for block in 0..<2 {
        let name = "stage\(stage).block\(block)"
        let stride = stage > 0 && block == 0 ? 2 : 1
        let first = graph.rectified(layer("\(name).first", x, filters, kernel: 3, stride: stride))
        let second = layer("\(name).second", first, filters, kernel: 3, stride: 1)
        let shortcut =
          stride == 1 ? x : layer("\(name).shortcut", x, filters, kernel: 1, stride: stride)
        x = graph.rectified(graph.sum(second, shortcut))
      }
    }
    graph.output("logits", graph.dense("head", graph.globalAverage(x), outputs: 8))
    return graph
  }()

  @Test("residual student", arguments: [(1, 1), (2, 1), (1, 32), (2, 32)])
  func residual(threads: Int, batch: Int) throws {
    var random = SplitMix64(seed: 5)
    let parameters = Parameters(initializing: Self.student, using: &random)
    let samples = Tensor(normal: [batch, 64, 64, 3], deviation: 1, using: &random)
    let peer =
      Benchmark.isFull
      ? try Self.peer(parameters: parameters, samples: samples, threads: threads) : nil
    try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
      let plan = try InferencePlan(
        Self.student, batch: batch, parameters: parameters, on: engine)
      try Benchmark("inference 64x64, batch \(batch), \(threads) threads", unit: "images").measure(
        small: batch, full: batch, against: peer.map { ($0, target: 1) }, setUp: { _ in samples },
        work: { samples in try #require(plan(["color": samples])["logits"]).values[0] })
    }
  }

  /// What ONNX Runtime does on this machine just now; `nil` where it cannot be had.
  static func peer(
    parameters: Parameters, samples: Tensor, threads: Int
  ) throws -> Benchmark.Peer? {
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "model.onnx")
      let file = folder.appending(path: "samples.safetensors")
      try ONNXModel(student, parameters: parameters).write(to: model)
      try ONNXRuntimeCheck.write(inputs: [("color", samples)], outputs: [], to: file)
      let result = try run(ONNXTests.tool.path, [model.path, file.path, "--rate", "\(threads)"])
      let words = result.output.split(whereSeparator: \.isWhitespace)
      guard result.status == 0, words.count == 2, let rate = Double(words[1]) else { return nil }
      return Benchmark.Peer("ONNX Runtime", rate: rate)
    }
  }
}
