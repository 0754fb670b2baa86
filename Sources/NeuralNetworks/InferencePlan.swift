import Tensors

/// What carries an inference plan out: our own kernels, or oneDNN's.
protocol InferenceBackend: AnyObject {
  /// The size of the block that all activations share.
  var activationBytes: Int { get }
  /// The layers and copies in their order, and the names of the kernels behind them.
  var implementations: [(place: String, name: String)] { get }

  /// Runs any number of samples; `inputs` are those that `needs` tells, in the graph's order.
  ///
  /// Each result has room for as many samples.
  func infer(samples: Int, _ inputs: [[Float]], into results: inout [[Float]]) throws

  /// Runs samples through a network with one input and one output.
  func infer(samples: Int, _ input: Span<Float>, into result: inout MutableSpan<Float>) throws
}

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
  private let backend: any InferenceBackend
  /// The inputs that the outputs need.
  private let inputs: [(name: String, value: Graph.Value)]
  private let results: [(name: String, value: Graph.Value)]

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
    results = names.map { name in
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
    let isLive = graph.live(for: results.map(\.value))
    inputs = graph.inputs.filter { isLive[$0.value.index] }
    let values = results.map(\.value)
    backend =
      switch engine.inferenceKernels {
      case .own(let set):
        try BlockedInference(
          BlockedLayout(graph, group: 1, parameters, outputs: values, for: set),
          inputs: inputs.map(\.value), outputs: values, batch: batch, on: engine)
      case .oneDNN:
        try OneDNNInference(
          InferenceLayout(graph, batch: batch, parameters, values, on: engine),
          inputs: inputs.map(\.value), outputs: values)
      }
  }

  /// Runs any number of samples, in slices of `batch`.
  ///
  /// Shapes: inputs `[N, H, W, C]` or `[N, C]`, outputs likewise. An input that no asked output
  /// needs may be left out.
  public func callAsFunction(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    engine.checkThread()
    let samples = self.inputs.first.flatMap { inputs[$0.name]?.shape.first } ?? 0
    for (name, value) in self.inputs {
      let (wanted, found) = ([samples] + value.shape, inputs[name]?.shape)
      precondition(
        found == wanted,
        "inference: input '\(name)' \(found.map { "\($0)" } ?? "missing"), \(wanted) wanted")
    }
    var values = results.map { [Float](repeating: 0, count: samples * $0.value.count) }
    try backend.infer(
      samples: samples, self.inputs.map { inputs[$0.name]?.values ?? [] }, into: &values)
    var outputs: [String: Tensor] = [:]
    for (place, result) in results.enumerated() {
      outputs[result.name] = Tensor(shape: [samples] + result.value.shape, values: values[place])
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
    try backend.infer(samples: samples, color, into: &output)
  }

  /// The size of the block that all activations share.
  package var activationBytes: Int { backend.activationBytes }

  /// The names of the kernels behind the plan's steps, for tests and reports.
  package var implementations: [(place: String, name: String)] { backend.implementations }
}
