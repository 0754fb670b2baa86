import NeuralNetworks
import Tensors
import TestSupport
import Testing

@Suite("Networks beside PyTorch's", .tags(.golden))
struct GoldenNetworkTests {
  /// What one forward and backward pass gives.
  private struct Pass: Sendable {
    let loss: Float
    let outputs: [String: Tensor]
    let gradients: Parameters
    let parameters: Parameters
  }

  @Test(
    "outputs, loss and every gradient agree, on every set of kernels",
    arguments: GoldenNetwork.all, PlanKernels.available)
  func gradients(network: GoldenNetwork, kernels: PlanKernels) throws {
    for statistics in [TrainingPlan.Statistics.batch, .running] {
      try compare(network, statistics, Self.pass(network, statistics, by: kernels))
    }
  }

  private func compare(
    _ network: GoldenNetwork, _ statistics: TrainingPlan.Statistics, _ pass: Pass
  ) throws {
    let golden = try network.golden()
    let prefix = statistics == .batch ? "batch" : "running"
    func wanted(_ name: String) throws -> [Float] {
      try #require(golden["\(prefix)/\(name)"], "\(prefix)/\(name)").values
    }
    expectClose([pass.loss], try wanted("loss"), absolute: 0, relative: 1e-4)
    for name in ["logits", "features"] {
      let found = GoldenNetwork.thinned(try #require(pass.outputs[name]))
      let wanted = try wanted(name)
      expectClose(
        found, wanted, absolute: 1e-4 * Self.size(wanted), relative: 1e-4, name)
    }
    for part in network.graph.parts where part.isTrained {
      let found = GoldenNetwork.thinned(try #require(pass.gradients[part.name]))
      let wanted = try wanted("gradient/\(part.name)")
      expectClose(
        found, wanted, absolute: 2e-4 * Self.size(wanted), relative: 1e-3,
        "gradient of \(part.name)")
    }
    #expect(pass.gradients.names == network.graph.parts.filter(\.isTrained).map(\.name))
  }

  @Test("running statistics move as PyTorch's", arguments: GoldenNetwork.all)
  func runningStatistics(network: GoldenNetwork) throws {
    let golden = try network.golden()
    let parameters = try Self.pass(network, .batch).parameters
    let still = try Self.pass(network, .running).parameters
    for part in network.graph.parts where !part.isTrained {
      let wanted = try #require(golden["batch/\(part.name)"])
      expectClose(
        try #require(parameters[part.name]), wanted, absolute: 1e-5, relative: 1e-5, part.name)
    }
    #expect(still == network.parameters)
  }

  @Test(
    "the first ten losses agree, on every set of kernels", arguments: GoldenNetwork.all,
    OptimizerSettings.Algorithm.allCases)
  func losses(network: GoldenNetwork, algorithm: OptimizerSettings.Algorithm) throws {
    let wanted = try #require(try network.golden()[algorithm.rawValue])
    var settings = OptimizerSettings(algorithm: algorithm)
    settings.learningRate = algorithm == .adamW ? 0.003 : 0.05
    settings.weightDecay = algorithm == .adamW ? 0.01 : 1e-3
    let choice = settings
    for kernels in PlanKernels.available {
      let found = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        engine.trainingKernels = kernels
        let plan = try TrainingPlan(
          network.graph, batch: GoldenNetwork.batch, parameters: network.parameters, on: engine)
        var optimizer = Optimizer(choice, parts: network.graph.parts)
        return try (0..<10).map { _ in
          let outputs = try plan.forward(network.inputs)
          let loss = try Self.loss(outputs)
          let gradients = try plan.backward(["logits": loss.gradient])
          optimizer.step(&plan.parameters, gradients: gradients, rate: choice.learningRate)
          return loss.value
        }
      }
      expectClose(found, wanted.values, absolute: 0, relative: 1e-3, "\(kernels)")
    }
  }

  @Test(
    "the folded network gives PyTorch's logits, on every set of kernels",
    arguments: GoldenNetwork.all, PlanKernels.available)
  func inference(network: GoldenNetwork, kernels: PlanKernels) throws {
    let wanted = try #require(try network.golden()["running/logits"])
    // Two slices of three: the last one is padded.
    let found = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      engine.inferenceKernels = kernels
      return try InferencePlan(
        network.graph, batch: 3, parameters: network.parameters, outputs: ["logits"], on: engine
      )(network.inputs)
    }
    expectClose(
      try #require(found["logits"]), wanted, absolute: 1e-4 * Self.size(wanted.values),
      relative: 1e-4)
  }

  private static func pass(
    _ network: GoldenNetwork, _ statistics: TrainingPlan.Statistics,
    by kernels: PlanKernels = .fastest
  ) throws -> Pass {
    try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      engine.trainingKernels = kernels
      let plan = try TrainingPlan(
        network.graph, batch: GoldenNetwork.batch, parameters: network.parameters,
        statistics: statistics, on: engine)
      let outputs = try plan.forward(network.inputs)
      let loss = try Self.loss(outputs)
      let gradients = try plan.backward(["logits": loss.gradient, "features": network.slope])
      return Pass(
        loss: loss.value, outputs: outputs, gradients: gradients, parameters: plan.parameters)
    }
  }

  private static func loss(_ outputs: [String: Tensor]) throws -> LossValue {
    crossEntropy(
      try #require(outputs["logits"]), labels: GoldenNetwork.labels, smoothing: 0.1)
  }

  /// The largest absolute value: what "small" is measured against.
  private static func size(_ values: [Float]) -> Double {
    values.reduce(0) { max($0, Double(abs($1))) }
  }
}
