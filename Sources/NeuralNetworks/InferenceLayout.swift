import COneDNN
import Tensors

/// Lays an inference plan out: fused steps, and tensors that share one block of memory.
final class InferenceLayout {
  /// A step before it has memory: what it reads and writes, and how its primitives are made.
  struct Step {
    let reads: [Graph.Value]
    let writes: Graph.Value
    let make: () throws(EngineError) -> [Primitive]
  }

  let graph: Graph
  let parameters: Parameters
  let bench: Workbench
  let outputs: [Graph.Value]
  private(set) var primitives: [Primitive] = []
  /// The size of the block that all activations share.
  private(set) var activationBytes = 0
  private let rules: FusionRules
  private var steps: [Step] = []
  private var isReady: [Bool]
  private var memories: [Memory?]

  init(
    _ graph: Graph, batch: Int, _ parameters: Parameters, _ outputs: [Graph.Value],
    on engine: Engine
  ) throws(EngineError) {
    self.graph = graph
    self.parameters = parameters
    self.outputs = outputs
    bench = try Workbench(batch: batch, on: engine)
    rules = FusionRules(
      graph: graph, isLive: graph.live(for: outputs), wanted: Set(outputs))
    isReady = .init(repeating: false, count: graph.nodes.count)
    memories = .init(repeating: nil, count: graph.nodes.count)
    // A node behind a fused layer is ready before its turn comes.
    for node in graph.nodes where rules.isLive[node.value.index] && !isCovered(node) {
      try add(node)
    }
    try place()
    for step in steps { primitives += try step.make() }
    steps = []
    try bench.settle()
  }

  /// The value's tensor.
  func memory(_ value: Graph.Value) -> Memory {
    guard let memory = memories[value.index] else {
      preconditionFailure("inference plan: value \(value.index) read before it is computed")
    }
    return memory
  }

  /// Whether an output depends on the value.
  func needs(_ value: Graph.Value) -> Bool { rules.isLive[value.index] }

  /// Values inside fused layers, which never lie in memory.
  private var covered: Set<Int> = []

  private func isCovered(_ node: Graph.Node) -> Bool {
    isReady[node.value.index] || covered.contains(node.value.index)
  }

  private func add(_ node: Graph.Node) throws(EngineError) {
    switch node.operation {
    case .input: isReady[node.value.index] = true
    case .convolution(let name, _, _, _, let bias):
      try addWeighted(node, name, hasBias: bias == .learned)
    case .depthwiseConvolution(let name, _, _): try addWeighted(node, name, hasBias: false)
    case .dense(let name, _): try addWeighted(node, name, hasBias: true)
    case .batchNormalization(let name): try addNormalization(node, name)
    case .rectifier: addElementwise(node, dnnl_eltwise_relu)
    case .logistic: addElementwise(node, dnnl_eltwise_logistic)
    case .sum: addSum(node, scale: 1)
    case .mean: addSum(node, scale: 0.5)
    case .product:
      add(reading: node.inputs, writing: node.value) { [self] () throws(EngineError) in
        [
          try bench.product(
            memory(node.inputs[0]), memory(node.inputs[1]), to: memory(node.value))
        ]
      }
    case .concatenation: addConcatenation(node)
    case .averagePool, .maximumPool, .globalAverage: try addPool(node)
    }
  }

  private func add(
    reading reads: [Graph.Value], writing value: Graph.Value,
    _ make: @escaping () throws(EngineError) -> [Primitive]
  ) {
    steps.append(Step(reads: reads, writes: value, make: make))
    isReady[value.index] = true
  }

  /// Gives each value that lies in memory its place in the block.
  private func place() throws(EngineError) {
    var tenants: [Arena.Tenant] = []
    var values: [Graph.Value] = []
    var tenantOf: [Int: Int] = [:]
    func admit(_ value: Graph.Value, at step: Int) {
      tenantOf[value.index] = tenants.count
      values.append(value)
      tenants.append(
        Arena.Tenant(
          byteCount: bench.layout(value).byteCount, firstStep: step, lastStep: step))
    }
    for (_, value) in graph.inputs where needs(value) { admit(value, at: -1) }
    for (number, step) in steps.enumerated() {
      admit(step.writes, at: number)
      for value in step.reads {
        if let tenant = tenantOf[value.index] { tenants[tenant].lastStep = number }
      }
    }
    for value in outputs {
      if let tenant = tenantOf[value.index] { tenants[tenant].lastStep = steps.count }
    }
    let arena = Arena(tenants)
    let storage = Storage(byteCount: arena.byteCount)
    activationBytes = storage.byteCount
    for (value, offset) in zip(values, arena.offsets) {
      memories[value.index] = try Memory(
        bench.layout(value), in: storage, offset: offset, on: bench.engine)
    }
  }
}

