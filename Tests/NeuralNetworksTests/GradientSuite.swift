import Tensors
import Testing

@testable import NeuralNetworks

@Suite("Gradients")
struct GradientSuite {
  @Test(
    "every gradient of a layer agrees with finite differences of its outputs",
    arguments: ExampleNetwork.layers, PlanKernels.available)
  func layersAgree(_ example: ExampleNetwork, by kernels: PlanKernels) async throws {
    for statistics in [TrainingPlan.Statistics.batch, .running] {
      let complaints = try await Engine.onDedicatedThread(threads: 1) { engine in
        engine.trainingKernels = kernels
        return try PlanGradientCheck(example, statistics, on: engine).complaints {
          check, gradient, loss in
          try check.elementwise(gradient, loss)
        }
      }
      #expect(complaints == [])
    }
  }

  @Test(
    "a step along a network's gradient changes its outputs by as much as the gradient says",
    arguments: ExampleNetwork.networks, PlanKernels.available)
  func networksAgree(_ example: ExampleNetwork, by kernels: PlanKernels) async throws {
    for statistics in [TrainingPlan.Statistics.batch, .running] {
      let complaints = try await Engine.onDedicatedThread(threads: 1) { engine in
        engine.trainingKernels = kernels
        return try PlanGradientCheck(example, statistics, on: engine).complaints {
          check, gradient, loss in
          try check.alongGradient(gradient, loss)
        }
      }
      #expect(complaints == [])
    }
  }
}

/// Compares gradients with symmetric differences of a weighted sum of all outputs.
struct PlanGradientCheck {
  /// The weighted sum after a change of one tensor.
  typealias Loss = ([Float]) throws -> Double

  let example: ExampleNetwork
  let plan: TrainingPlan
  let parameters: Parameters
  let inputs: [String: Tensor]
  let weights: [String: Tensor]
  let batch = 3

  init(
    _ example: ExampleNetwork, _ statistics: TrainingPlan.Statistics, on engine: Engine
  ) throws {
    self.example = example
    parameters = example.parameters(seed: 5)
    inputs = example.inputs(batch: batch, seed: 6)
    plan = try TrainingPlan(
      example.graph, batch: batch, parameters: parameters, statistics: statistics,
      inputGradients: .wanted, on: engine)
    var random = SplitMix64(seed: 7)
    var weights: [String: Tensor] = [:]
    for (name, value) in example.graph.outputs {
      weights[name] = Tensor(normal: [batch] + value.shape, deviation: 1, using: &random)
    }
    self.weights = weights
  }

  /// What disagrees, by name of tensor and element.
  func complaints(
    _ compare: (PlanGradientCheck, Tensor, Loss) throws -> [String]
  ) throws -> [String] {
    _ = try plan.forward(inputs)
    let gradients = try plan.backward(weights)
    var inputGradients: [String: Tensor] = [:]
    for name in inputs.keys { inputGradients[name] = plan.inputGradient(name) }
    var complaints: [String] = []
    let trained = example.graph.parts.filter(\.isTrained).map(\.name)
    if gradients.names != trained { complaints.append("gradients of \(gradients.names)") }
    for (name, gradient) in zip(gradients.names, gradients.tensors) {
      let found = try compare(self, gradient) { change in
        var moved = parameters
        moved[name] = moved[name].map { moving($0, change) }
        plan.parameters = moved
        return try loss(inputs)
      }
      complaints += found.map { "\(name) \($0)" }
    }
    plan.parameters = parameters
    for (name, _) in example.graph.inputs {
      guard let gradient = inputGradients[name] else {
        complaints.append("no gradient of input \(name)")
        continue
      }
      let found = try compare(self, gradient) { change in
        var moved = inputs
        moved[name] = moved[name].map { moving($0, change) }
        return try loss(moved)
      }
      complaints += found.map { "\(name) \($0)" }
    }
    return complaints
  }

  private func moving(_ tensor: Tensor, _ change: [Float]) -> Tensor {
    Tensor(shape: tensor.shape, values: zip(tensor.values, change).map { $0 + $1 })
  }

  private func loss(_ inputs: [String: Tensor]) throws -> Double {
    let outputs = try plan.forward(inputs)
    var sum = 0.0
    for (name, weight) in weights {
      guard let output = outputs[name] else { continue }
      for (a, b) in zip(output.values, weight.values) { sum += Double(a) * Double(b) }
    }
    return sum
  }

  /// Compares a dozen elements of the tensor.
  ///
  /// A large step drowns rounding, a small one misses kinks of rectifiers, so an element passes
  /// if one of the steps agrees.
  func elementwise(_ gradient: Tensor, _ loss: Loss) throws -> [String] {
    let squares = gradient.values.reduce(Float(0)) { $0 + $1 * $1 }
    let tolerance = 2e-3 * Double(max(1, (squares / Float(gradient.count)).squareRoot()))
    var complaints: [String] = []
    for index in stride(from: 0, to: gradient.count, by: max(1, gradient.count / 12)) {
      let found = Double(gradient.values[index])
      var slopes: [Double] = []
      for step: Float in [1e-2, 3e-3, 1e-3, 2e-4] {
        var change = [Float](repeating: 0, count: gradient.count)
        change[index] = step
        let ahead = try loss(change)
        change[index] = -step
        slopes.append((ahead - (try loss(change))) / Double(2 * step))
        if abs(found - slopes[slopes.count - 1]) <= tolerance { break }
      }
      if !slopes.contains(where: { abs(found - $0) <= tolerance }) {
        complaints.append("[\(index)]: \(found), one of \(slopes) wanted")
      }
    }
    return complaints
  }

  /// Along the gradient the slope is the gradient's length, and kinks of many rectifiers, which
  /// blur single elements of a deep network, average out.
  func alongGradient(_ gradient: Tensor, _ loss: Loss) throws -> [String] {
    let length = gradient.values.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return ["gradient is zero"] }
    var slopes: [Double] = []
    for step: Float in [1e-2, 3e-3, 1e-3] {
      let change = gradient.values.map { $0 / length * step }
      slopes.append((try loss(change) - (try loss(change.map { -$0 }))) / Double(2 * step))
    }
    let agrees = slopes.contains { abs($0 / Double(length) - 1) < 2e-2 }
    return agrees ? [] : ["length \(length), one of \(slopes) wanted"]
  }
}
