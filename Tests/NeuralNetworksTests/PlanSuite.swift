import Tensors
import Testing

@testable import NeuralNetworks

@Suite("Plans")
struct PlanSuite {
  static let cases = ExampleNetwork.layers + ExampleNetwork.networks

  @Test(
    "a training plan gives what plain loops give", arguments: cases, PlanKernels.available)
  func trainingAgreesWithLoops(_ example: ExampleNetwork, by kernels: PlanKernels) async throws {
    let parameters = example.parameters(seed: 1)
    let inputs = example.inputs(batch: 3, seed: 2)
    for statistics in [TrainingPlan.Statistics.batch, .running] {
      let outputs = try await Engine.onDedicatedThread(threads: 1) { engine in
        engine.trainingKernels = kernels
        return try TrainingPlan(
          example.graph, batch: 3, parameters: parameters, statistics: statistics, on: engine
        ).forward(inputs)
      }
      let wanted = NaiveNetwork(
        graph: example.graph, parameters: parameters, statistics: statistics
      ).outputs(inputs)
      #expect(outputs.keys.sorted() == wanted.keys.sorted())
      for (name, tensor) in wanted {
        #expect(outputs[name].flatMap { difference($0, tensor, relative: 2e-5) } == nil, "\(name)")
      }
    }
  }

  @Test("tensors that are changed in place are used by the next pass", arguments: cases)
  func updates(_ example: ExampleNetwork) async throws {
    let parameters = example.parameters(seed: 1)
    let inputs = example.inputs(batch: 2, seed: 2)
    let same = try await Engine.onDedicatedThread(threads: 1) { engine in
      func outputs(_ change: (TrainingPlan) -> Void) throws -> [String: Tensor] {
        let plan = try TrainingPlan(
          example.graph, batch: 2, parameters: parameters, on: engine)
        _ = try plan.forward(inputs)
        change(plan)
        return try plan.forward(inputs)
      }
      let replaced = try outputs { plan in
        var all = plan.parameters
        for place in all.names.indices { all.update(at: place) { $0[0] *= 1.5 } }
        plan.parameters = all
      }
      let updated = try outputs { plan in
        plan.update { all in
          for place in all.names.indices { all.update(at: place) { $0[0] *= 1.5 } }
        }
      }
      return replaced == updated
    }
    #expect(same)
  }

  @Test("running statistics move by a tenth, the variance by its unbiased estimate")
  func runningStatisticsMove() async throws {
    let example = ExampleNetwork("normalization") { graph in
      let x = graph.input("x", shape: [2, 3, 5])
      graph.output("y", graph.batchNormalization("a", x))
    }
    let parameters = example.parameters(seed: 1)
    let inputs = example.inputs(batch: 4, seed: 2)
    let (moved, kept) = try await Engine.onDedicatedThread(threads: 1) { engine in
      let moving = try TrainingPlan(
        example.graph, batch: 4, parameters: parameters, on: engine)
      _ = try moving.forward(inputs)
      let still = try TrainingPlan(
        example.graph, batch: 4, parameters: parameters, statistics: .running, on: engine)
      _ = try still.forward(inputs)
      return (moving.parameters, still.parameters)
    }
    #expect(kept == parameters)
    let x = inputs["x"]?.values ?? []
    for channel in 0..<5 {
      let column = stride(from: channel, to: x.count, by: 5).map { x[$0] }
      let mean = column.reduce(0, +) / 24
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 23
      for (name, target) in [("a.runningMean", mean), ("a.runningVariance", variance)] {
        let start = parameters[name]?.values[channel] ?? .nan
        let found = moved[name]?.values[channel] ?? .nan
        #expect(abs(found - (0.9 * start + 0.1 * target)) < 1e-6)
      }
    }
  }

  @Test("an output without a gradient counts as zero, whatever came before")
  func missingGradientsAreZero() async throws {
    let example = ExampleNetwork.residual
    let parameters = example.parameters(seed: 1)
    let inputs = example.inputs(batch: 3, seed: 2)
    let (first, second, third) = try await Engine.onDedicatedThread(threads: 1) { engine in
      let plan = try TrainingPlan(
        example.graph, batch: 3, parameters: parameters, on: engine)
      let outputs = try plan.forward(inputs)
      let only = outputs.filter { $0.key == "logits" }
      return (try plan.backward(only), try plan.backward(outputs), try plan.backward(only))
    }
    #expect(first == third)
    #expect(first != second)
  }

  @Test("what no output needs has no gradient, and inputs have one only where asked for")
  func deadPartsHaveZeroGradients() async throws {
    let example = ExampleNetwork("dead branch") { graph in
      let x = graph.input("x", shape: [4])
      _ = graph.dense("dead", x, outputs: 3)
      graph.output("y", graph.dense("live", x, outputs: 2))
    }
    let parameters = example.parameters(seed: 1)
    let inputs = example.inputs(batch: 2, seed: 2)
    let (gradients, unasked) = try await Engine.onDedicatedThread(threads: 1) { engine in
      let plan = try TrainingPlan(
        example.graph, batch: 2, parameters: parameters, on: engine)
      let outputs = try plan.forward(inputs)
      return (try plan.backward(outputs), plan.inputGradient("x"))
    }
    #expect(gradients["dead.kernel"]?.values.allSatisfy { $0 == 0 } == true)
    #expect(gradients["live.kernel"]?.values.allSatisfy { $0 != 0 } == true)
    #expect(unasked == nil)
  }

