import COneDNN
import Tensors

/// A part of the network in oneDNN's hands, row-major, with its gradient if it is trained.
final class PartMemory {
  let part: Part
  let value: Memory
  let gradient: Memory?

  init(_ part: Part, on bench: Workbench) throws(EngineError) {
    self.part = part
    value = try bench.memory(.plain(part.shape))
    gradient = part.isTrained ? try bench.memory(.plain(part.shape)) : nil
  }
}

/// The running statistics of one batch normalization, and what the last batch measured.
struct MovingStatistics {
  let mean: Memory
  let variance: Memory
  let runningMean: PartMemory
  let runningVariance: PartMemory
  /// Elements per channel in one batch.
  let count: Int
}

/// Lays a training plan out: tensors, the forward pass, and the backward pass in reverse.
final class TrainingLayout {
  let graph: Graph
  let bench: Workbench
  let statistics: TrainingPlan.Statistics
  /// By value: what the forward pass computes; nil where no output needs it.
  var values: [Memory?]
  /// By value: the gradients that its readers send back, to be added up.
  var contributions: [[Memory]]
  /// The sum of them, once all are known.
  var gradients: [Memory?]
  let parts: [String: PartMemory]
  /// Brings changed kernels into the layouts of their primitives.
  var refresh: [any TrainingStep] = []
  var forward: [any TrainingStep] = []
  var backward: [any TrainingStep] = []
  var moving: [MovingStatistics] = []
  /// By value: whether any output needs it.
  let isLive: [Bool]
  /// By value: whether its gradient is asked for.
  let isDifferentiated: [Bool]
  /// The instructions of our own kernels; nil where all is oneDNN's.
  let set: InstructionSet?
  /// Values that are never computed: those who read them compute them on the way.
  var covered: Set<Int> = []
  /// By value: the normalization that our convolutions do while they read.
  var normalizedOnTheWay: [Int: OwnNormalization] = [:]
  /// By value: the normalization that the sum behind it does.
  var normalizedInSum: [Int: OwnNormalization] = [:]
  /// By value: the sums that the convolution that made it took.
  var measures: [Int: TicketSums] = [:]
  /// Gradients that only the backward pass sees; they share memory.
  private var passing: [Memory] = []
  private var backwardOf: [(value: Graph.Value, add: (Memory) throws(EngineError) -> Void)] = []

  init(
    _ graph: Graph, batch: Int, _ statistics: TrainingPlan.Statistics,
    _ inputGradients: TrainingPlan.InputGradients, on engine: Engine
  ) throws(EngineError) {
    self.graph = graph
    self.statistics = statistics
    bench = try Workbench(batch: batch, on: engine)
    set = if case .own(let set) = engine.trainingKernels { set } else { nil }
    values = .init(repeating: nil, count: graph.nodes.count)
    gradients = .init(repeating: nil, count: graph.nodes.count)
    contributions = .init(repeating: [], count: graph.nodes.count)
    var parts: [String: PartMemory] = [:]
    for part in graph.parts { parts[part.name] = try PartMemory(part, on: bench) }
    self.parts = parts
    isLive = graph.live(for: graph.outputs.map(\.value))
    var isDifferentiated: [Bool] = []
    for node in graph.nodes {
      let hasParts = graph.hasParts(node)
      let isAskedInput = node.inputs.isEmpty && inputGradients == .wanted
      isDifferentiated.append(
        hasParts || isAskedInput || node.inputs.contains { isDifferentiated[$0.index] })
    }
    self.isDifferentiated = isDifferentiated
    for node in graph.nodes where isLive[node.value.index] && values[node.value.index] == nil {
      if !covered.contains(node.value.index) { try addForward(node) }
    }
  }

  /// Lays the backward pass out; `outputs` are the gradients that come from outside, by value.
  func addBackward(from outputs: [(Graph.Value, Memory)]) throws(EngineError) {
    for (value, memory) in outputs { contribute(memory, to: value) }
    for (value, add) in backwardOf.reversed() {
      if let gradient = try summedGradient(of: value) { try add(gradient) }
    }
    for (_, value) in graph.inputs where isDifferentiated[value.index] {
      _ = try summedGradient(of: value)
    }
    backwardOf = []
    try Arena.settle(
      passing, usedBy: backward,
      keeping: graph.inputs.compactMap { gradients[$0.value.index] })
    try bench.settle()
  }

