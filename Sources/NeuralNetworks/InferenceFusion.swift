import Tensors

/// A convolution or dense layer with all that can be done before its result is written.
struct FusedLayer {
  let node: Graph.Node
  /// The batch normalizations whose effect goes into kernel and bias.
  var folded: [String] = []
  /// The values before the folded normalizations, which are never computed.
  var hidden: [Graph.Value] = []
  /// What is done to the result, with the value that a step reads besides.
  var operations: [(operation: PostOperation, other: Graph.Value?)] = []
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
  let bench: Workbench

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
      case .rectifier: layer.operations.append((.rectifier, nil))
      case .logistic: layer.operations.append((.logistic, nil))
      case .sum, .product, .mean:
        let others = reader.inputs.filter { $0 != layer.value }
        guard let other = others.first, isReady(other) else { return layer }
        let layout = bench.layout(other)
        layer.operations.append(
          (reader.operation == .product ? .product(layout) : .sum(layout), other))
        if reader.operation == .mean { layer.operations.append((.scale(by: 0.5), nil)) }
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
