import Tensors
import Testing

@testable import NeuralNetworks

/// A small network that a test runs, and what it is called in the test's report.
struct ExampleNetwork: Sendable, CustomTestStringConvertible {
  let graph: Graph
  var testDescription: String { graph.name }

  init(_ name: String, _ build: (inout Graph) -> Void) {
    var graph = Graph(name: name)
    build(&graph)
    self.graph = graph
  }

  /// Parameters away from their start: scales, shifts and statistics differ from 1 and 0.
  func parameters(seed: UInt64) -> Parameters {
    var random = SplitMix64(seed: seed)
    var parameters = Parameters(initializing: graph, using: &random)
    for (place, part) in graph.parts.enumerated() where part.role != .kernel {
      parameters.update(at: place) { values in
        for index in values.indices {
          values[index] =
            part.role == .scale || part.role == .runningVariance
            ? Float(random.nextUniform(0.6, 1.6)) : Float(random.nextUniform(-0.5, 0.5))
        }
      }
    }
    return parameters
  }

  func inputs(batch: Int, seed: UInt64) -> [String: Tensor] {
    var random = SplitMix64(seed: seed, purpose: "inputs")
    var inputs: [String: Tensor] = [:]
    for (name, value) in graph.inputs {
      inputs[name] = Tensor(normal: [batch] + value.shape, deviation: 1, using: &random)
    }
    return inputs
  }

  /// One network for each layer, with odd sizes and odd channel counts.
  static let layers: [ExampleNetwork] = [
    ExampleNetwork("convolution 3 × 3 of 7 × 7") { graph in
      let x = graph.input("x", shape: [7, 7, 3])
      graph.output("y", graph.convolution("a", x, filters: 16, kernel: 3, bias: .learned))
    },
    ExampleNetwork("convolution 3 × 3 of 20 channels") { graph in
      let x = graph.input("x", shape: [6, 9, 20])
      graph.output("y", graph.convolution("a", x, filters: 11, kernel: 3, bias: .learned))
    },
    ExampleNetwork("convolution 1 × 1 of 165 bands") { graph in
      let x = graph.input("x", shape: [5, 3, 165])
      graph.output("y", graph.convolution("a", x, filters: 32, kernel: 1))
    },
    ExampleNetwork("convolution 3 × 3 by twos of 8 × 9") { graph in
      let x = graph.input("x", shape: [8, 9, 16])
      graph.output("y", graph.convolution("a", x, filters: 20, kernel: 3, stride: 2))
    },
    ExampleNetwork("convolution 1 × 1 by twos of 8 × 7") { graph in
      let x = graph.input("x", shape: [8, 7, 16])
      graph.output("y", graph.convolution("a", x, filters: 32, kernel: 1, stride: 2))
    },
    ExampleNetwork("convolution 5 × 5 and 2 × 2") { graph in
      let x = graph.input("x", shape: [6, 5, 4])
      let y = graph.convolution("a", x, filters: 8, kernel: 5)
      graph.output("y", graph.convolution("b", y, filters: 5, kernel: 2))
    },
    ExampleNetwork("depthwise convolution") { graph in
      let x = graph.input("x", shape: [7, 6, 19])
      let y = graph.depthwiseConvolution("a", x, kernel: 3)
      graph.output("y", graph.depthwiseConvolution("b", y, kernel: 3, stride: 2))
    },
    ExampleNetwork("batch normalization") { graph in
      let x = graph.input("x", shape: [5, 5, 19])
      graph.output("y", graph.batchNormalization("a", x))
    },
    ExampleNetwork("batch normalization and rectifier") { graph in
      let x = graph.input("x", shape: [5, 5, 16])
      graph.output("y", graph.rectified(graph.batchNormalization("a", x)))
    },
    ExampleNetwork("rectifier") { graph in
      graph.output("y", graph.rectified(graph.input("x", shape: [3, 5, 7])))
    },
    ExampleNetwork("logistic") { graph in
      graph.output("y", graph.logistic(graph.input("x", shape: [11])))
    },
    ExampleNetwork("sum, product and mean") { graph in
      let (a, b) = (graph.input("a", shape: [3, 4, 5]), graph.input("b", shape: [3, 4, 5]))
      graph.output("sum", graph.sum(a, b))
      graph.output("product", graph.product(a, b))
      graph.output("mean", graph.mean(a, b))
    },
    ExampleNetwork("square and double") { graph in
      let a = graph.input("a", shape: [9])
      graph.output("square", graph.product(a, a))
      graph.output("double", graph.sum(a, a))
    },
    ExampleNetwork("concatenation") { graph in
      let (a, b) = (graph.input("a", shape: [3, 4, 5]), graph.input("b", shape: [3, 4, 16]))
      graph.output("y", graph.concatenation([a, b, a]))
      let (c, d) = (graph.input("c", shape: [3]), graph.input("d", shape: [8]))
      graph.output("z", graph.concatenation([c, d]))
    },
    ExampleNetwork("average pool of 7 × 6") { graph in
      graph.output("y", graph.averagePool(graph.input("x", shape: [7, 6, 18]), size: 2))
    },
    ExampleNetwork("maximum pool of 7 × 6") { graph in
      graph.output("y", graph.maximumPool(graph.input("x", shape: [7, 6, 18]), size: 2))
    },
    ExampleNetwork("global average") { graph in
      graph.output("y", graph.globalAverage(graph.input("x", shape: [7, 5, 33])))
    },
    ExampleNetwork("dense") { graph in
      graph.output("y", graph.dense("a", graph.input("x", shape: [37]), outputs: 5))
    },
  ]