  /// The value's tensor.
  func memory(_ value: Graph.Value) -> Memory {
    guard let memory = values[value.index] else {
      preconditionFailure("training plan: value \(value.index) read before it is computed")
    }
    return memory
  }

  func part(_ layer: String, _ ending: String) -> PartMemory {
    guard let part = parts["\(layer).\(ending)"] else {
      preconditionFailure("training plan: part '\(layer).\(ending)' missing")
    }
    return part
  }

  /// Makes the tensor of the node's value.
  func allocate(_ node: Graph.Node) throws(EngineError) -> Memory {
    let memory = try bench.activation(node.value)
    values[node.value.index] = memory
    return memory
  }

  /// Adds the steps that take the node's gradient back, when their turn comes.
  func atBackward(
    _ node: Graph.Node, _ add: @escaping (Memory) throws(EngineError) -> Void
  ) {
    if isDifferentiated[node.value.index] { backwardOf.append((node.value, add)) }
  }

  func contribute(_ gradient: Memory, to value: Graph.Value) {
    if isDifferentiated[value.index] { contributions[value.index].append(gradient) }
  }

  /// Makes a tensor for a gradient that `value` gets; nil where nobody wants it.
  func newContribution(to value: Graph.Value) throws(EngineError) -> Memory? {
    guard isDifferentiated[value.index] else { return nil }
    let memory = try passingGradient(value)
    contribute(memory, to: value)
    return memory
  }

  /// Makes a tensor that lives from its first to its last use in the backward pass.
  func passingGradient(_ value: Graph.Value) throws(EngineError) -> Memory {
    try passing(bench.layout(value))
  }

  /// Makes numbers that live from their first to their last use in the backward pass.
  func passing(_ layout: Layout) throws(EngineError) -> Memory {
    let memory = try Memory(unsettled: layout, on: bench.engine)
    passing.append(memory)
    return memory
  }

  private func summedGradient(of value: Graph.Value) throws(EngineError) -> Memory? {
    let found = contributions[value.index]
    if found.count > 1 {
      let total = try passingGradient(value)
      backward.append(try bench.sum(found, to: total))
      gradients[value.index] = total
    } else {
      gradients[value.index] = found.first
    }
    return gradients[value.index]
  }

  private func addForward(_ node: Graph.Node) throws(EngineError) {
    switch node.operation {
    case .input: _ = try allocate(node)
    case .convolution(let name, _, _, _, let bias) where isOwnConvolution(node):
      try addOwnConvolution(node, name, hasBias: bias == .learned)
    case .convolution(let name, _, _, _, let bias):
      try addWeighted(node, name, hasBias: bias == .learned)
    case .depthwiseConvolution(let name, _, _): try addWeighted(node, name, hasBias: false)
    case .dense(let name, _): try addWeighted(node, name, hasBias: true)
    case .batchNormalization(let name) where set != nil: try addOwnNormalization(node, name)
    case .batchNormalization(let name): try addBatchNormalization(node, name)
    case .rectifier: try addElementwise(node, dnnl_eltwise_relu, dnnl_eltwise_relu_use_dst_for_bwd)
    case .logistic:
      try addElementwise(node, dnnl_eltwise_logistic, dnnl_eltwise_logistic_use_dst_for_bwd)
    case .sum where node.inputs.contains(where: { normalizedInSum[$0.index] != nil }):
      try addNormalizingSum(node)
    case .sum: try addSum(node, scale: 1)
    case .mean: try addSum(node, scale: 0.5)
    case .product: try addProduct(node)
    case .concatenation: try addConcatenation(node)
    case .averagePool, .maximumPool, .globalAverage: try addPool(node)
    }
  }
}

extension Graph {
  /// Whether training changes anything in the node.
  func hasParts(_ node: Node) -> Bool {
    switch node.operation {
    case .convolution, .depthwiseConvolution, .batchNormalization, .dense: true
    default: false
    }
  }

  /// By value: whether any of `wanted` needs it.
  func live(for wanted: [Value]) -> [Bool] {
    var isLive = [Bool](repeating: false, count: nodes.count)
    for value in wanted { isLive[value.index] = true }
    for node in nodes.reversed() where isLive[node.value.index] {
      for input in node.inputs { isLive[input.index] = true }
    }
    return isLive
  }

  /// The nodes among `isLive` that read `value`; one that reads it twice counts twice.
  func readers(of value: Value, among isLive: [Bool]) -> [Node] {
    nodes.flatMap { node in
      isLive[node.value.index] ? node.inputs.filter { $0 == value }.map { _ in node } : []
    }
  }
}
