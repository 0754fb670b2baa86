import Tensors
import Testing

@testable import NeuralNetworks

@Suite("Graphs")
struct GraphSuite {
  @Test("shapes are those of PyTorch with padding kernel / 2 and floored pools")
  func shapesFollow() {
    var graph = Graph(name: "shapes")
    let x = graph.input("x", shape: [9, 8, 3])
    #expect(graph.convolution("a", x, filters: 5, kernel: 3).shape == [9, 8, 5])
    #expect(graph.convolution("b", x, filters: 5, kernel: 3, stride: 2).shape == [5, 4, 5])
    #expect(graph.convolution("c", x, filters: 5, kernel: 1, stride: 2).shape == [5, 4, 5])
    #expect(graph.convolution("d", x, filters: 5, kernel: 2).shape == [10, 9, 5])
    #expect(graph.depthwiseConvolution("e", x, kernel: 5, stride: 3).shape == [3, 3, 3])
    #expect(graph.averagePool(x, size: 2).shape == [4, 4, 3])
    #expect(graph.maximumPool(x, size: 3).shape == [3, 2, 3])
    #expect(graph.concatenation([x, x]).shape == [9, 8, 6])
    let vector = graph.globalAverage(x)
    #expect(vector.shape == [3])
    #expect(graph.dense("f", vector, outputs: 7).shape == [7])
  }

  @Test("every layer names all its parts, and initialization makes every part")
  func partsAreComplete() {
    let graph = ExampleNetwork.separable.graph
    let norm = ["scale", "shift", "runningMean", "runningVariance"]
    let wanted =
      ["stem.kernel", "stem.bias", "a.kernel"] + norm.map { "a.norm.\($0)" }
      + norm.map { "b.norm.\($0)" }
      + ["b.kernel", "hidden.kernel", "hidden.bias", "head.kernel", "head.bias"]
    #expect(graph.parts.map(\.name) == wanted)
    #expect(
      graph.parts.filter { !$0.isTrained }.map(\.name)
        == wanted.filter { $0.contains("running") })
    var random = SplitMix64(seed: 1)
    let parameters = Parameters(initializing: graph, using: &random)
    #expect(parameters.names == wanted)
    #expect(parameters.tensors.map(\.shape) == graph.parts.map(\.shape))
    #expect(parameters.count == graph.parts.reduce(0) { $0 + $1.count })
  }

  @Test("kernels start with deviation √(2 / inputs), dense layers within 1 / √inputs")
  func initializationHasTheRightSpread() {
    var graph = Graph(name: "spread")
    let x = graph.input("x", shape: [4, 4, 50])
    let y = graph.convolution("a", x, filters: 60, kernel: 3, bias: .learned)
    _ = graph.dense("b", graph.globalAverage(y), outputs: 40)
    var random = SplitMix64(seed: 11)
    let parameters = Parameters(initializing: graph, using: &random)
    let kernel = parameters["a.kernel"]?.values ?? []
    let variance = kernel.reduce(0) { $0 + Double($1) * Double($1) } / Double(kernel.count)
    #expect(abs(variance / (2.0 / 450) - 1) < 0.03)
    #expect(parameters["a.bias"]?.values.allSatisfy { $0 == 0 } == true)
    let limit = Float(1 / 60.0.squareRoot())
    for name in ["b.kernel", "b.bias"] {
      let values = parameters[name]?.values ?? []
      #expect(values.allSatisfy { abs($0) <= limit })
      #expect(values.contains { abs($0) > 0.8 * limit })
    }
  }

  @Test("parameters are adopted by name and shape, nothing else")
  func adoptionNeedsNameAndShape() {
    var target = Parameters([
      ("color.a", Tensor(shape: [2])), ("color.b", Tensor(shape: [3])), ("c", Tensor(shape: [1])),
    ])
    let source = Parameters([
      ("a", Tensor(shape: [2], repeating: 1)), ("b", Tensor(shape: [4], repeating: 2)),
      ("c", Tensor(shape: [1], repeating: 3)),
    ])
    let adopted = target.adopt(source) { $0 == "c" ? nil : "color.\($0)" }
    #expect(adopted == ["color.a"])
    #expect(target["color.a"]?.values == [1, 1])
    #expect(target["color.b"]?.values == [0, 0, 0])
    #expect(target["c"]?.values == [0])
  }

  @Test("parameters keep their order when tensors are set, added and taken out")
  func parametersKeepOrder() {
    var parameters = Parameters([("a", Tensor(shape: [1])), ("b", Tensor(shape: [2]))])
    parameters["c"] = Tensor(shape: [3], repeating: 3)
    parameters["a"] = nil
    parameters["b"] = Tensor(shape: [2], repeating: 2)
    #expect(parameters.names == ["b", "c"])
    #expect(parameters["c"]?.values == [3, 3, 3])
    #expect(parameters["a"] == nil)
    parameters.update(at: 0) { $0[1] = 7 }
    #expect(parameters["b"]?.values == [2, 7])
  }

  @Test("the summary counts trained numbers and multiply-adds")
  func summaryCounts() {
    var graph = Graph(name: "small")
    let x = graph.input("color", shape: [8, 8, 3])
    let y = graph.batchNormalization(
      "stem.norm", graph.convolution("stem", x, filters: 16, kernel: 3))
    graph.output("logits", graph.dense("head", graph.globalAverage(graph.rectified(y)), outputs: 4))
    #expect(graph.trainedCount == 3 * 16 * 9 + 32 + 16 * 4 + 4)
    #expect(graph.multiplyAdds == 64 * 3 * 16 * 9 + 64)
    #expect(
      graph.summary() == """
        small
        node                             shape       parameters  multiply-adds
        color (input)                    [8, 8, 3]
        stem (convolution 3 × 3)         [8, 8, 16]         432         27 648
        stem.norm (batch normalization)  [8, 8, 16]          32
        rectifier                        [8, 8, 16]
        global average                   [16]
        head (dense)                     [4]                 68             64
        total                                               532         27 712
        """)
  }
}

