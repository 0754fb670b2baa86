import Tensors

/// What is done to a layer's result before it is written.
enum FusedOperation {
  /// `max(0, x)`
  case rectifier
  /// `1 / (1 + exp(-x))`
  case logistic
  /// `factor · x`
  case scale(by: Float)
  /// `x + other`
  case sum(Graph.Value)
  /// `x · other`
  case product(Graph.Value)

  /// The value that is read besides.
  var other: Graph.Value? {
    switch self {
    case .rectifier, .logistic, .scale: nil
    case .sum(let other), .product(let other): other
    }
  }
}

/// A convolution or dense layer with all that can be done before its result is written.
struct FusedLayer {
  let node: Graph.Node
  /// The batch normalizations whose effect goes into kernel and bias.
  var folded: [String] = []
  /// The values before the folded normalizations, which are never computed.
  var hidden: [Graph.Value] = []
  /// What is done to the result.
  var operations: [FusedOperation] = []
  /// The value after each number of operations, so that operations can be given up again.
  var values: [Graph.Value]
  /// How many operations each later value needs.
  var operationCounts = [0]

  init(_ node: Graph.Node) {
    self.node = node
    values = [node.value]
  }

  /// What is written in the end.
  var value: Graph.Value { values[values.count - 1] }

  /// Leaves the last absorbed node to a step of its own; false if none is left.
  mutating func giveUpLast() -> Bool {
    guard values.count > 1 else { return false }
    values.removeLast()
    operationCounts.removeLast()
    operations.removeLast(operations.count - operationCounts[operationCounts.count - 1])
    return true
  }
}

/// Finds what can be computed together.
struct FusionRules {
  let graph: Graph
  let isLive: [Bool]
  let wanted: Set<Graph.Value>

  /// The layer of `node`, followed through readers as long as each value has only one.
  ///
  /// `isReady` tells whether a value is computed before the layer runs.
  func layer(_ node: Graph.Node, isReady: (Graph.Value) -> Bool) -> FusedLayer {
    var layer = FusedLayer(node)
    while let reader = soleReader(of: layer.value) {
      switch reader.operation {
      case .batchNormalization(let name):
        guard layer.operations.isEmpty else { return layer }
        layer.folded.append(name)
        layer.hidden.append(layer.value)
        layer.values = [reader.value]
        continue
      case .rectifier: layer.operations.append(.rectifier)
      case .logistic: layer.operations.append(.logistic)
      case .sum, .product, .mean:
        let others = reader.inputs.filter { $0 != layer.value }
        guard let other = others.first, isReady(other) else { return layer }
        layer.operations.append(reader.operation == .product ? .product(other) : .sum(other))
        if reader.operation == .mean { layer.operations.append(.scale(by: 0.5)) }
      default: return layer
      }
      layer.values.append(reader.value)
      layer.operationCounts.append(layer.operations.count)
    }
    return layer
  }

  /// The only node that reads `value`, if there is one and nobody else wants the value.
  func soleReader(of value: Graph.Value) -> Graph.Node? {
    guard !wanted.contains(value) else { return nil }
    let readers = graph.readers(of: value, among: isLive)
    return readers.count == 1 ? readers[0] : nil
  }
}

/// A kernel and a bias with batch normalizations folded in.
struct FoldedWeights {
  var kernel: [Float]
  var bias: [Float]

  /// `kernel` has the result's channels as its slowest extent; a missing bias counts as zero.
  init(kernel: Tensor, bias: Tensor?) {
    self.kernel = kernel.values
    self.bias = bias?.values ?? [Float](repeating: 0, count: kernel.shape[0])
  }

  /// Applies a normalization with running statistics to the layer's result.
  mutating func fold(scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) {
    let size = kernel.count / bias.count
    for channel in bias.indices {
      let epsilon = Double(TrainingLayout.epsilon)
      let factor =
        Double(scale.values[channel])
        / (Double(variance.values[channel]) + epsilon).squareRoot()
      for index in (channel * size)..<((channel + 1) * size) {
        kernel[index] = Float(Double(kernel[index]) * factor)
      }
      bias[channel] = Float(
        (Double(bias[channel]) - Double(mean.values[channel])) * factor
          + Double(shift.values[channel]))
    }
  }
}

extension FoldedWeights {
  /// The weights of a layer with all normalizations that it absorbed.
  init(_ layer: FusedLayer, kernel: Tensor, bias: Tensor?, _ parameters: Parameters) {
    self.init(kernel: kernel, bias: bias)
    for norm in layer.folded {
      fold(
        scale: parameters.part(norm, "scale"), shift: parameters.part(norm, "shift"),
        mean: parameters.part(norm, "runningMean"),
        variance: parameters.part(norm, "runningVariance"))
    }
  }

  /// The weights of a layer of that name.
  init(_ layer: FusedLayer, named name: String, _ parameters: Parameters) {
    self.init(
      layer, kernel: parameters.part(name, "kernel"), bias: parameters["\(name).bias"], parameters)
  }
}

extension Parameters {
  /// A tensor that the graph says is there.
  func part(_ layer: String, _ ending: String) -> Tensor {
    guard let tensor = self["\(layer).\(ending)"] else {
      preconditionFailure("inference plan: part '\(layer).\(ending)' missing")
    }
    return tensor
  }
}
