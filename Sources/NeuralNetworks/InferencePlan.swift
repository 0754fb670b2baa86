import Tensors

/// A graph made ready to be used: batch normalization folded, layers fused, memory laid out.
///
/// Not `Sendable`: it belongs to the engine's thread.
public final class InferencePlan {
  public let graph: Graph
  /// The names of the outputs that are computed; what only others need is left out.
  public let outputs: [String]
  public let batch: Int

  /// Plans `graph` for slices of `batch` samples; `outputs` are all of the graph's unless named.
  ///
  /// `parameters` has every part of the graph with its shape. Throws `EngineError`.
  public init(
    _ graph: Graph, batch: Int, parameters: Parameters, outputs: [String]? = nil, on engine: Engine
  ) throws {
    self.graph = graph
    self.batch = batch
    self.outputs = outputs ?? graph.outputs.map(\.name)
  }

  /// Runs any number of samples, in slices of `batch`; the last slice is padded with zeros.
  ///
  /// Shapes: inputs `[N, H, W, C]` or `[N, C]`, outputs likewise.
  public func callAsFunction(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    throw EngineError(place: "inference plan", problem: "not built yet")
  }

  /// Runs one slice of a network with one input and one output, without allocating.
  ///
  /// `color` holds up to `batch` samples `[n, H, W, C]`; `output` takes as many results.
  public func run(color: Span<Float>, into output: inout MutableSpan<Float>) throws {
    throw EngineError(place: "inference plan", problem: "not built yet")
  }
}
