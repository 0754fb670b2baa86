import Diagnostics
import NeuralNetworks
import Tensors

/// Translates a graph, node by node, into the operators of ONNX.
struct ONNXGraphWriter {
  /// What an operator is told beside its inputs; written in the order of the names.
  enum Attribute {
    case integer(String, Int)
    case integers(String, [Int])
    case float(String, Float)
  }

  private let graph: Graph
  private let parameters: Parameters
  private var nodes: [ProtobufMessage] = []
  private var weights: [ProtobufMessage] = []
  private var inputs: [ProtobufMessage] = []
  private var outputs: [ProtobufMessage] = []

  init(_ graph: Graph, parameters: Parameters) {
    self.graph = graph
    self.parameters = parameters
  }

  /// The graph message of what was written.
  var message: ProtobufMessage {
    var message = ProtobufMessage()
    for node in nodes { message.message(1, node) }
    message.string(2, graph.name)
    for weight in weights { message.message(5, weight) }
    for input in inputs { message.message(11, input) }
    for output in outputs { message.message(12, output) }
    return message
  }

  /// Writes every node that one of `outputs` needs, and the outputs.
  mutating func write(outputs names: [String]) throws {
    let ports = names.map { name in
      guard let value = graph.output(named: name) else {
        preconditionFailure(
          "ONNX model '\(graph.name)': output '\(name)' found, one of "
            + "\(graph.outputs.map(\.name)) wanted")
      }
      return (name: name, value: value)
    }
    var needed = Set(ports.map(\.value.index))
    for node in graph.nodes.reversed() where needed.contains(node.value.index) {
      needed.formUnion(node.inputs.map(\.index))
    }
    for node in graph.nodes where needed.contains(node.value.index) { try write(node) }
    for port in ports {
      let inner = Self.name(of: port.value)
      if port.value.isSpatial {
        add("Transpose", [inner], port.name, [.integers("perm", [0, 2, 3, 1])])
      } else {
        add("Identity", [inner], port.name)
      }
      outputs.append(ONNXModel.value(port.name, shape: port.value.shape))
    }
  }

  /// What the value of a node is called inside the model; no layer has a name of this form.
  private static func name(of value: Graph.Value) -> String { "value.\(value.index)" }

  private mutating func write(_ node: Graph.Node) throws {
    let read = node.inputs.map(Self.name)
    let result = Self.name(of: node.value)
    switch node.operation {
    case .input(let name): writeInput(name, node.value)
    case .convolution(let name, _, let kernel, let stride, let bias):
      var operands = read + [try weight("\(name).kernel")]
      if bias == .learned { operands.append(try weight("\(name).bias")) }
      add("Conv", operands, result, Self.sliding(kernel: kernel, stride: stride, group: 1))
    case .depthwiseConvolution(let name, let kernel, let stride):
      add(
        "Conv", read + [try weight("\(name).kernel")], result,
        Self.sliding(kernel: kernel, stride: stride, group: node.value.channels))
    case .batchNormalization(let name):
      let parts = try ["scale", "shift", "runningMean", "runningVariance"]
        .map { try weight("\(name).\($0)") }
      add("BatchNormalization", read + parts, result, [.float("epsilon", 1e-5)])
    case .rectifier: add("Relu", read, result)
    case .logistic: add("Sigmoid", read, result)
    case .sum: add("Add", read, result)
    case .product: add("Mul", read, result)
    case .mean: add("Mean", read, result)
    case .concatenation: add("Concat", read, result, [.integer("axis", 1)])
    case .averagePool(let size): add("AveragePool", read, result, Self.pooling(size))
    case .maximumPool(let size): add("MaxPool", read, result, Self.pooling(size))
    case .globalAverage:
      add("GlobalAveragePool", read, "\(result).square")
      add("Flatten", ["\(result).square"], result, [.integer("axis", 1)])
    case .dense(let name, _):
      let operands = read + [try weight("\(name).kernel"), try weight("\(name).bias")]
      add("Gemm", operands, result, [.integer("transB", 1)])
    }
  }

  private mutating func writeInput(_ name: String, _ value: Graph.Value) {
    inputs.append(ONNXModel.value(name, shape: value.shape))
    let result = Self.name(of: value)
    if value.isSpatial {
      add("Transpose", [name], result, [.integers("perm", [0, 3, 1, 2])])
    } else {
      add("Identity", [name], result)
    }
  }

  private static func sliding(kernel: Int, stride: Int, group: Int) -> [Attribute] {
    [
      .integer("group", group), .integers("kernel_shape", [kernel, kernel]),
      .integers("pads", Array(repeating: kernel / 2, count: 4)),
      .integers("strides", [stride, stride]),
    ]
  }

  private static func pooling(_ size: Int) -> [Attribute] {
    [.integers("kernel_shape", [size, size]), .integers("strides", [size, size])]
  }

  /// Puts the parameter of that name into the model and gives its name there.
  private mutating func weight(_ name: String) throws -> String {
    guard let part = graph.parts.first(where: { $0.name == name }) else {
      preconditionFailure("ONNX model '\(graph.name)': part '\(name)' is not declared")
    }
    guard let tensor = parameters[name] else {
      throw Complaint("'\(name)' of network '\(graph.name)'", "the parameter is missing")
    }
    guard tensor.shape == part.shape else {
      throw Complaint(
        "'\(name)' of network '\(graph.name)'",
        "the parameter has shape \(tensor.shape), \(part.shape) is wanted")
    }
    guard tensor.values.allSatisfy(\.isFinite) else {
      throw Complaint(
        "'\(name)' of network '\(graph.name)'", "the parameter has values that are not finite",
        remedy: "train again with a smaller learning rate")
    }
    weights.append(ONNXModel.tensor(name, tensor))
    return name
  }

  private mutating func add(
    _ type: String, _ inputs: [String], _ output: String, _ attributes: [Attribute] = []
  ) {
    var node = ProtobufMessage()
    for input in inputs { node.string(1, input) }
    node.string(2, output)
    node.string(3, "\(type) \(output)")
    node.string(4, type)
    for attribute in attributes { node.message(5, Self.message(attribute)) }
    nodes.append(node)
  }

  private static func message(_ attribute: Attribute) -> ProtobufMessage {
    var message = ProtobufMessage()
    switch attribute {
    case .integer(let name, let value):
      message.string(1, name)
      message.integer(3, value)
      message.integer(20, 2)
    case .integers(let name, let values):
      message.string(1, name)
      message.integers(8, values)
      message.integer(20, 7)
    case .float(let name, let value):
      message.string(1, name)
      message.float(2, value)
      message.integer(20, 1)
    }
    return message
  }
}
