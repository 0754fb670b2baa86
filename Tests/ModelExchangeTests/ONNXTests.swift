import Diagnostics
import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

@testable import ModelExchange

/// The goldens are written by `Tools/make-goldens/exchange-onnx.py`: the official ONNX library
/// builds the same model, ONNX Runtime runs it.
@Suite("ONNX models")
struct ONNXTests {
  static let folder = sampleData.appending(path: "Golden/onnx")
  static let tool = packageRoot.appending(path: "Tools/check-onnx")

  /// A graph with every kind of node, and an output that is not exported.
  static let graph: Graph = {
    var graph = Graph(name: "every layer")
    let color = graph.input("color", shape: [9, 10, 3])
    let stem = graph.convolution("stem", color, filters: 4, kernel: 3, stride: 2)
    let trunk = graph.rectified(graph.batchNormalization("norm", stem))
    let gate = graph.logistic(graph.depthwiseConvolution("depth", trunk, kernel: 3))
    let mean = graph.mean(graph.sum(trunk, gate), graph.product(trunk, gate))
    let both = graph.concatenation([mean, trunk])
    let features = graph.sum(
      graph.averagePool(both, size: 2), graph.maximumPool(both, size: 2))
    graph.output("unused", graph.convolution("unused", features, filters: 2, kernel: 3))
    let mixed = graph.convolution("mix", features, filters: 5, kernel: 1, bias: .learned)
    let pooled = graph.globalAverage(mixed)
    let position = graph.input("position", shape: [2])
    let logits = graph.dense("join", graph.concatenation([pooled, position]), outputs: 3)
    graph.output("features", features)
    graph.output("logits", logits)
    return graph
  }()

  /// The numbers of the golden's generator.
  static func numbers(_ shape: [Int], _ start: Int, above: Float = 0) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(
      shape: shape, values: (0..<count).map { Float((7 * $0 + start) % 13 - 6) / 16 + above })
  }

  static let parameters = Parameters([
    ("stem.kernel", numbers([4, 3, 3, 3], 1)),
    ("norm.scale", numbers([4], 2, above: 1)), ("norm.shift", numbers([4], 3)),
    ("norm.runningMean", numbers([4], 4)), ("norm.runningVariance", numbers([4], 5, above: 1)),
    ("depth.kernel", numbers([4, 1, 3, 3], 6)),
    ("unused.kernel", numbers([2, 8, 3, 3], 0)),
    ("mix.kernel", numbers([5, 8, 1, 1], 7)), ("mix.bias", numbers([5], 8)),
    ("join.kernel", numbers([3, 7], 9)), ("join.bias", numbers([3], 10)),
  ])

  static func model() throws -> ONNXModel {
    try ONNXModel(
      graph, parameters: parameters, outputs: ["features", "logits"],
      metadata: [("classes", "copper, brass"), ("bundle", "abc")])
  }

  static func samples() throws -> [String: Tensor] {
    let file = folder.appending(path: "every-layer.safetensors")
    return Dictionary(uniqueKeysWithValues: try Safetensors.read(file).tensors)
  }

  @Test("a model with every layer is the official library's, byte by byte", .tags(.golden))
  func bytes() throws {
    let wanted = try Data(contentsOf: Self.folder.appending(path: "every-layer.onnx"))
    let found = try Self.model().data
    let difference = zip(found, wanted).enumerated().first { $0.element.0 != $0.element.1 }
    #expect(difference == nil, "the first difference is at byte \(difference?.offset ?? -1)")
    #expect(found.count == wanted.count)
  }

  @Test("our plan gives what ONNX Runtime gives for the same model", .tags(.golden))
  func plan() throws {
    let samples = try Self.samples()
    let outputs = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      let plan = try TrainingPlan(
        Self.graph, batch: 4, parameters: Self.parameters, statistics: .running, on: engine)
      return try plan.forward([
        "color": #require(samples["inputs/color"]),
        "position": #require(samples["inputs/position"]),
      ])
    }
    for name in ["features", "logits"] {
      expectClose(
        try #require(outputs[name]), try #require(samples["outputs/\(name)"]), absolute: 1e-6,
        relative: 1e-5, name)
    }
  }

  @Test("ONNX Runtime agrees with golden samples and notices wrong ones")
  func runtime() throws {
    let samples = try Self.samples()
    try withTemporaryFolder { folder in
      let model = folder.appending(path: "model.onnx")
      try Self.model().write(to: model)
      func outcome(shiftedBy shift: Float) throws -> ONNXRuntimeCheck.Outcome {
        var logits = try #require(samples["outputs/logits"])
        logits.values[7] += shift
        let file = folder.appending(path: "samples.safetensors")
        try ONNXRuntimeCheck.write(
          inputs: [
            ("color", #require(samples["inputs/color"])),
            ("position", #require(samples["inputs/position"])),
          ], outputs: [("logits", logits)], to: file)
        return try ONNXRuntimeCheck.compare(model, with: file, by: Self.tool)
      }
      switch try outcome(shiftedBy: 0) {
      case .agrees(let text): #expect(text.hasPrefix("'logits' agrees: worst absolute difference"))
      case .differs(let text): Issue.record("\(text)")
      case .unavailable(let text): try Test.cancel("\(text)")
      }
      guard case .differs(let text) = try outcome(shiftedBy: 0.001) else {
        Issue.record("a shifted logit went unnoticed")
        return
      }
      #expect(text.hasPrefix("'logits' DIFFERS: worst absolute difference 0.001"))
    }
  }

  @Test("a model that is not there is named")
  func missing() throws {
    let model = Self.folder.appending(path: "missing.onnx")
    let samples = Self.folder.appending(path: "every-layer.safetensors")
    let error = try #require(throws: Complaint.self) {
      try ONNXRuntimeCheck.compare(model, with: samples, by: Self.tool)
    }
    #expect(error.place == model.relativePath)
    #expect(error.problem.contains("missing.onnx: no such file"))
  }

  @Test("a missing, misshapen or broken parameter is refused by name")
  func parameters() {
    func complaint(_ change: (inout [(String, Tensor)]) -> Void) -> String {
      var tensors = Array(zip(Self.parameters.names, Self.parameters.tensors))
      change(&tensors)
      return TestSupport.complaint {
        _ = try ONNXModel(Self.graph, parameters: Parameters(tensors), outputs: ["logits"])
      }
    }
    #expect(
      complaint { $0.removeFirst() }
        == "'stem.kernel' of network 'every layer': the parameter is missing")
    #expect(
      complaint { $0[0].1 = Tensor(shape: [4, 3, 1, 1]) }
        == "'stem.kernel' of network 'every layer': the parameter has shape [4, 3, 1, 1], "
        + "[4, 3, 3, 3] is wanted")
    #expect(
      complaint { $0[1].1.values[2] = .nan }.hasPrefix(
        "'norm.scale' of network 'every layer': the parameter has values that are not finite"))
    // What only other outputs need may be missing.
    #expect(complaint { $0.removeAll { $0.0 == "unused.kernel" } } == "no error")
  }

  @Test("fields are written as in the encoding's own examples")
  func encoding() {
    var message = ProtobufMessage()
    message.integer(1, 150)
    message.string(2, "testing")
    #expect(
      Array(message.bytes)
        == [0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67])
    var negative = ProtobufMessage()
    negative.integer(1, -1)
    #expect(Array(negative.bytes) == [0x08] + Array(repeating: 0xff, count: 9) + [0x01])
  }
}
