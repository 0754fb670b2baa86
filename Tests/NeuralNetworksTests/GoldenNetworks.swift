import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// A network that PyTorch ran and trained too; the twins are in Tools/make-goldens/networks.py.
struct GoldenNetwork: Sendable, CustomTestStringConvertible {
  let name: String
  let graph: Graph

  var testDescription: String { name }

  static let batch = 5
  static let classes = 6
  static let labels = [0, 3, 5, 1, 3]
  /// Gradients with more elements are stored thinned.
  static let limit = 512
  static let all = [color, spectral, mixed]

  /// The RGB stream of the belt.
  static let color: GoldenNetwork = {
    var graph = Graph(name: "color")
    let input = graph.input("color", shape: [23, 25, 3])
    let stem = graph.convolution("stem", input, filters: 32, kernel: 3)
    let shrunk = graph.averagePool(
      graph.rectified(graph.batchNormalization("stem.norm", stem)), size: 2)
    graph.residualTrunk(shrunk, widths: [32, 64])
    return GoldenNetwork(name: "color", graph: graph)
  }()

  /// The hyperspectral stream: a spectral 1 × 1 stem and the same trunk.
  static let spectral: GoldenNetwork = {
    var graph = Graph(name: "spectral")
    let input = graph.input("spectra", shape: [7, 7, 165])
    let stem = graph.convolution("stem", input, filters: 48, kernel: 1)
    graph.residualTrunk(
      graph.rectified(graph.batchNormalization("stem.norm", stem)), widths: [48, 64])
    return GoldenNetwork(name: "spectral", graph: graph)
  }()

  /// Every layer that the two streams lack, on odd sizes.
  static let mixed: GoldenNetwork = {
    var graph = Graph(name: "mixed")
    let left = graph.input("left", shape: [9, 11, 5])
    let right = graph.input("right", shape: [9, 11, 7])
    let extra = graph.input("extra", shape: [3])
    let a = graph.rectified(
      graph.convolution("left", left, filters: 10, kernel: 3, stride: 2, bias: .learned))
    let spatial = graph.depthwiseConvolution("right.spatial", right, kernel: 3, stride: 2)
    let channels = graph.convolution("right.channels", spatial, filters: 10, kernel: 1)
    let b = graph.batchNormalization("right.norm", channels)
    let gated = graph.product(a, graph.logistic(b))
    let gate = graph.depthwiseConvolution("gate", gated, kernel: 5)
    let joined = graph.concatenation([gated, a, gate])
    let large = graph.globalAverage(graph.maximumPool(joined, size: 2))
    let small = graph.globalAverage(graph.averagePool(joined, size: 3))
    let first = graph.dense("head", large, outputs: classes)
    let second = graph.dense("other", graph.concatenation([small, extra]), outputs: classes)
    graph.output("features", joined)
    graph.output("logits", graph.mean(first, second))
    return GoldenNetwork(name: "mixed", graph: graph)
  }()

  var inputs: [String: Tensor] {
    Dictionary(
      uniqueKeysWithValues: graph.inputs.map { name, value in
        (name, Self.uniform(name, [Self.batch] + value.shape, -1, 1))
      })
  }

  /// Parameters that depend on each part's name alone.
  var parameters: Parameters {
    Parameters(
      graph.parts.map { part in
        let reach = (6 / Double(part.shape.dropFirst().reduce(1, *))).squareRoot()
        let (low, high) =
          switch part.role {
          case .kernel: (-reach, reach)
          case .bias: (-0.2, 0.2)
          case .scale, .runningVariance: (0.5, 1.5)
          case .shift, .runningMean: (-0.3, 0.3)
          }
        return (part.name, Self.uniform(part.name, part.shape, low, high))
      })
  }

  /// The slope of the loss on the features, so that two outputs have gradients.
  var slope: Tensor {
    let shape = graph.output(named: "features").map(\.shape) ?? []
    return Self.uniform("slope", [Self.batch] + shape, -0.01, 0.01)
  }

  /// Results by name, as PyTorch found them.
  func golden() throws -> [String: Tensor] {
    let file = sampleData.appending(path: "Golden/networks/\(name).safetensors")
    return Dictionary(
      try Safetensors.read(file).tensors, uniquingKeysWith: { first, _ in first })
  }

  /// Every n-th element where there are more than `limit`; n is odd.
  static func thinned(_ tensor: Tensor) -> [Float] {
    guard tensor.count > limit else { return tensor.values }
    let step = (tensor.count / limit) | 1
    return stride(from: 0, to: tensor.count, by: step).map { tensor.values[$0] }
  }

  private static func uniform(
    _ purpose: String, _ shape: [Int], _ low: Double, _ high: Double
  ) -> Tensor {
    var random = SplitMix64(seed: 5, purpose: purpose)
    let count = shape.reduce(1, *)
    return Tensor(
      shape: shape, values: (0..<count).map { _ in Float(random.nextUniform(low, high)) })
  }
}

extension Graph {
  /// Two residual blocks, the second with stride 2, then the mean and a dense layer.
  fileprivate mutating func residualTrunk(_ x: Value, widths: [Int]) {
    let first = rectified(residual("first", x, filters: widths[0], stride: 1))
    let features = residual("second", first, filters: widths[1], stride: 2)
    output("features", features)
    let pooled = globalAverage(rectified(features))
    output("logits", dense("head", pooled, outputs: GoldenNetwork.classes))
  }

  /// A residual block without its last rectifier.
  private mutating func residual(
    _ name: String, _ x: Value, filters: Int, stride: Int
  ) -> Value {
    let first = convolution("\(name).first", x, filters: filters, kernel: 3, stride: stride)
    let middle = rectified(batchNormalization("\(name).first.norm", first))
    let second = convolution("\(name).second", middle, filters: filters, kernel: 3)
    let body = batchNormalization("\(name).second.norm", second)
    guard stride != 1 || x.channels != filters else { return sum(body, x) }
    let shortcut = convolution(
      "\(name).shortcut", x, filters: filters, kernel: 1, stride: stride)
    return sum(body, batchNormalization("\(name).shortcut.norm", shortcut))
  }
}
