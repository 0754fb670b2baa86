import Tensors
import Testing

@testable import NeuralNetworks

@Suite("Plans")
struct PlanSuite {
  static let cases = ExampleNetwork.layers + ExampleNetwork.networks

  @Test("a training plan gives what plain loops give", arguments: cases)
  func trainingAgreesWithLoops(_ example: ExampleNetwork) async throws {
    let parameters = example.parameters(seed: 1)
    let inputs = example.inputs(batch: 3, seed: 2)
    for statistics in [TrainingPlan.Statistics.batch, .running] {
      let outputs = try await Engine.onDedicatedThread(threads: 1) { engine in
        try TrainingPlan(
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

  @Test("an inference plan gives what plain loops give, in slices too", arguments: cases)
  func inferenceAgreesWithLoops(_ example: ExampleNetwork) async throws {
    let parameters = example.parameters(seed: 3)
    let inputs = example.inputs(batch: 5, seed: 4)
    let wanted = NaiveNetwork(
      graph: example.graph, parameters: parameters, statistics: .running
    ).outputs(inputs)
    for batch in [1, 2, 5, 8] {
      let outputs = try await Engine.onDedicatedThread(threads: 1) { engine in
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

  @Test("no step falls back to a reference implementation", arguments: cases)
  func nothingIsSlow(_ example: ExampleNetwork) async throws {
    let parameters = example.parameters(seed: 1)
    for batch in [1, 32] {
      let slow = try await Engine.onDedicatedThread(threads: 1) { engine in
        try InferencePlan(example.graph, batch: batch, parameters: parameters, on: engine)
          .implementations.filter { $0.name.hasPrefix("ref") }.map { "\($0.place) by \($0.name)" }
      }
      #expect(slow == [])
    }
  }

  @Test("normalizations, rectifiers and residual sums disappear into convolutions")
  func layersAreFused() async throws {
    let example = ExampleNetwork.residual
    let parameters = example.parameters(seed: 1)
    let places = try await Engine.onDedicatedThread(threads: 1) { engine in
      try InferencePlan(
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
