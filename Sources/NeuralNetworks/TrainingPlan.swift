import Tensors

/// A graph made ready to learn: forward and backward passes over batches of one size.
///
/// All memory and all steps are made when the plan is made: our own kernels where they are faster,
/// oneDNN's for the rest. The same parameters and batches give the same bits, as long as processor
/// and number of threads stay the same; with other threads the last digits differ, since oneDNN
/// cuts some sums by their number. Not `Sendable`: it belongs to the engine's thread.
public final class TrainingPlan {
  /// Where batch normalization takes mean and variance from.
  public enum Statistics: Sendable {
    /// From the batch; the running statistics follow it.
    case batch
    /// From the running statistics, which stay; gradients still flow.
    case running
  }

  /// Whether the backward pass goes on to the inputs.
  public enum InputGradients: Sendable {
    case none
    case wanted
  }

  public let graph: Graph
  /// Samples per pass.
  public let batch: Int
  private let engine: Engine
  private let layout: TrainingLayout
  private let outputGradients: [Memory]
  /// By output: whether its gradient holds zeros since the last pass.
  private var isZero: [Bool]
  private var stored: Parameters
  /// Whether `stored` lacks the running statistics of the last passes.
  private var isStale = false
  private var hasPassed = false

  /// Plans `graph` for batches of `batch` samples.
  ///
  /// `parameters` has every part of the graph with its shape. Throws `EngineError`.
  public init(
    _ graph: Graph, batch: Int, parameters: Parameters, statistics: Statistics = .batch,
    inputGradients: InputGradients = .none, on engine: Engine
  ) throws {
    engine.checkThread()
    precondition(batch > 0, "training plan: batch \(batch) found, a positive number wanted")
    precondition(!graph.outputs.isEmpty, "training plan: graph '\(graph.name)' has no output")
    graph.check(parameters, for: "training plan")
    self.graph = graph
    self.batch = batch
    self.engine = engine
    stored = parameters
    layout = try TrainingLayout(graph, batch: batch, statistics, inputGradients, on: engine)
    var outputGradients: [Memory] = []
    for (_, value) in graph.outputs { outputGradients.append(try layout.bench.activation(value)) }
    self.outputGradients = outputGradients
    isZero = outputGradients.map { _ in true }
    try layout.addBackward(from: Array(zip(graph.outputs.map(\.value), outputGradients)))
    try load()
  }

  /// The network's tensors; running statistics are those after the last forward pass.
  public var parameters: Parameters {
    get {
      if isStale { readRunningStatistics() }
      return stored
    }
    set {
      engine.checkThread()
      graph.check(newValue, for: "training plan")
      stored = newValue
      isStale = false
      needsLoad = true
    }
  }
  private var needsLoad = false

  /// Changes the network's tensors in place: what an optimizer does at every step.
  ///
  /// Names and shapes stay as they are.
  public func update<Result>(_ change: (inout Parameters) throws -> Result) rethrows -> Result {
    engine.checkThread()
    if isStale { readRunningStatistics() }
    needsLoad = true
    return try change(&stored)
  }

  /// Runs the network on `[batch, H, W, C]` (or `[batch, C]`) tensors, one for each input.
  ///
  /// Returns every output. With batch statistics the running ones move by a tenth.
  public func forward(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    engine.checkThread()
    if needsLoad { try load() }
    for (name, value) in graph.inputs {
      let wanted = [batch] + value.shape
      let found = inputs[name]
      precondition(
        found?.shape == wanted,
        "forward: input '\(name)' \(found.map { "\($0.shape)" } ?? "missing"), \(wanted) wanted")
      if let found { layout.values[value.index]?.write(found.values) }
    }
    for primitive in layout.forward { try primitive.run(on: engine) }
    for statistics in layout.moving { statistics.move(by: TrainingLayout.momentum) }
    isStale = isStale || !layout.moving.isEmpty
    hasPassed = true
    var outputs: [String: Tensor] = [:]
    for (name, value) in graph.outputs {
      outputs[name] = Tensor(
        shape: [batch] + value.shape, values: layout.memory(value).values(batch * value.count))
    }
    return outputs
  }