  @Test("no step of a typical network falls back to a reference implementation", arguments: cases)
  func nothingIsSlow(_ example: ExampleNetwork) async throws {
    let parameters = example.parameters(seed: 1)
    let slow = try await Engine.onDedicatedThread(threads: 1) { engine in
      try TrainingPlan(
        example.graph, batch: 32, parameters: parameters, inputGradients: .wanted, on: engine
      ).implementations.filter { $0.name.hasPrefix("ref") }.map { "\($0.place) by \($0.name)" }
    }
    #expect(slow == [])
  }
}

@Suite("Inference plans")
struct PlanInferenceSuite {
  static let cases = ExampleNetwork.layers + ExampleNetwork.networks

  @Test(
    "an inference plan gives what plain loops give, in slices too", arguments: cases,
    PlanKernels.available)
  func inferenceAgreesWithLoops(_ example: ExampleNetwork, by kernels: PlanKernels)
    async throws
  {
    let parameters = example.parameters(seed: 3)
    let inputs = example.inputs(batch: 5, seed: 4)
    let wanted = NaiveNetwork(
      graph: example.graph, parameters: parameters, statistics: .running
    ).outputs(inputs)
    for batch in [1, 2, 5, 8] {
      let outputs = try await Engine.onDedicatedThread(threads: 1 + batch % 2) { engine in
        engine.inferenceKernels = kernels
        let plan = try InferencePlan(
          example.graph, batch: batch, parameters: parameters, on: engine)
        _ = try plan(inputs)
        return try plan(inputs)
      }
      #expect(outputs.keys.sorted() == wanted.keys.sorted())
      for (name, tensor) in wanted {
        let found = outputs[name].flatMap { difference($0, tensor, relative: 1e-4) }
        #expect(found == nil, "\(name) in slices of \(batch)")
      }
    }
  }

  @Test("no step of oneDNN's falls back to a reference implementation", arguments: cases)
  func nothingIsSlow(_ example: ExampleNetwork) async throws {
    let parameters = example.parameters(seed: 1)
    for batch in [1, 32] {
      let slow = try await Engine.onDedicatedThread(threads: 1) { engine in
        engine.inferenceKernels = .oneDNN
        return try InferencePlan(example.graph, batch: batch, parameters: parameters, on: engine)
          .implementations.filter { $0.name.hasPrefix("ref") }.map { "\($0.place) by \($0.name)" }
      }
      #expect(slow == [])
    }
  }

  @Test(
    "normalizations, rectifiers and residual sums disappear into convolutions",
    arguments: PlanKernels.available)
  func layersAreFused(_ kernels: PlanKernels) async throws {
    let example = ExampleNetwork.residual
    let parameters = example.parameters(seed: 1)
    let places = try await Engine.onDedicatedThread(threads: 1) { engine in
      engine.inferenceKernels = kernels
      return try InferencePlan(
        example.graph, batch: 1, parameters: parameters, outputs: ["logits"], on: engine
      ).implementations.map(\.place)
    }
    #expect(
      places == [
        "convolution 'stem'", "convolution 'a.first'", "convolution 'a.second'",
        "convolution 'b.shortcut'", "convolution 'b.first'", "globalAverage", "dense 'head'",
      ])
  }

  @Test("only what the asked outputs need is computed, and unneeded inputs may be missing")
  func deadBranchesAreDropped() async throws {
    let example = ExampleNetwork.twoStreams
    let parameters = example.parameters(seed: 1)
    var inputs = example.inputs(batch: 2, seed: 2)
    let wanted = NaiveNetwork(
      graph: example.graph, parameters: parameters, statistics: .running
    ).outputs(inputs)["hint"]
    inputs["spectra"] = nil
    let (given, color) = (inputs, inputs["color"]?.values ?? [])
    let outcome = try await Engine.onDedicatedThread(threads: 1) { engine in
      let plan = try InferencePlan(
        example.graph, batch: 2, parameters: parameters, outputs: ["hint"], on: engine)
      let output = try plan(given)["hint"]
      var flat = [Float](repeating: 0, count: output?.count ?? 0)
      var span = flat.mutableSpan
      try plan.run(color: color.span, into: &span)
      return (plan.implementations.count, output, flat)
    }
    #expect(outcome.0 == 2)
    #expect(outcome.1?.values == outcome.2)
    if let wanted, let found = outcome.1 {
      #expect(difference(found, wanted, relative: 1e-4) == nil)
    }
  }

  @Test("tensors that never live together share memory, those that do never overlap")
  func arenaPlacesTensors() {
    var random = SplitMix64(seed: 9)
    for _ in 0..<50 {
      let tenants = (0..<20).map { _ in
        let first = random.nextIndex(below: 30)
        return Arena.Tenant(
          byteCount: 1 + random.nextIndex(below: 5000), firstStep: first,
          lastStep: first + random.nextIndex(below: 6))
      }
      let arena = Arena(tenants)
      for (a, first) in tenants.enumerated() {
        #expect(arena.offsets[a] % 64 == 0)
        #expect(arena.offsets[a] + first.byteCount <= arena.byteCount)
        for (b, second) in tenants.enumerated().dropFirst(a + 1)
        where first.firstStep <= second.lastStep && second.firstStep <= first.lastStep {
          let isApart =
            arena.offsets[a] + first.byteCount <= arena.offsets[b]
            || arena.offsets[b] + second.byteCount <= arena.offsets[a]
          #expect(isApart)
        }
      }
    }
    let chain = (0..<10).map { Arena.Tenant(byteCount: 640, firstStep: $0, lastStep: $0 + 1) }
    #expect(Arena(chain).byteCount == 1280)
  }
}