// The layers.
extension InferenceLayout {
  private func addWeighted(_ node: Graph.Node, _ name: String, hasBias: Bool)
    throws(EngineError)
  {
    var layer = rules.layer(node) { isReady[$0.index] }
    let layouts = WeightedLayouts(
      node, hasBias: hasBias || !layer.folded.isEmpty, on: bench)
    let description = try describe(&layer, layouts)
    let weights = FoldedWeights(layer, named: name, parameters)
    covered.formUnion((layer.hidden + layer.values).map(\.index))
    let (value, operations) = (layer.value, layer.operations)
    let reads = node.inputs + operations.compactMap(\.other)
    add(reading: reads, writing: value) { [self] () throws(EngineError) in
      var arguments = [
        Argument(DNNL_ARG_SRC, memory(node.inputs[0])), Argument(DNNL_ARG_DST, memory(value)),
        Argument(DNNL_ARG_WEIGHTS, try packed(weights.kernel, layouts, description)),
      ]
      if layouts.bias != .absent {
        let bias = try bench.memory(layouts.bias)
        bias.write(weights.bias)
        arguments.append(Argument(DNNL_ARG_BIAS, bias))
      }
      for (number, operation) in operations.enumerated() {
        guard let other = operation.other else { continue }
        arguments.append(
          Argument(conednn_arg_post_op(Int32(number), DNNL_ARG_SRC_1), memory(other)))
      }
      return [try bench.make(description, arguments)]
    }
  }

  /// Describes the layer; operations that oneDNN cannot fuse fast become steps of their own.
  private func describe(_ layer: inout FusedLayer, _ layouts: WeightedLayouts)
    throws(EngineError) -> PrimitiveDescription
  {
    while true {
      do {
        let description = try bench.describeForward(
          layer.node, layouts, dnnl_forward_inference,
          after: layer.operations.map(bench.postOperation))
        if !description.implementation.hasPrefix("ref") || !layer.giveUpLast() {
          return description
        }
      } catch {
        guard layer.giveUpLast() else { throw error }
      }
    }
  }

  private func packed(
    _ kernel: [Float], _ layouts: WeightedLayouts, _ description: PrimitiveDescription
  ) throws(EngineError) -> Memory {
    let plain = try bench.memory(.plain(layouts.kernelExtents))
    plain.write(kernel)
    guard let layout = description.layout(dnnl_query_weights_md), layout != plain.layout else {
      return plain
    }
    let packed = try bench.memory(layout)
    try bench.runOnce(reordering: plain, to: packed)
    return packed
  }

  private func parameter(_ layer: String, _ ending: String) throws(EngineError) -> Memory {
    let tensor = parameters.part(layer, ending)
    let memory = try bench.memory(.plain(tensor.shape))
    memory.write(tensor.values)
    return memory
  }

  /// A batch normalization that stands behind no layer it could be folded into.
  private func addNormalization(_ node: Graph.Node, _ name: String) throws(EngineError) {
    let rectifier = rules.soleReader(of: node.value).flatMap {
      $0.operation == .rectifier ? $0 : nil
    }
    let layout = bench.layout(node.value)
    let description = try bench.describe(
      node.operation.place, dnnl_batch_normalization_desc_t(),
      after: rectifier == nil ? [] : [.rectifier]
    ) {
      var data = layout.description
      return dnnl_batch_normalization_forward_desc_init(
        &$0, dnnl_forward_inference, &data, TrainingLayout.epsilon,
        dnnl_use_global_stats.rawValue | dnnl_use_scale.rawValue | dnnl_use_shift.rawValue)
    }
    covered.insert(node.value.index)
    let value = rectifier?.value ?? node.value
    add(reading: node.inputs, writing: value) { [self] () throws(EngineError) in
      [
        try bench.make(
          description,
          [
            Argument(DNNL_ARG_SRC, memory(node.inputs[0])),
            Argument(DNNL_ARG_DST, memory(value)),
            Argument(DNNL_ARG_MEAN, try parameter(name, "runningMean")),
            Argument(DNNL_ARG_VARIANCE, try parameter(name, "runningVariance")),
            Argument(DNNL_ARG_SCALE, try parameter(name, "scale")),
            Argument(DNNL_ARG_SHIFT, try parameter(name, "shift")),
          ])
      ]
    }
  }

  private func addElementwise(_ node: Graph.Node, _ function: dnnl_alg_kind_t) {
    add(reading: node.inputs, writing: node.value) { [self] () throws(EngineError) in
      [try bench.elementwise(function, memory(node.inputs[0]), to: memory(node.value))]
    }
  }

  private func addSum(_ node: Graph.Node, scale: Float) {
    add(reading: node.inputs, writing: node.value) { [self] () throws(EngineError) in
      [try bench.sum(node.inputs.map(memory), scale: scale, to: memory(node.value))]
    }
  }

  private func addConcatenation(_ node: Graph.Node) {
    add(reading: node.inputs, writing: node.value) { [self] () throws(EngineError) in
      var copies: [Primitive] = []
      for (input, place) in zip(node.inputs, node.inputPlaces) {
        let target = memory(node.value)
        let slot = try target.seen(
          as: target.layout.channels(from: place, count: input.channels), on: bench.engine)
        copies.append(try bench.reorder(memory(input), to: slot))
      }
      return copies
    }
  }

  private func addPool(_ node: Graph.Node) throws(EngineError) {
    add(reading: node.inputs, writing: node.value) { [self] () throws(EngineError) in
      let source = memory(node.inputs[0])
      let target = try bench.asPixel(memory(node.value), node.value)
      let description = try bench.describePool(
        node, source.layout, target.layout, dnnl_forward_inference)
      return [
        try bench.make(
          description, [Argument(DNNL_ARG_SRC, source), Argument(DNNL_ARG_DST, target)])
      ]
    }
  }
}