  /// Takes the gradients of a loss with respect to outputs back through the last forward pass.
  ///
  /// An output that is not named counts as zero. Returns the gradients of the trained parts, in
  /// the order of the graph's parts.
  public func backward(_ gradients: [String: Tensor]) throws -> Parameters {
    engine.checkThread()
    precondition(hasPassed, "backward: no forward pass found, one wanted first")
    for name in gradients.keys {
      precondition(
        graph.output(named: name) != nil,
        "backward: output '\(name)' found, one of \(graph.outputs.map(\.name)) wanted")
    }
    for (place, (name, value)) in graph.outputs.enumerated() {
      guard let gradient = gradients[name] else {
        if !isZero[place] { outputGradients[place].clear() }
        isZero[place] = true
        continue
      }
      let wanted = [batch] + value.shape
      precondition(
        gradient.shape == wanted, "backward: output '\(name)' \(gradient.shape), \(wanted) wanted")
      outputGradients[place].write(gradient.values)
      isZero[place] = false
    }
    for primitive in layout.backward { try primitive.run(on: engine) }
    return Parameters(
      graph.parts.compactMap { part in
        guard let memory = layout.parts[part.name]?.gradient else { return nil }
        return (part.name, Tensor(shape: part.shape, values: memory.values(part.count)))
      })
  }

  /// The gradient with respect to an input after `backward`, where such gradients were asked for.
  ///
  /// Nil where they were not, or where no output depends on the input.
  public func inputGradient(_ name: String) -> Tensor? {
    engine.checkThread()
    guard let value = graph.input(named: name), let memory = layout.gradients[value.index] else {
      return nil
    }
    return Tensor(shape: [batch] + value.shape, values: memory.values(batch * value.count))
  }

  /// The names of the kernels behind the plan's steps, for tests and reports.
  package var implementations: [(place: String, name: String)] {
    (layout.refresh + layout.forward + layout.backward).map { ($0.place, $0.implementation) }
  }

  /// The shortest of `repetitions` runs of each step, on whatever the tensors hold.
  package func stepTimes(
    repetitions: Int
  ) throws -> [(place: String, implementation: String, shortest: Duration)] {
    engine.checkThread()
    var times: [(place: String, implementation: String, shortest: Duration)] = []
    let clock = ContinuousClock()
    for primitive in layout.refresh + layout.forward + layout.backward {
      var shortest = Duration.seconds(1000)
      for _ in 0..<repetitions {
        let start = clock.now
        try primitive.run(on: engine)
        shortest = min(shortest, start.duration(to: clock.now))
      }
      times.append((primitive.place, primitive.implementation, shortest))
    }
    return times
  }

  private func load() throws {
    for part in graph.parts {
      guard let tensor = stored[part.name] else { continue }
      layout.parts[part.name]?.value.write(tensor.values)
    }
    for primitive in layout.refresh { try primitive.run(on: engine) }
    needsLoad = false
  }

  private func readRunningStatistics() {
    for statistics in layout.moving {
      for part in [statistics.runningMean, statistics.runningVariance] {
        stored[part.part.name] = Tensor(
          shape: part.part.shape, values: part.value.values(part.part.count))
      }
    }
    isStale = false
  }
}

extension Graph {
  /// Traps unless `parameters` has every part with its shape.
  func check(_ parameters: Parameters, for operation: String) {
    for part in parts {
      let found = parameters[part.name]?.shape
      precondition(
        found == part.shape,
        "\(operation): part '\(part.name)' \(found.map { "\($0)" } ?? "missing"), "
          + "\(part.shape) wanted")
    }
  }
}

extension MovingStatistics {
  /// Moves the running statistics towards the batch's; the variance by its unbiased estimate.
  func move(by share: Float) {
    let unbias = count > 1 ? Float(count) / Float(count - 1) : 1
    runningMean.value.moveTowards(mean, scaledBy: 1, by: share)
    runningVariance.value.moveTowards(variance, scaledBy: unbias, by: share)
  }
}

extension Memory {
  /// Goes `share` of the way to `factor · target`.
  func moveTowards(_ target: Memory, scaledBy factor: Float, by share: Float) {
    let targets = target.values()
    update { span in
      for index in 0..<span.count { span[index] += share * (factor * targets[index] - span[index]) }
    }
  }
}
