import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

// Published experiments on synthetic data, repeated with this package's plans, losses and
// optimizers: what distillation is worth, and when it is worth nothing, must come out the same.

let notOptimized: Comment = "takes far too long without optimization; run swift test -c release"

/// A softmax of a weighted sum: the model of these experiments.
struct LinearModel {
  /// How a model is trained, and how long.
  struct Training {
    var settings: OptimizerSettings
    var steps: Int

    /// Plain gradient descent.
    static func descent(rate: Float = 0.1, steps: Int = 1000, momentum: Float = 0) -> Training {
      var settings = OptimizerSettings(algorithm: .momentumSGD, learningRate: rate)
      settings.momentum = momentum
      settings.weightDecay = 0
      return Training(settings: settings, steps: steps)
    }
  }

  let graph: Graph
  let parameters: Parameters
  let engine: Engine

  /// One dense layer with two outputs.
  static func graph(inputs: Int) -> Graph {
    var graph = Graph(name: "linear")
    let input = graph.input("input", shape: [inputs])
    graph.output("logits", graph.dense("dense", input, outputs: 2))
    return graph
  }

  /// Trains on `batches` `[N, D]` in turn; `loss` judges the logits `[N, 2]` of a batch.
  ///
  /// Parameters start as `start`, or as PyTorch's if that is `nil`.
  init(
    on batches: [Tensor], _ training: Training = .descent(), from start: Parameters? = nil,
    using random: inout SplitMix64, engine: Engine, loss: (Tensor, Int) -> LossValue
  ) throws {
    let first = try #require(batches.first)
    graph = Self.graph(inputs: first.shape[1])
    self.engine = engine
    let plan = try TrainingPlan(
      graph, batch: first.shape[0],
      parameters: start ?? Parameters(initializing: graph, using: &random), on: engine)
    var optimizer = Optimizer(training.settings, parts: graph.parts)
    for step in 0..<training.steps {
      let number = step % batches.count
      let outputs = try plan.forward(["input": batches[number]])
      let judged = loss(try #require(outputs["logits"]), number)
      let gradients = try plan.backward(["logits": judged.gradient])
      optimizer.step(
        &plan.parameters, gradients: gradients, rate: training.settings.learningRate)
    }
    parameters = plan.parameters
  }

  /// The logits `[N, 2]` of `inputs` `[N, D]`.
  func logits(_ inputs: Tensor) throws -> Tensor {
    let plan = try InferencePlan(graph, batch: 200, parameters: parameters, on: engine)
    return try #require(try plan(["input": inputs])["logits"])
  }

  /// The share of samples, in percent, whose label has the greater logit.
  func accuracy(_ inputs: Tensor, _ labels: [Int]) throws -> Double {
    let logits = try logits(inputs).values
    let right = labels.enumerated().count { row, label in
      logits[2 * row + label] > logits[2 * row + 1 - label]
    }
    return 100 * Double(right) / Double(labels.count)
  }
}

/// A cross-modal data set: what the teacher sees, what the student sees, and the truth.
struct Pairs {
  let teacher: Tensor
  let student: Tensor
  let labels: [Int]
}

/// The figures of several repetitions, in columns.
struct Repetitions {
  let rows: [[Double]]

  /// Runs `body` once per repetition on an engine of its own; each has its own random numbers.
  init(
    _ count: Int, _ purpose: String,
    _ body: @escaping @Sendable (inout SplitMix64, Engine) throws -> [Double]
  ) throws {
    rows = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      try (0..<count).map { repetition in
        var random = SplitMix64(seed: UInt64(repetition), purpose: purpose)
        return try body(&random, engine)
      }
    }
  }

  /// The mean of each column.
  var means: [Double] {
    guard let first = rows.first else { return [] }
    return first.indices.map { column in
      rows.reduce(0) { $0 + $1[column] } / Double(rows.count)
    }
  }

  /// Means for a person, with the standard error of each.
  var description: String {
    means.enumerated().map { column, mean in
      let squares = rows.reduce(0) { $0 + ($1[column] - mean) * ($1[column] - mean) }
      let error = (squares / Double(max(rows.count - 1, 1)) / Double(rows.count)).squareRoot()
      return String(format: "%.2f ± %.2f", mean, error)
    }.joined(separator: ", ")
  }
}

/// A matrix of standard normal numbers.
func normal(_ rows: Int, _ columns: Int, using random: inout SplitMix64) -> Tensor {
  Tensor(normal: [rows, columns], deviation: 1, using: &random)
}

/// Standard normal weights of a separating plane.
func plane(_ count: Int, using random: inout SplitMix64) -> [Double] {
  (0..<count).map { _ in random.nextNormal() }
}

/// The sum of each row's columns in `range`, weighted by the plane.
func margins(_ inputs: Tensor, _ plane: [Double], columns range: Range<Int>) -> [Double] {
  let width = inputs.shape[1]
  return (0..<inputs.shape[0]).map { row in
    range.reduce(0) { $0 + plane[$1] * Double(inputs.values[row * width + $1]) }
  }
}

/// Puts columns of `source` into the same columns of `target`.
func copy(_ columns: Range<Int>, of source: Tensor, into target: inout Tensor) {
  let (from, to) = (source.shape[1], target.shape[1])
  for row in 0..<source.shape[0] {
    for column in columns {
      target.values[row * to + column] = source.values[row * from + column]
    }
  }
}

/// The given columns of a matrix, in that order.
func columns(_ numbers: [Int], of inputs: Tensor) -> Tensor {
  let width = inputs.shape[1]
  let values = (0..<inputs.shape[0]).flatMap { row in
    numbers.map { inputs.values[row * width + $0] }
  }
  return Tensor(shape: [inputs.shape[0], numbers.count], values: values)
}
