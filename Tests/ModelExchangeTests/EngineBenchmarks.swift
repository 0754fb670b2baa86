import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

@testable import ModelExchange

/// Our inference beside that of other engines: the same weights by our exporter, the same pictures,
/// outputs compared first, by turns.
@Suite("Engine benchmarks", .tags(.benchmark), .serialized)
struct EngineBenchmarks {
  static let peers = ["onnxruntime", "openvino", "ncnn"]

  @Test(
    "residual student",
    arguments: [(1, 1), (2, 1), (1, 8), (2, 8), (1, 32), (2, 32)])
  func residual(threads: Int, batch: Int) throws {
    try race(Self.residual, threads: threads, batch: batch, target: batch == 1 ? 1.6 : 1.8)
  }

  @Test("depthwise student", arguments: [(1, 1), (2, 1), (1, 32), (2, 32)])
  func depthwise(threads: Int, batch: Int) throws {
    try race(Self.depthwise, threads: threads, batch: batch, target: 1.3)
  }

  private func race(_ graph: Graph, threads: Int, batch: Int, target: Double) throws {
    var random = SplitMix64(seed: 5)
    let parameters = Parameters(initializing: graph, using: &random)
    let samples = Tensor(normal: [batch, 64, 64, 3], deviation: 1, using: &random)
    for peer in Self.peers.prefix(Benchmark.isFull ? 3 : 1) {
      try withTemporaryFolder { folder in
        let model = folder.appending(path: "model.onnx")
        try ONNXModel(graph, parameters: parameters).write(to: model)
        try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
          let plan = try InferencePlan(graph, batch: batch, parameters: parameters, on: engine)
          var logits = [Float](repeating: 0, count: batch * 8)
          func ours() throws {
            var span = logits.mutableSpan
            try plan.run(color: samples.values.span, into: &span)
          }
          try ours()
          let program =
            Benchmark.isFull
            ? try Self.start(peer, threads, model, samples, beside: logits, in: folder) : nil
          try Benchmark(
            "\(graph.name), batch \(batch), \(threads) threads", unit: "images"
          ).race(
            work: Double(batch), against: peer, target: target, turns: batch == 1 ? 41 : 15,
            tries: batch == 1 ? 10 : 3, by: threads == 1 ? .processor : .wall,
            ours: { _ in try ours() },
            peer: { _ in
              let time = Double(try program?.ask() ?? "") ?? .nan
              // Its threads look for more work for a while; ours should not meet them.
              if threads > 1 { Thread.sleep(forTimeInterval: 0.01) }
              return .seconds(time)
            })
        }
      }
    }
  }

  /// Another engine, ready to run the same network, after its outputs were compared with ours.
  static func start(
    _ engine: String, _ threads: Int, _ model: URL, _ samples: Tensor, beside logits: [Float],
    in folder: URL
  ) throws -> AnsweringProgram {
    try start(
      "Tools/time-engines", [engine, "\(threads)", model.path], samples, beside: logits,
      within: 2e-5, in: folder)
  }

  /// A program of `Tools`, ready to do what we have done, after its results were compared.
  ///
  /// They may differ by a share of the largest.
  static func start(
    _ program: String, _ arguments: [String], _ samples: Tensor, beside results: [Float],
    within share: Double, in folder: URL
  ) throws -> AnsweringProgram {
    let (file, found) = (folder.appending(path: "samples"), folder.appending(path: "found"))
    try samples.values.withUnsafeBytes { try Data($0).write(to: file) }
    let process = try AnsweringProgram(
      packageRoot.appending(path: program).path, arguments + [file.path, found.path])
    try #require(process.answer() == "ready", "\(program) \(arguments)")
    let bytes = [UInt8](try Data(contentsOf: found))
    let theirs = stride(from: 0, to: bytes.count, by: 4).map { place in
      Float(
        bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) })
    }
    try #require(theirs.count == results.count)
    let largest = Double(results.map(abs).max() ?? 0)
    expectClose(results, theirs, absolute: share * largest, relative: 0, arguments[0])
    return process
  }

  /// 696,360 parameters and 846 million operations: 64 × 64 pixels, stages of 32, 64 and 128.
  static let residual: Graph = {
    var graph = Graph(name: "residual student")
    var x = graph.input("color", shape: [64, 64, 3])
    x = graph.rectified(graph.normalized("stem", x, 32, kernel: 3, stride: 1))
    for (stage, filters) in [32, 64, 128].enumerated() {
      for block in 0..<2 {
        let name = "stage\(stage).block\(block)"
        let stride = stage > 0 && block == 0 ? 2 : 1
        let first = graph.rectified(
          graph.normalized("\(name).first", x, filters, kernel: 3, stride: stride))
        let second = graph.normalized("\(name).second", first, filters, kernel: 3, stride: 1)
        let shortcut =
          stride == 1
          ? x : graph.normalized("\(name).shortcut", x, filters, kernel: 1, stride: stride)
        x = graph.rectified(graph.sum(second, shortcut))
      }
    }
    graph.output("logits", graph.dense("head", graph.globalAverage(x), outputs: 8))
    return graph
  }()

  /// 542,024 parameters and 46 million operations: one filter a channel, then 1 × 1.
  static let depthwise: Graph = {
    var graph = Graph(name: "depthwise student")
    var x = graph.input("color", shape: [64, 64, 3])
    x = graph.rectified(graph.normalized("stem", x, 32, kernel: 3, stride: 2))
    for (number, (filters, stride)) in [
      (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1),
    ].enumerated() {
      let spatial = graph.depthwiseConvolution("spatial\(number)", x, kernel: 3, stride: stride)
      let between = graph.rectified(graph.batchNormalization("spatial\(number).norm", spatial))
      x = graph.rectified(
        graph.normalized("channels\(number)", between, filters, kernel: 1, stride: 1))
    }
    graph.output("logits", graph.dense("head", graph.globalAverage(x), outputs: 8))
    return graph
  }()
}

extension Graph {
  /// A convolution and the normalization behind it.
  fileprivate mutating func normalized(
    _ name: String, _ x: Value, _ filters: Int, kernel: Int, stride: Int
  ) -> Value {
    batchNormalization(
      "\(name).norm",
      convolution(name, x, filters: filters, kernel: kernel, stride: stride))
  }
}
