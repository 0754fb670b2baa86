import Tensors

@testable import NeuralNetworks

/// The network computed by plain loops in `Double`, for comparison.
struct NaiveNetwork {
  let graph: Graph
  let parameters: Parameters
  let statistics: TrainingPlan.Statistics

  /// All values of the graph by index, for inputs `[N, …]`.
  func values(_ inputs: [String: Tensor]) -> [Tensor] {
    var values: [Tensor] = []
    for node in graph.nodes { values.append(value(of: node, values, inputs)) }
    return values
  }

  func outputs(_ inputs: [String: Tensor]) -> [String: Tensor] {
    let values = values(inputs)
    return Dictionary(
      uniqueKeysWithValues: graph.outputs.map { ($0.name, values[$0.value.index]) })
  }

  private func part(_ layer: String, _ ending: String) -> [Float] {
    parameters["\(layer).\(ending)"]?.values ?? []
  }

  private func value(
    of node: Graph.Node, _ values: [Tensor], _ inputs: [String: Tensor]
  ) -> Tensor {
    let sources = node.inputs.map { values[$0.index] }
    switch node.operation {
    case .input(let name): return inputs[name] ?? Tensor(shape: [0])
    case .convolution(let name, _, _, let stride, let bias):
      return convolved(
        sources[0], parameters["\(name).kernel"], bias == .learned ? part(name, "bias") : nil,
        stride: stride, node.value.shape, isDepthwise: false)
    case .depthwiseConvolution(let name, _, let stride):
      return convolved(
        sources[0], parameters["\(name).kernel"], nil, stride: stride, node.value.shape,
        isDepthwise: true)
    case .batchNormalization(let name): return normalized(sources[0], name)
    case .rectifier: return mapped(sources[0]) { max(0, $0) }
    case .logistic: return mapped(sources[0]) { 1 / (1 + exp($0)) }
    case .sum: return zipped(sources) { $0 + $1 }
    case .product: return zipped(sources) { $0 * $1 }
    case .mean: return zipped(sources) { ($0 + $1) / 2 }
    case .concatenation: return joined(sources)
    case .averagePool(let size): return pooled(sources[0], [size, size], isMaximum: false)
    case .maximumPool(let size): return pooled(sources[0], [size, size], isMaximum: true)
    case .globalAverage:
      let picture = pooled(sources[0], Array(sources[0].shape[1...2]), isMaximum: false)
      return picture.reshaped([picture.shape[0], picture.shape[3]])
    case .dense(let name, let outputs):
      let (kernel, bias) = (part(name, "kernel"), part(name, "bias"))
      let (rows, channels) = (sources[0].shape[0], sources[0].shape[1])
      var result = Tensor(shape: [rows, outputs])
      for n in 0..<rows {
        for o in 0..<outputs {
          var sum = Double(bias[o])
          for c in 0..<channels {
            sum += Double(kernel[o * channels + c]) * Double(sources[0].values[n * channels + c])
          }
          result.values[n * outputs + o] = Float(sum)
        }
      }
      return result
    }
  }

  private func exp(_ x: Double) -> Double {
    // Taylor series of a small argument, squared up again: keeps Foundation out of this file.
    let small = -x / 1024
    var (term, sum) = (1.0, 1.0)
    for order in 1...12 {
      term *= small / Double(order)
      sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
  }

  private func mapped(_ x: Tensor, _ function: (Double) -> Double) -> Tensor {
    Tensor(shape: x.shape, values: x.values.map { Float(function(Double($0))) })
  }

  private func zipped(_ x: [Tensor], _ function: (Double, Double) -> Double) -> Tensor {
    Tensor(
      shape: x[0].shape,
      values: zip(x[0].values, x[1].values).map { Float(function(Double($0), Double($1))) })
  }

  private func joined(_ sources: [Tensor]) -> Tensor {
    let pixels = sources[0].shape.dropLast().reduce(1, *)
    var values: [Float] = []
    for pixel in 0..<pixels {
      for source in sources {
        let channels = source.shape[source.shape.count - 1]
        values += source.values[(pixel * channels)..<((pixel + 1) * channels)]
      }
    }
    let channels = sources.reduce(0) { $0 + $1.shape[$1.shape.count - 1] }
    return Tensor(shape: sources[0].shape.dropLast() + [channels], values: values)
  }

  private func convolved(
    _ x: Tensor, _ kernel: Tensor?, _ bias: [Float]?, stride: Int, _ shape: [Int],
    isDepthwise: Bool
  ) -> Tensor {
    guard let kernel else { return x }
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let (inner, size) = (kernel.shape[1], kernel.shape[2])
    var values: [Float] = []
    for n in 0..<x.shape[0] {
      for row in 0..<shape[0] {
        for column in 0..<shape[1] {
          for filter in 0..<shape[2] {
            var sum = Double(bias?[filter] ?? 0)
            for c in 0..<inner {
              for i in 0..<size {
                for j in 0..<size {
                  let (y, z) = (row * stride + i - size / 2, column * stride + j - size / 2)
                  guard y >= 0, y < height, z >= 0, z < width else { continue }
                  let channel = isDepthwise ? filter : c
                  let weight = kernel.values[((filter * inner + c) * size + i) * size + j]
                  let value = x.values[((n * height + y) * width + z) * channels + channel]
                  sum += Double(weight) * Double(value)
                }
              }
            }
            values.append(Float(sum))
          }
        }
      }
    }
    return Tensor(shape: [x.shape[0]] + shape, values: values)
  }

  private func normalized(_ x: Tensor, _ name: String) -> Tensor {
    let channels = x.shape[3]
    let pixels = x.count / channels
    var result = x
    for c in 0..<channels {
      let column = (0..<pixels).map { Double(x.values[$0 * channels + c]) }
      var mean = Double(part(name, "runningMean")[c])
      var variance = Double(part(name, "runningVariance")[c])
      if statistics == .batch {
        mean = column.reduce(0, +) / Double(pixels)
        variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels)
      }
      let factor = Double(part(name, "scale")[c]) / (variance + 1e-5).squareRoot()
      for pixel in 0..<pixels {
        result.values[pixel * channels + c] = Float(
          (column[pixel] - mean) * factor + Double(part(name, "shift")[c]))
      }
    }
    return result
  }

  private func pooled(_ x: Tensor, _ size: [Int], isMaximum: Bool) -> Tensor {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let (rows, columns) = (height / size[0], width / size[1])
    var values: [Float] = []
    for n in 0..<x.shape[0] {
      for row in 0..<rows {
        for column in 0..<columns {
          for c in 0..<channels {
            var found: [Double] = []
            for i in 0..<size[0] {
              for j in 0..<size[1] {
                let pixel = (n * height + row * size[0] + i) * width + column * size[1] + j
                found.append(Double(x.values[pixel * channels + c]))
              }
            }
            let largest = found.max() ?? 0
            values.append(Float(isMaximum ? largest : found.reduce(0, +) / Double(found.count)))
          }
        }
      }
    }
    return Tensor(shape: [x.shape[0], rows, columns, channels], values: values)
  }
}
