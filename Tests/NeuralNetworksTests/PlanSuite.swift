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
