import Tensors

/// A graph made ready to be used: batch normalization folded, layers fused, memory laid out.
///
/// All memory is planned when the plan is made, and tensors that do not live at the same time
/// share it. Not `Sendable`: it belongs to the engine's thread.
public final class InferencePlan {
  public let graph: Graph
  /// The names of the outputs that are computed; what only others need is left out.
  public let outputs: [String]
  /// Samples per slice.
  public let batch: Int
  private let engine: Engine
  private let layout: InferenceLayout
  /// The inputs that the outputs need.
  private let inputs: [(name: String, value: Graph.Value, memory: Memory)]
  private let results: [(name: String, value: Graph.Value, memory: Memory)]

  /// Plans `graph` for slices of `batch` samples; `outputs` are all of the graph's unless named.
  ///
  /// `parameters` has every part of the graph with its shape. Throws `EngineError`.
  public init(
    _ graph: Graph, batch: Int, parameters: Parameters, outputs: [String]? = nil, on engine: Engine
  ) throws {
    engine.checkThread()
    precondition(batch > 0, "inference plan: batch \(batch) found, a positive number wanted")
    graph.check(parameters, for: "inference plan")
    let names = outputs ?? graph.outputs.map(\.name)
    precondition(!names.isEmpty, "inference plan: no output found, at least one wanted")
    let wanted = names.map { name in
      guard let value = graph.output(named: name) else {
        preconditionFailure(
          "inference plan: output '\(name)' found, some of \(graph.outputs.map(\.name)) wanted")
      }
      return (name, value)
    }
    self.graph = graph
    self.outputs = names
    self.batch = batch
    self.engine = engine
    let layout = try InferenceLayout(graph, batch: batch, parameters, wanted, on: engine)
    self.layout = layout
    inputs = graph.inputs.filter { layout.needs($0.value) }
      .map { ($0.name, $0.value, layout.memory($0.value)) }
    results = wanted.map { ($0.0, $0.1, layout.memory($0.1)) }
  }

  /// Runs any number of samples, in slices of `batch`; the last slice is padded with zeros.
  ///
  /// Shapes: inputs `[N, H, W, C]` or `[N, C]`, outputs likewise. An input that no asked output
  /// needs may be left out.
  public func callAsFunction(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    engine.checkThread()
    let samples = self.inputs.first.flatMap { inputs[$0.name]?.shape.first } ?? 0
    for (name, value, _) in self.inputs {
      let (wanted, found) = ([samples] + value.shape, inputs[name]?.shape)
      precondition(
        found == wanted,
        "inference: input '\(name)' \(found.map { "\($0)" } ?? "missing"), \(wanted) wanted")
    }
    var values = [[Float]](repeating: [], count: results.count)
    for (place, result) in results.enumerated() {
      values[place].reserveCapacity(samples * result.value.count)
    }
    for first in stride(from: 0, to: samples, by: batch) {
      let count = min(batch, samples - first)
      for (name, value, memory) in self.inputs {
        memory.write(
          inputs[name]?.values ?? [], from: first * value.count, count: count * value.count)
      }
      try runSteps()
      for (place, result) in results.enumerated() {
        values[place] += result.memory.values(count * result.value.count)
      }
    }
    var outputs: [String: Tensor] = [:]
    for (place, result) in results.enumerated() {
      outputs[result.name] = Tensor(
        shape: [samples] + result.value.shape, values: values[place])
    }
    return outputs
  }

  /// Runs one slice of a network with one input and one output, without allocating.
  ///
  /// `color` holds up to `batch` samples `[n, H, W, C]`; `output` takes as many results.
  public func run(color: Span<Float>, into output: inout MutableSpan<Float>) throws {
    engine.checkThread()
    precondition(
      inputs.count == 1 && results.count == 1,
      "run: \(inputs.count) inputs and \(results.count) outputs found, one of each wanted")
    let (size, resultSize) = (inputs[0].value.count, results[0].value.count)
    let samples = color.count / size
    precondition(
      samples * size == color.count && samples <= batch,
      "run: \(color.count) numbers found, up to \(batch) samples of \(size) wanted")
    precondition(
      output.count == samples * resultSize,
      "run: room for \(output.count) numbers found, \(samples) results of \(resultSize) wanted")
    inputs[0].memory.write(color)
    if samples < batch { inputs[0].memory.clear(from: color.count) }
    try runSteps()
    results[0].memory.read(into: &output)
  }

  /// The size of the block that all activations share.
  package var activationBytes: Int { layout.activationBytes }

  /// The names of oneDNN's implementations behind the plan's steps, for tests and reports.
  package var implementations: [(place: String, name: String)] {
    layout.primitives.map { ($0.place, $0.implementation) }
  }

  private func runSteps() throws {
    for primitive in layout.primitives { try primitive.run(on: engine) }
  }
}
