import CAllocationCount
import Foundation
import Tensors
import TestSupport
import Testing

@testable import NeuralNetworks

extension PlanKernels {
  /// oneDNN's and ours, by each set of instructions that this processor has.
  static let available =
    [PlanKernels.oneDNN]
    + InstructionSet.allCases.filter(\.isAvailable).map(PlanKernels.own)
}

/// Our own kernels, layer by layer, beside plain loops in `Double`.
@Suite("Kernels")
struct KernelSuite {
  static let sets = InstructionSet.allCases.filter(\.isAvailable)

  @Test("the sets are those of this processor, the portable one always among them")
  func setsAreThere() {
    #expect(Self.sets.first == .portable)
    #expect(Self.sets.last == .best)
    #expect(PlanKernels.fastest == .own(.best))
  }

  @Test("convolutions of random shapes, sizes and strides give what loops give", arguments: sets)
  func convolutions(_ set: InstructionSet) throws {
    var random = SplitMix64(seed: 21, purpose: "convolutions")
    var names: Set<String> = []
    for number in 0..<150 {
      let example = Self.layer(number, using: &random)
      names.formUnion(try Self.check(example, by: set, seed: UInt64(number), relative: 5e-5))
    }
    #expect(names.isSuperset(of: ["product:\(set)", "winograd:\(set)", "depthwise:\(set)"]))
  }

  @Test("every ending that is fused into a convolution gives what loops give", arguments: sets)
  func endings(_ set: InstructionSet) throws {
    for (number, kernel) in [1, 3, 5].enumerated() {
      for ending in 0..<6 {
        let example = ExampleNetwork("\(kernel) × \(kernel), ending \(ending)") { graph in
          let x = graph.input("x", shape: [6, 7, 19])
          let other = graph.convolution("other", x, filters: 37, kernel: 1)
          let body = graph.batchNormalization(
            "norm", graph.convolution("a", other, filters: 37, kernel: kernel, bias: .learned))
          let ended =
            switch ending {
            case 0: graph.rectified(body)
            case 1: graph.rectified(graph.sum(body, other))
            case 2: graph.rectified(graph.sum(graph.rectified(body), other))
            case 3: graph.product(body, other)
            case 4: graph.logistic(graph.mean(body, other))
            default: graph.sum(graph.logistic(body), other)
            }
          graph.output("y", ended)
        }
        let names = try Self.check(example, by: set, seed: UInt64(number), relative: 5e-5)
        // A kernel does the logistic function last, so that a sum behind it is a step of its own.
        #expect(names.count == (ending == 5 ? 3 : 2), "\(example.testDescription): \(names)")
      }
    }
  }

  @Test("pools, copies and passes of random shapes give what loops give", arguments: sets)
  func passes(_ set: InstructionSet) throws {
    var random = SplitMix64(seed: 22, purpose: "passes")
    for number in 0..<40 {
      func below(_ limit: Int) -> Int { random.nextIndex(below: limit) }
      let extents = [2 + below(9), 2 + below(9), 1 + below(40)]
      let (first, second, size) = (1 + below(40), 1 + below(40), 1 + below(2))
      let example = ExampleNetwork("passes \(number)") { graph in
        let x = graph.input("x", shape: extents)
        let a = graph.convolution("a", x, filters: first, kernel: 1, bias: .learned)
        let b = graph.convolution("b", x, filters: second, kernel: 1, bias: .learned)
        let joined = graph.concatenation([a, x, b])
        let norm = graph.batchNormalization("norm", joined)
        graph.output("joined", graph.logistic(joined))
        graph.output("largest", graph.maximumPool(norm, size: size))
        graph.output("mean", graph.averagePool(graph.rectified(norm), size: size))
        graph.output("vector", graph.dense("head", graph.globalAverage(norm), outputs: first))
      }
      _ = try Self.check(example, by: set, seed: UInt64(number), relative: 5e-5)
    }
  }