  /// A residual network with a strided step and a feature output before a rectifier.
  static let residual = ExampleNetwork("residual network") { graph in
    let x = graph.input("color", shape: [9, 9, 3])
    var y = graph.convolution("stem", x, filters: 16, kernel: 3)
    y = graph.rectified(graph.batchNormalization("stem.norm", y))
    var z = graph.convolution("a.first", y, filters: 16, kernel: 3)
    z = graph.rectified(graph.batchNormalization("a.first.norm", z))
    z = graph.convolution("a.second", z, filters: 16, kernel: 3)
    z = graph.batchNormalization("a.second.norm", z)
    y = graph.rectified(graph.sum(z, y))
    let shortcut = graph.batchNormalization(
      "b.shortcut.norm", graph.convolution("b.shortcut", y, filters: 32, kernel: 1, stride: 2))
    z = graph.convolution("b.first", y, filters: 32, kernel: 3, stride: 2)
    z = graph.batchNormalization("b.first.norm", z)
    graph.output("features", z)
    y = graph.rectified(graph.sum(shortcut, graph.rectified(z)))
    graph.output("logits", graph.dense("head", graph.globalAverage(y), outputs: 6))
  }

  /// Two streams with a cross-stream product and a late mean.
  static let twoStreams = ExampleNetwork("two streams") { graph in
    let color = graph.input("color", shape: [7, 7, 3])
    let spectra = graph.input("spectra", shape: [7, 7, 61])
    func stream(_ name: String, _ x: Graph.Value) -> Graph.Value {
      let y = graph.convolution("\(name).stem", x, filters: 16, kernel: 1)
      let z = graph.rectified(graph.batchNormalization("\(name).norm", y))
      return graph.convolution("\(name).trunk", z, filters: 16, kernel: 3, bias: .learned)
    }
    let (a, b) = (stream("color", color), stream("spectra", spectra))
    graph.output("hint", graph.logistic(a))
    let crossed = graph.maximumPool(graph.product(a, graph.logistic(b)), size: 2)
    let joined = graph.concatenation([crossed, graph.averagePool(graph.mean(a, b), size: 2)])
    let mixed = graph.rectified(graph.convolution("mix", joined, filters: 8, kernel: 1))
    let first = graph.dense("first", graph.globalAverage(mixed), outputs: 4)
    let second = graph.dense("second", graph.globalAverage(a), outputs: 4)
    graph.output("logits", graph.mean(first, second))
  }

  /// Depthwise-separable, with a normalization that stands alone behind a pool.
  static let separable = ExampleNetwork("separable network") { graph in
    let x = graph.input("color", shape: [8, 8, 3])
    var y = graph.rectified(graph.convolution("stem", x, filters: 24, kernel: 3, bias: .learned))
    y = graph.rectified(
      graph.batchNormalization("a.norm", graph.depthwiseConvolution("a", y, kernel: 3)))
    y = graph.batchNormalization("b.norm", graph.averagePool(y, size: 2))
    y = graph.rectified(graph.convolution("b", y, filters: 40, kernel: 1))
    let hidden = graph.rectified(graph.dense("hidden", graph.globalAverage(y), outputs: 12))
    graph.output("logits", graph.dense("head", hidden, outputs: 3))
  }

  /// Two normalizations that are added up, and one that is read by a convolution alone.
  static let normalized = ExampleNetwork("normalized and added up") { graph in
    let x = graph.input("x", shape: [5, 6, 17])
    let y = graph.rectified(graph.batchNormalization("a.norm", x))
    let z = graph.batchNormalization("b.norm", graph.convolution("b", y, filters: 17, kernel: 3))
    graph.output("y", graph.rectified(graph.sum(graph.batchNormalization("c.norm", x), z)))
  }

  static let networks = [residual, twoStreams, separable, normalized]
}

/// The first place where two tensors differ by more than allowed, or nil.
///
/// Each element may differ by `relative` times the larger of its size and the tensor's deviation
/// from zero (its root mean square).
func difference(_ found: Tensor, _ wanted: Tensor, relative: Float) -> String? {
  guard found.shape == wanted.shape else { return "shape \(found.shape), \(wanted.shape) wanted" }
  let squares = wanted.values.reduce(Float(0)) { $0 + $1 * $1 }
  let level = (squares / Float(max(1, wanted.count))).squareRoot()
  for (index, (a, b)) in zip(found.values, wanted.values).enumerated() {
    let allowed = relative * max(abs(b), level) + 1e-7
    if !(abs(a - b) <= allowed) { return "[\(index)]: \(a), \(b) wanted within \(allowed)" }
  }
  return nil
}
