import Tensors
import Testing

@testable import NeuralNetworks

/// Our own kernels of training: beside plain loops, and beside oneDNN.
@Suite("Learning kernels")
struct LearningSuite {
  static let sets = InstructionSet.allCases.filter(\.isAvailable)

  @Test(
    "convolutions of random shapes and their gradients give what loops give", arguments: sets)
  func convolutions(_ set: InstructionSet) throws {
    var random = SplitMix64(seed: 31, purpose: "convolutions")
    for number in 0..<40 {
      func below(_ limit: Int) -> Int { random.nextIndex(below: limit) }
      let (channels, filters) = (16 + below(40), 8 + below(50))
      let extents = [3 + below(14), 3 + below(14), channels]
      let example = ExampleNetwork("\(extents) to \(filters)") { graph in
        let x = graph.input("x", shape: extents)
        graph.output(
          "y",
          graph.convolution(
            "a", x, filters: filters, kernel: 3, bias: number % 2 == 0 ? .learned : .none))
      }
      let pass = try Self.pass(example, by: .own(set), batch: 1 + below(3))
      let wanted = NaiveConvolution(pass)
      let names = Set(pass.names)
      let isOurs = BlockedLayout.winogradWins(.init(size: 3), example.graph.nodes[1].value)
      #expect(names.contains("weigh:\(set)") == isOurs, "\(example.testDescription) by \(names)")
      for (name, tensor) in wanted.tensors {
        let found = pass.tensors[name].flatMap { difference($0, tensor, relative: 5e-5) }
        #expect(found == nil, "\(example.testDescription): \(name)")
      }
    }
  }

  @Test("random networks learn as they do on oneDNN", arguments: sets)
  func networks(_ set: InstructionSet) throws {
    var random = SplitMix64(seed: 32, purpose: "networks")
    for number in 0..<16 {
      let example = Self.residual(number, using: &random)
      for statistics in [TrainingPlan.Statistics.batch, .running] {
        let pass = try Self.pass(example, by: .own(set), statistics, batch: 3)
        let wanted = try Self.pass(example, by: .oneDNN, statistics, batch: 3)
        #expect(pass.tensors.keys.sorted() == wanted.tensors.keys.sorted())
        let own = Set(pass.names.filter { $0.hasSuffix(":\(set)") })
        #expect(
          own.isSuperset(of: ["winograd", "weigh", "normalize", "spread"].map { "\($0):\(set)" }))
        for (name, tensor) in wanted.tensors {
          let found = pass.tensors[name].flatMap { difference($0, tensor, relative: 1e-3) }
          #expect(found == nil, "\(example.testDescription), \(statistics): \(name)")
        }
      }
    }
  }

  @Test("threads change no bit of our own steps", arguments: sets)
  func bitsStay(_ set: InstructionSet) throws {
    let example = ExampleNetwork("own layers") { graph in
      var x = graph.input("x", shape: [13, 14, 19])
      for name in ["a", "b"] {
        let body = graph.convolution("\(name).first", x, filters: 19, kernel: 3, bias: .learned)
        let middle = graph.rectified(graph.batchNormalization("\(name).first.norm", body))
        let end = graph.convolution("\(name).second", middle, filters: 19, kernel: 3)
        x = graph.rectified(graph.sum(graph.batchNormalization("\(name).norm", end), x))
      }
      graph.output("y", x)
    }
    let passes = try [1, 2, 3, 2].map {
      try Self.pass(example, by: .own(set), batch: 5, threads: $0)
    }
    #expect(passes[0].names.allSatisfy { $0.hasSuffix(":\(set)") || $0 == "simple:any" })
    for pass in passes { #expect(pass.tensors == passes[0].tensors) }
  }

  @Test("a channel far from zero keeps its variance", arguments: sets)
  func varianceIsKept(_ set: InstructionSet) throws {
    let example = ExampleNetwork("far from zero") { graph in
      let x = graph.input("x", shape: [8, 8, 20])
      graph.output("y", graph.batchNormalization("norm", x))
      let body = graph.convolution("a", x, filters: 20, kernel: 3, bias: .learned)
      graph.output("z", graph.batchNormalization("a.norm", body))
    }
    var parameters = example.parameters(seed: 1)
    parameters["a.bias"] = Tensor(shape: [20], repeating: 1000)
    var inputs = example.inputs(batch: 4, seed: 2)
    inputs["x"] = inputs["x"].map { x in Tensor(shape: x.shape, values: x.values.map { $0 + 300 }) }
    let kept = (parameters, inputs)
    let outputs = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      engine.trainingKernels = .own(set)
      return try TrainingPlan(example.graph, batch: 4, parameters: kept.0, on: engine)
        .forward(kept.1)
    }
    let wanted = NaiveNetwork(graph: example.graph, parameters: kept.0, statistics: .batch)
      .outputs(kept.1)
    for (name, tensor) in wanted {
      #expect(outputs[name].flatMap { difference($0, tensor, relative: 2e-3) } == nil, "\(name)")
    }
  }

  /// Two blocks, the second of which may shrink, in widths that do not fill blocks of 16.
  private static func residual(
    _ number: Int, using random: inout SplitMix64
  ) -> ExampleNetwork {
    func below(_ limit: Int) -> Int { random.nextIndex(below: limit) }
    let widths = [16 + below(30), 16 + below(30)]
    let extents = [8 + below(9), 8 + below(9), 1 + below(5)]
    return ExampleNetwork("residual \(number): \(extents), \(widths)") { graph in
      func layer(_ name: String, _ x: Graph.Value, _ filters: Int, _ stride: Int) -> Graph.Value {
        graph.batchNormalization(
          "\(name).norm",
          graph.convolution(name, x, filters: filters, kernel: 3, stride: stride))
      }
      var x = graph.input("x", shape: extents)
      x = graph.rectified(layer("stem", x, widths[0], 1))
      for (block, filters) in widths.enumerated() {
        let first = graph.rectified(layer("\(block).first", x, filters, block == 0 ? 1 : 2))
        let second = layer("\(block).second", first, filters, 1)
        let shortcut =
          block == 0
          ? x
          : graph.batchNormalization(
            "\(block).shortcut.norm",
            graph.convolution("\(block).shortcut", x, filters: filters, kernel: 1, stride: 2))
        let sum = number % 2 == 0 ? graph.sum(second, shortcut) : graph.sum(shortcut, second)
        if number % 4 == 1 { graph.output("sum \(block)", sum) }
        x = graph.rectified(sum)
        if number % 4 == 2 { graph.output("block \(block)", first) }
      }
      // Read by one of ours and by one that is not.
      let a = layer("a", x, 17, 1)
      let b = graph.convolution("b", x, filters: 17, kernel: 1)
      graph.output("mean", graph.mean(a, b))
      graph.output("logits", graph.dense("head", graph.globalAverage(x), outputs: 5))
    }
  }

  /// Everything that one pass there and back gives, by name.
  struct Pass: Sendable {
    let example: ExampleNetwork
    let parameters: Parameters
    let inputs: [String: Tensor]
    let slopes: [String: Tensor]
    let names: [String]
    let tensors: [String: Tensor]
  }

  private static func pass(
    _ example: ExampleNetwork, by kernels: PlanKernels,
    _ statistics: TrainingPlan.Statistics = .batch, batch: Int, threads: Int = 1
  ) throws -> Pass {
    let parameters = example.parameters(seed: 1)
    let inputs = example.inputs(batch: batch, seed: 2)
    return try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
      engine.trainingKernels = kernels
      let plan = try TrainingPlan(
        example.graph, batch: batch, parameters: parameters, statistics: statistics,
        inputGradients: .wanted, on: engine)
      var random = SplitMix64(seed: 3)
      let slopes = Dictionary(
        uniqueKeysWithValues: example.graph.outputs.map { name, value in
          (name, Tensor(normal: [batch] + value.shape, deviation: 1, using: &random))
        })
      var tensors = try plan.forward(inputs)
      let gradients = try plan.backward(slopes)
      for (name, gradient) in zip(gradients.names, gradients.tensors) {
        tensors["gradient of \(name)"] = gradient
      }
      for (name, _) in example.graph.inputs {
        tensors["gradient of \(name)"] = plan.inputGradient(name)
      }
      for part in example.graph.parts where !part.isTrained {
        tensors[part.name] = plan.parameters[part.name]
      }
      return Pass(
        example: example, parameters: parameters, inputs: inputs, slopes: slopes,
        names: plan.implementations.map(\.name), tensors: tensors)
    }
  }
}

