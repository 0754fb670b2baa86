/// A network declared once, as a graph of named parts.
///
/// Training plan, inference plan, checkpoint, export and summary all come from this one
/// declaration. Values are added in order, so that each node only reads nodes before it.
/// Activations are `[N, H, W, C]` (or `[N, C]`); shapes here leave the batch extent `N` out.
public struct Graph: Sendable, Equatable {
  /// What a node gives: a picture of features `[H, W, C]`, or a vector `[C]`, per sample.
  public struct Value: Hashable, Sendable {
    /// The number of the node that gives it.
    public let index: Int
    /// `[H, W, C]` or `[C]`, without the batch extent.
    public let shape: [Int]

    /// The number of channels: the last extent.
    public var channels: Int { shape[shape.count - 1] }
    /// Elements per sample.
    public var count: Int { shape.reduce(1, *) }
    /// Whether the value has rows and columns.
    public var isSpatial: Bool { shape.count == 3 }
  }

  /// Whether a convolution adds a number per filter.
  public enum Bias: Sendable, Equatable {
    case none
    case learned
  }

  /// What a node computes.
  public enum Operation: Sendable, Equatable {
    case input(name: String)
    /// Cross-correlation with padding `kernel / 2` on every side.
    case convolution(name: String, filters: Int, kernel: Int, stride: Int, bias: Bias)
    /// One filter per channel, padding `kernel / 2`.
    case depthwiseConvolution(name: String, kernel: Int, stride: Int)
    case batchNormalization(name: String)
    case rectifier
    case logistic
    case sum
    case product
    case mean
    case concatenation
    case averagePool(size: Int)
    case maximumPool(size: Int)
    case globalAverage
    case dense(name: String, outputs: Int)
  }

  /// One step of the network: what it computes, from which values, and the value it gives.
  public struct Node: Sendable, Equatable {
    public let operation: Operation
    public let inputs: [Value]
    public let value: Value
  }

  struct Port: Sendable, Equatable {
    let name: String
    let value: Value
  }

  /// What the network is called.
  public let name: String
  /// The nodes in the order they were declared.
  public private(set) var nodes: [Node] = []
  /// The named tensors in the order their layers were declared.
  public private(set) var parts: [Part] = []
  var inputPorts: [Port] = []
  var outputPorts: [Port] = []

  public init(name: String) { self.name = name }

  /// The values that come from outside, in the order they were declared.
  public var inputs: [(name: String, value: Value)] { inputPorts.map { ($0.name, $0.value) } }
  /// The values that the network gives, in the order they were named.
  public var outputs: [(name: String, value: Value)] { outputPorts.map { ($0.name, $0.value) } }

  /// The input of that name, if there is one.
  public func input(named name: String) -> Value? {
    inputPorts.first { $0.name == name }?.value
  }

  /// The output of that name, if there is one.
  public func output(named name: String) -> Value? {
    outputPorts.first { $0.name == name }?.value
  }

  /// Names a value that comes from outside, `[H, W, C]` or `[C]`.
  public mutating func input(_ name: String, shape: [Int]) -> Value {
    precondition(
      (shape.count == 3 || shape.count == 1) && shape.allSatisfy { $0 > 0 },
      "input '\(name)': shape \(shape) found, [H, W, C] or [C] of positive extents wanted")
    precondition(input(named: name) == nil, "input '\(name)': the name is taken")
    let value = append(.input(name: name), [], shape: shape)
    inputPorts.append(Port(name: name, value: value))
    return value
  }

  /// Names a value that the network gives: logits, or features that a loss looks at.
  public mutating func output(_ name: String, _ x: Value) {
    check(x, of: "output '\(name)'")
    precondition(output(named: name) == nil, "output '\(name)': the name is taken")
    outputPorts.append(Port(name: name, value: x))
  }

  mutating func append(_ operation: Operation, _ inputs: [Value], shape: [Int]) -> Value {
    let value = Value(index: nodes.count, shape: shape)
    nodes.append(Node(operation: operation, inputs: inputs, value: value))
    return value
  }

  mutating func append(_ part: Part) {
    precondition(!part.name.isEmpty, "part: an empty name found, a name wanted")
    precondition(
      !parts.contains { $0.name == part.name }, "part '\(part.name)': the name is taken")
    parts.append(part)
  }

  func check(_ value: Value, of operation: @autoclosure () -> String) {
    precondition(
      value.index < nodes.count && nodes[value.index].value == value,
      "\(operation()): value \(value.index) \(value.shape) found, a value of graph '\(name)' wanted"
    )
  }

  func checkSpatial(_ value: Value, of operation: @autoclosure () -> String) {
    check(value, of: operation())
    precondition(
      value.isSpatial, "\(operation()): shape \(value.shape) found, [H, W, C] wanted")
  }
}

/// A named tensor of a network.
public struct Part: Sendable, Hashable {
  /// What the tensor is for; weight decay and initialization depend on it.
  public enum Role: Sendable, Hashable {
    case kernel
    case bias
    case scale
    case shift
    case runningMean
    case runningVariance
  }

  /// `<layer>.kernel`, `<layer>.bias`, `.scale`, `.shift`, `.runningMean` or `.runningVariance`.
  public let name: String
  /// Kernels `[out, in, kh, kw]`, depthwise `[C, 1, k, k]`, dense `[out, in]`, the rest `[C]`.
  public let shape: [Int]
  public let role: Role

  public init(name: String, shape: [Int], role: Role) {
    self.name = name
    self.shape = shape
    self.role = role
  }

  public var count: Int { shape.reduce(1, *) }
  /// Whether gradients change it; running statistics are only measured.
  public var isTrained: Bool { role != .runningMean && role != .runningVariance }
}
