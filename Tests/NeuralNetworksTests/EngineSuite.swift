import Foundation
import Tensors
import Testing

@testable import NeuralNetworks

@Suite("Engine")
struct EngineSuite {
  @Test("the same seed and threads give the same bits", arguments: [1, 2])
  func trainingIsDeterministic(_ threads: Int) async throws {
    let first = try await Self.trained(threads: threads)
    let second = try await Self.trained(threads: threads)
    #expect(first == second)
    #expect(first != ExampleNetwork.residual.parameters(seed: 1))
  }

  @Test("two engines at once compute what one computes alone")
  func enginesDoNotDisturbEachOther() async throws {
    let alone = try await Self.trained(threads: 1)
    async let first = Self.trained(threads: 1)
    async let second = Self.trained(threads: 1)
    #expect(try await first == alone)
    #expect(try await second == alone)
  }

  @Test("an error thrown on the engine's thread arrives, blocking or not")
  func errorsArrive() async {
    let wanted = EngineError(place: "test", problem: "thrown")
    await #expect(throws: wanted) {
      try await Engine.onDedicatedThread(threads: 1) { _ in throw wanted }
    }
    #expect(throws: wanted) {
      try Engine.onDedicatedThreadBlocking(threads: 1) { _ in throw wanted }
    }
  }

  @Test("both ways of running give the result of the body on another thread")
  func resultsArrive() async throws {
    let here = pthread_self()
    let blocking = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      (pthread_self() != here, engine.threads)
    }
    #expect(blocking == (true, 1))
    let threads = try await Engine.onDedicatedThread(threads: 2) { $0.threads }
    #expect(threads == 2)
  }

  @Test("a plan that is called from another thread traps")
  func otherThreadsTrap() async {
    await #expect(processExitsWith: .failure) {
      let example = ExampleNetwork.layers[8]
      let parameters = Parameters([])
      let inputs = example.inputs(batch: 1, seed: 1)
      _ = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        let plan = try TrainingPlan(
          example.graph, batch: 1, parameters: parameters, on: engine)
        nonisolated(unsafe) let smuggled = plan
        let ended = DispatchSemaphore(value: 0)
        Thread {
          _ = try? smuggled.forward(inputs)  // It traps before it can throw.
          ended.signal()
        }.start()
        ended.wait()
      }
    }
  }

  /// Three plain descent steps from a fixed start.
  private static func trained(threads: Int) async throws -> Parameters {
    try await Engine.onDedicatedThread(threads: threads) { engine in
      let example = ExampleNetwork.residual
      let plan = try TrainingPlan(
        example.graph, batch: 16, parameters: example.parameters(seed: 1), on: engine)
      for step in 0..<3 {
        let outputs = try plan.forward(example.inputs(batch: 16, seed: UInt64(step)))
        let gradients = try plan.backward(outputs)
        var parameters = plan.parameters
        for (name, gradient) in zip(gradients.names, gradients.tensors) {
          guard var tensor = parameters[name] else { continue }
          for index in tensor.values.indices {
            tensor.values[index] -= 1e-4 * gradient.values[index]
          }
          parameters[name] = tensor
        }
        plan.parameters = parameters
      }
      return plan.parameters
    }
  }
}