  @Test("a network is computed without a copy between its layers", arguments: sets)
  func nothingIsCopied(_ set: InstructionSet) throws {
    for example in [ExampleNetwork.residual, .separable] {
      let parameters = example.parameters(seed: 1)
      let names = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        engine.inferenceKernels = .own(set)
        return try InferencePlan(
          example.graph, batch: 1, parameters: parameters, outputs: ["logits"], on: engine
        ).implementations.map(\.name)
      }
      #expect(!names.contains("copy:\(set)"), "\(example.testDescription): \(names)")
    }
  }

  @Test("neither batch nor threads change a bit", arguments: sets)
  func bitsStay(_ set: InstructionSet) throws {
    for example in ExampleNetwork.networks {
      let parameters = example.parameters(seed: 1)
      let inputs = example.inputs(batch: 7, seed: 2)
      let results = try [(1, 1), (1, 2), (4, 1), (7, 2), (3, 3)].map { batch, threads in
        try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
          engine.inferenceKernels = .own(set)
          return try InferencePlan(
            example.graph, batch: batch, parameters: parameters, on: engine)(inputs)
        }
      }
      for result in results { #expect(result == results[0], "\(example.testDescription)") }
    }
  }

  @Test(
    "a run allocates nothing, alone or with helpers",
    .enabled(if: isOptimized, "unoptimized code keeps its closures on the heap"),
    arguments: [1, 2])
  func nothingIsAllocated(threads: Int) throws {
    let example = ExampleNetwork.residual
    let parameters = example.parameters(seed: 1)
    let color = example.inputs(batch: 4, seed: 2)["color"]?.values ?? []
    for batch in [1, 4] {
      let count = try Engine.onDedicatedThreadBlocking(threads: threads) { engine in
        let plan = try InferencePlan(
          example.graph, batch: batch, parameters: parameters, outputs: ["logits"], on: engine)
        var logits = [Float](repeating: 0, count: batch * 6)
        let samples = Array(color.prefix(batch * color.count / 4))
        func run() throws {
          var span = logits.mutableSpan
          try plan.run(color: samples.span, into: &span)
        }
        try run()
        #expect(mirage_allocation_count() > 0)
        let before = mirage_allocation_count()
        for _ in 0..<100 { try run() }
        return mirage_allocation_count() - before
      }
      #expect(count == 0, "in batches of \(batch)")
    }
  }

  @Test("helpers that are kept off their cores change nothing but the time")
  func neighborsAreBusy() throws {
    let example = ExampleNetwork.residual
    let parameters = example.parameters(seed: 1)
    let inputs = example.inputs(batch: 1, seed: 2)
    let isOver = DispatchSemaphore(value: 0)
    for _ in 0..<4 {
      Thread {
        while isOver.wait(timeout: .now()) == .timedOut {}
        isOver.signal()
      }.start()
    }
    defer { isOver.signal() }
    let agree = try Engine.onDedicatedThreadBlocking(threads: 4) { engine in
      let plan = try InferencePlan(
        example.graph, batch: 1, parameters: parameters, outputs: ["logits"], on: engine)
      let wanted = try plan(inputs)
      for number in 0..<300 {
        // Now and then the helpers have time to fall asleep.
        if number % 50 == 0 { Thread.sleep(forTimeInterval: 0.005) }
        if try plan(inputs) != wanted { return false }
      }
      return true
    }
    #expect(agree)
  }

  /// A convolution, depthwise or not, of odd extents and channel counts.
  private static func layer(_ number: Int, using random: inout SplitMix64) -> ExampleNetwork {
    func below(_ limit: Int) -> Int { random.nextIndex(below: limit) }
    let kernel = number % 3 == 0 ? 3 : 1 + below(5)
    let stride = number % 3 == 0 ? 1 : 1 + below(3)
    let extents = [max(kernel, 1 + below(14)), max(kernel, 1 + below(14)), 1 + below(40)]
    let (filters, isDepthwise) = (1 + below(70), number % 5 == 4)
    return ExampleNetwork("layer \(number)") { graph in
      let x = graph.input("x", shape: extents)
      let between = graph.rectified(graph.convolution("first", x, filters: filters, kernel: 1))
      graph.output(
        "y",
        isDepthwise
          ? graph.depthwiseConvolution("a", between, kernel: kernel, stride: stride)
          : graph.convolution(
            "a", between, filters: 1 + filters / 2, kernel: kernel, stride: stride))
      graph.output(
        "z", graph.convolution("b", x, filters: filters, kernel: kernel, stride: stride))
    }
  }

  /// Compares with plain loops; returns the kernels that were used.
  private static func check(
    _ example: ExampleNetwork, by set: InstructionSet, seed: UInt64, relative: Float
  ) throws -> [String] {
    let parameters = example.parameters(seed: seed)
    let inputs = example.inputs(batch: 2, seed: seed + 1)
    let (outputs, names) = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      engine.inferenceKernels = .own(set)
      let plan = try InferencePlan(
        example.graph, batch: 2, parameters: parameters, on: engine)
      return (try plan(inputs), plan.implementations.map(\.name))
    }
    let wanted = NaiveNetwork(
      graph: example.graph, parameters: parameters, statistics: .running
    ).outputs(inputs)
    for (name, tensor) in wanted {
      let found = outputs[name].flatMap { difference($0, tensor, relative: relative) }
      #expect(found == nil, "\(example.testDescription) '\(name)' by \(names)")
    }
    return names
  }
}
