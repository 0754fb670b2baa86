import CLayerKernels
import Tensors

/// Lays a graph out on our own kernels: fused steps in blocked layouts, tensors that share memory.
struct BlockedLayout {
  let set: InstructionSet
  /// The steps in their order.
  private(set) var steps: [BlockedStep] = []
  /// Floats of the block that all activations share.
  private(set) var arenaFloats = 0
  /// Where values lie in the arena.
  private var pictures: [BlockedStep.Slot: layer_picture] = [:]
  private let graph: Graph
  private let parameters: Parameters
  private let rules: FusionRules
  /// Values that are computed, or lie inside fused layers.
  private var isReady: Set<Int> = []
  private var isCovered: Set<Int> = []

  /// `group` images are computed together.
  init(
    _ graph: Graph, group: Int, _ parameters: Parameters, outputs: [Graph.Value],
    for set: InstructionSet
  ) {
    self.graph = graph
    self.parameters = parameters
    self.set = set
    rules = FusionRules(graph: graph, isLive: graph.live(for: outputs), wanted: Set(outputs))
    // A node behind a fused layer is ready before its turn comes.
    for node in graph.nodes where rules.isLive[node.value.index] {
      if !isReady.contains(node.value.index), !isCovered.contains(node.value.index) { add(node) }
    }
    for output in outputs { _ = blocked(output) }
    settle(group: group, outputs)
  }

  /// Where a value lies in the arena, and its extents.
  func picture(_ slot: BlockedStep.Slot) -> layer_picture {
    guard let picture = pictures[slot] else {
      preconditionFailure("inference plan: \(slot) read before it is computed")
    }
    return picture
  }

  private mutating func add(_ node: Graph.Node) {
    switch node.operation {
    case .input: break
    case .convolution(let name, _, let kernel, let stride, _):
      addWeighted(node, name, .init(size: kernel, stride: stride, padding: kernel / 2))
    case .depthwiseConvolution(let name, let kernel, let stride):
      addWeighted(node, name, .init(size: kernel, stride: stride, padding: kernel / 2))
    case .dense(let name, _): addWeighted(node, name, .init())
    case .batchNormalization(let name): addNormalization(node, name)
    case .rectifier: addPass(node, [.rectifier])
    case .logistic: addPass(node, [.logistic])
    case .sum: addPass(node, [.sum(node.inputs[1])])
    case .product: addPass(node, [.product(node.inputs[1])])
    case .mean: addPass(node, [.sum(node.inputs[1]), .scale(by: 0.5)])
    case .concatenation: addConcatenation(node)
    case .averagePool(let size): addPool(node, layer_pool_average, size)
    case .maximumPool(let size): addPool(node, layer_pool_maximum, size)
    case .globalAverage: addPool(node, layer_pool_global, 1)
    }
    isReady.insert(node.value.index)
  }

  /// The value in blocks of 16 channels; one that came plain is copied once.
  private mutating func blocked(_ value: Graph.Value) -> BlockedStep.Slot {
    let isPlain = graph.inputs.contains { $0.value == value }
    if isPlain, !steps.contains(where: { $0.target == value }) {
      steps.append(
        BlockedStep(
          place: "input", kind: layer_block, source: (.plain(value.index), value), target: value))
    }
    return .blocked(value.index)
  }

  private mutating func addWeighted(_ node: Graph.Node, _ name: String, _ window: Window) {
    var layer = rules.layer(node) { isReady.contains($0.index) }
    var ending = Ending(layer.operations)
    while ending == nil, layer.giveUpLast() { ending = Ending(layer.operations) }
    if let other = ending?.other { _ = blocked(other) }
    let (source, kind) = choice(node, window)
    var step = BlockedStep(
      place: node.operation.place, kind: kind, source: (source, node.inputs[0]),
      target: layer.value)
    step.ending = ending ?? Ending()
    step.window = window
    let weights = FoldedWeights(layer, named: name, parameters)
    let packing = KernelPacking(
      weights.kernel, filters: node.value.channels,
      channels: kind == layer_depthwise ? 1 : node.inputs[0].channels, size: window.size, for: set)
    step.kernel =
      switch kind {
      case layer_winograd: packing.winograd()
      case layer_depthwise: packing.depthwise()
      default: packing.products(isBlocked: source.isBlocked)
      }
    step.bias = Self.filled(weights.bias)
    steps.append(step)
    isCovered.formUnion((layer.hidden + layer.values).map(\.index))
    isReady.insert(layer.value.index)
  }

  private typealias Window = BlockedStep.Window