@Suite("Graph preconditions")
struct GraphPreconditionSuite {
  @Test("a layer that does not fit its input traps")
  func layersTrap() async {
    await #expect(processExitsWith: .failure) {
      var graph = Graph(name: "g")
      _ = graph.dense("a", graph.input("x", shape: [4, 4, 3]), outputs: 2)
    }
    await #expect(processExitsWith: .failure) {
      var graph = Graph(name: "g")
      _ = graph.convolution("a", graph.input("x", shape: [4]), filters: 2, kernel: 1)
    }
    await #expect(processExitsWith: .failure) {
      var graph = Graph(name: "g")
      _ = graph.sum(graph.input("a", shape: [4]), graph.input("b", shape: [5]))
    }
    await #expect(processExitsWith: .failure) {
      var graph = Graph(name: "g")
      let (a, b) = (graph.input("a", shape: [4, 4, 1]), graph.input("b", shape: [4, 5, 1]))
      _ = graph.concatenation([a, b])
    }
    await #expect(processExitsWith: .failure) {
      var graph = Graph(name: "g")
      _ = graph.averagePool(graph.input("x", shape: [4, 1, 3]), size: 2)
    }
    await #expect(processExitsWith: .failure) {
      var graph = Graph(name: "g")
      _ = graph.input("x", shape: [4, 4])
    }
  }

  @Test("a name that is taken, or a value of another graph, traps")
  func namesTrap() async {
    await #expect(processExitsWith: .failure) {
      var graph = Graph(name: "g")
      let x = graph.input("x", shape: [4, 4, 3])
      _ = graph.convolution("a", x, filters: 2, kernel: 1)
      _ = graph.convolution("a", x, filters: 2, kernel: 1)
    }
    await #expect(processExitsWith: .failure) {
      var graph = Graph(name: "g")
      let x = graph.input("x", shape: [4])
      graph.output("y", x)
      graph.output("y", x)
    }
    await #expect(processExitsWith: .failure) {
      var (first, second) = (Graph(name: "first"), Graph(name: "second"))
      let x = first.input("x", shape: [4])
      _ = second.input("x", shape: [5])
      second.output("y", x)
    }
  }

  @Test("a plan traps on parameters and tensors of other shapes")
  func plansTrap() async {
    await #expect(processExitsWith: .failure) {
      let graph = ExampleNetwork.residual.graph
      try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        _ = try TrainingPlan(graph, batch: 1, parameters: Parameters([]), on: engine)
      }
    }
    await #expect(processExitsWith: .failure) {
      let example = ExampleNetwork.residual
      try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        let plan = try TrainingPlan(
          example.graph, batch: 2, parameters: example.parameters(seed: 1), on: engine)
        _ = try plan.forward(example.inputs(batch: 3, seed: 1))
      }
    }
    await #expect(processExitsWith: .failure) {
      let example = ExampleNetwork.residual
      try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        let plan = try TrainingPlan(
          example.graph, batch: 2, parameters: example.parameters(seed: 1), on: engine)
        _ = try plan.backward([:])
      }
    }
  }
}
