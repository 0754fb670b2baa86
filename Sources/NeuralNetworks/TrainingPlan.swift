import Tensors

/// A graph made ready to learn: forward and backward passes over batches of one size.
///
/// All memory and all primitives are made when the plan is made. Not `Sendable`: it belongs to the
/// engine's thread.
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
  public let batch: Int
  public var parameters: Parameters

  /// Plans `graph` for batches of `batch` samples.
  ///
  /// `parameters` has every part of the graph with its shape. Throws `EngineError`.
  public init(
    _ graph: Graph, batch: Int, parameters: Parameters, statistics: Statistics = .batch,
    inputGradients: InputGradients = .none, on engine: Engine
  ) throws {
    self.graph = graph
    self.batch = batch
    self.parameters = parameters
  }

  /// Runs the network on `[batch, H, W, C]` (or `[batch, C]`) tensors, one for each input.
  ///
  /// Returns every output. With batch statistics the running ones move by a tenth.
  public func forward(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
    throw EngineError(place: "training plan", problem: "not built yet")
  }

  /// Takes the gradients of a loss with respect to outputs back through the last forward pass.
  ///
  /// An output that is not named counts as zero. Returns the gradients of the trained parts.
  public func backward(_ gradients: [String: Tensor]) throws -> Parameters {
    throw EngineError(place: "training plan", problem: "not built yet")
  }

  /// The gradient with respect to an input after `backward`, where such gradients were asked for.
  public func inputGradient(_ name: String) -> Tensor? { nil }
}