  /// The kernel for a layer and the form of its source: a rule, so that every run takes the same.
  private mutating func choice(_ node: Graph.Node, _ window: Window) -> (BlockedStep.Slot, Int) {
    let source = node.inputs[0]
    if case .depthwiseConvolution = node.operation { return (blocked(source), layer_depthwise) }
    let isPlain = graph.inputs.contains { $0.value == source }
    let wins = Self.winogradWins(window, node.value) && !(isPlain && source.channels < 16)
    if wins { return (blocked(source), layer_winograd) }
    // Blocks of what comes from outside would be zeros for the most part.
    return (isPlain ? .plain(source.index) : .blocked(source.index), layer_product)
  }

  /// 36 multiplications a tile against 9 a pixel, and something for the way there and back.
  static func winogradWins(_ window: BlockedStep.Window, _ target: Graph.Value) -> Bool {
    guard window.size == 3, window.stride == 1, target.isSpatial else { return false }
    let tiles = ((target.shape[0] + 3) / 4) * ((target.shape[1] + 3) / 4)
    return 6 * tiles < target.shape[0] * target.shape[1]
  }

  private mutating func addPass(_ node: Graph.Node, _ operations: [FusedOperation]) {
    for input in node.inputs { _ = blocked(input) }
    var step = BlockedStep(
      place: node.operation.place, kind: layer_pass,
      source: (.blocked(node.inputs[0].index), node.inputs[0]), target: node.value)
    step.ending = Ending(operations) ?? Ending()
    steps.append(step)
  }

  /// A batch normalization that stands behind no layer it could be folded into.
  private mutating func addNormalization(_ node: Graph.Node, _ name: String) {
    let rectifier = rules.soleReader(of: node.value).flatMap {
      $0.operation == .rectifier ? $0 : nil
    }
    let channels = node.value.channels
    let ones = Tensor(shape: [channels, 1], repeating: 1)
    var layer = FusedLayer(node)
    layer.folded = [name]
    let weights = FoldedWeights(layer, kernel: ones, bias: nil, parameters)
    var step = BlockedStep(
      place: node.operation.place, kind: layer_scale,
      source: (blocked(node.inputs[0]), node.inputs[0]), target: rectifier?.value ?? node.value)
    step.ending = Ending(rectifier == nil ? [] : [.rectifier]) ?? Ending()
    step.kernel = Self.filled(weights.kernel)
    step.bias = Self.filled(weights.bias)
    steps.append(step)
    if let rectifier { isReady.insert(rectifier.value.index) }
  }

  private mutating func addConcatenation(_ node: Graph.Node) {
    for (input, first) in zip(node.inputs, node.inputPlaces) {
      var step = BlockedStep(
        place: node.operation.place, kind: layer_append, source: (blocked(input), input),
        target: node.value)
      step.window.padding = first
      steps.append(step)
    }
  }

  private mutating func addPool(_ node: Graph.Node, _ kind: Int, _ size: Int) {
    var step = BlockedStep(
      place: node.operation.place, kind: kind,
      source: (blocked(node.inputs[0]), node.inputs[0]), target: node.value)
    step.window.size = size
    steps.append(step)
  }

  private static func filled(_ values: [Float]) -> [Float] {
    values + [Float](repeating: 0, count: KernelPacking.filled(values.count) - values.count)
  }

  /// Gives each value its place in the arena.
  private mutating func settle(group: Int, _ outputs: [Graph.Value]) {
    var tenants: [Arena.Tenant] = []
    var slots: [(slot: BlockedStep.Slot, value: Graph.Value)] = []
    var tenantOf: [BlockedStep.Slot: Int] = [:]
    func use(_ slot: BlockedStep.Slot, _ value: Graph.Value, at step: Int) {
      if let tenant = tenantOf[slot] {
        tenants[tenant].lastStep = max(tenants[tenant].lastStep, step)
        return
      }
      let channels = slot.isBlocked ? KernelPacking.filled(value.channels) : value.channels
      let floats = value.count / value.channels * channels * group
      tenantOf[slot] = tenants.count
      slots.append((slot, value))
      tenants.append(Arena.Tenant(byteCount: 4 * floats, firstStep: step, lastStep: step))
    }
    for (_, value) in graph.inputs where rules.isLive[value.index] {
      use(.plain(value.index), value, at: -1)
    }
    for (number, step) in steps.enumerated() {
      use(step.source.slot, step.source.value, at: number)
      if let other = step.ending.other { use(.blocked(other.index), other, at: number) }
      use(.blocked(step.target.index), step.target, at: number)
    }
    for output in outputs { use(.blocked(output.index), output, at: steps.count) }
    let arena = Arena(tenants)
    arenaFloats = arena.byteCount / 4
    for ((slot, value), offset) in zip(slots, arena.offsets) {
      pictures[slot] = BlockedStep.picture(
        value, isBlocked: slot.isBlocked, offset: offset / 4)
    }
  }
}