/// A 3 × 3 convolution `a` from `x` to `y` and its gradients by plain loops in `Double`.
private struct NaiveConvolution {
  private(set) var tensors: [String: Tensor]

  init(_ pass: LearningSuite.Pass) {
    tensors = NaiveNetwork(
      graph: pass.example.graph, parameters: pass.parameters, statistics: .batch
    ).outputs(pass.inputs)
    guard let x = pass.inputs["x"], let kernel = pass.parameters["a.kernel"],
      let slope = pass.slopes["y"]
    else { return }
    let (rows, columns) = (x.shape[1], x.shape[2])
    let (channels, filters) = (x.shape[3], slope.shape[3])
    var ofInput = [Double](repeating: 0, count: x.count)
    var ofKernel = [Double](repeating: 0, count: kernel.count)
    var ofBias = [Double](repeating: 0, count: filters)
    for pixel in 0..<(slope.count / filters) {
      let (row, column) = (pixel / columns % rows, pixel % columns)
      for filter in 0..<filters {
        let value = Double(slope.values[pixel * filters + filter])
        ofBias[filter] += value
        for place in 0..<9 {
          let (down, across) = (place / 3 - 1, place % 3 - 1)
          guard 0..<rows ~= row + down, 0..<columns ~= column + across else { continue }
          let source = (pixel + down * columns + across) * channels
          for channel in 0..<channels {
            let weight = (filter * channels + channel) * 9 + place
            ofInput[source + channel] += value * Double(kernel.values[weight])
            ofKernel[weight] += value * Double(x.values[source + channel])
          }
        }
      }
    }
    tensors["gradient of x"] = Tensor(shape: x.shape, values: ofInput.map { Float($0) })
    tensors["gradient of a.kernel"] = Tensor(
      shape: kernel.shape, values: ofKernel.map { Float($0) })
    if pass.parameters["a.bias"] != nil {
      tensors["gradient of a.bias"] = Tensor(
        shape: [filters], values: ofBias.map { Float($0) })
    }
  }
}
