import COneDNN

/// Layers without parameters.
extension TrainingLayout {
  func addElementwise(
    _ node: Graph.Node, _ function: dnnl_alg_kind_t, _ backFunction: dnnl_alg_kind_t
  ) throws(EngineError) {
    let (source, target) = (memory(node.inputs[0]), try allocate(node))
    forward.append(try bench.elementwise(function, source, to: target))
    atBackward(node) { [self] (gradient: Memory) throws(EngineError) in
      guard let back = try newContribution(to: node.inputs[0]) else { return }
      backward.append(
        try bench.elementwiseGradient(
          backFunction, result: target, gradient: gradient, to: back))
    }
  }

  /// A sum, or a mean where `scale` is a half.
  func addSum(_ node: Graph.Node, scale: Float) throws(EngineError) {
    let sources = node.inputs.map(memory)
    forward.append(try bench.sum(sources, scale: scale, to: try allocate(node)))
    atBackward(node) { [self] (gradient: Memory) throws(EngineError) in
      var back = gradient
      if scale != 1 {
        back = try passingGradient(node.value)
        backward.append(
          try bench.elementwise(dnnl_eltwise_linear, alpha: scale, gradient, to: back))
      }
      for input in node.inputs { contribute(back, to: input) }
    }
  }

  func addProduct(_ node: Graph.Node) throws(EngineError) {
    let (first, second) = (memory(node.inputs[0]), memory(node.inputs[1]))
    forward.append(try bench.product(first, second, to: try allocate(node)))
    atBackward(node) { [self] (gradient: Memory) throws(EngineError) in
      if let back = try newContribution(to: node.inputs[0]) {
        backward.append(try bench.product(gradient, second, to: back))
      }
      if let back = try newContribution(to: node.inputs[1]) {
        backward.append(try bench.product(gradient, first, to: back))
      }
    }
  }

  func addConcatenation(_ node: Graph.Node) throws(EngineError) {
    let target = try allocate(node)
    for (input, place) in zip(node.inputs, node.inputPlaces) {
      let slot = try target.seen(
        as: target.layout.channels(from: place, count: input.channels), on: bench.engine)
      forward.append(try bench.reorder(memory(input), to: slot))
    }
    atBackward(node) { [self] (gradient: Memory) throws(EngineError) in
      for (input, place) in zip(node.inputs, node.inputPlaces) {
        guard let back = try newContribution(to: input) else { continue }
        let slot = try gradient.seen(
          as: gradient.layout.channels(from: place, count: input.channels), on: bench.engine)
        backward.append(try bench.reorder(slot, to: back))
      }
    }
  }

  func addPool(_ node: Graph.Node) throws(EngineError) {
    let source = memory(node.inputs[0])
    let target = try bench.asPixel(try allocate(node), node.value)
    let ahead = try bench.describePool(node, source.layout, target.layout, dnnl_forward_training)
    let workspace = try ahead.layout(dnnl_query_workspace_md).map {
      (layout) throws(EngineError) in Argument(DNNL_ARG_WORKSPACE, try bench.memory(layout))
    }
    let shared = workspace.map { [$0] } ?? []
    forward.append(
      try bench.make(
        ahead, shared + [Argument(DNNL_ARG_SRC, source), Argument(DNNL_ARG_DST, target)]))
    atBackward(node) { [self] (gradient: Memory) throws(EngineError) in
      guard let back = try newContribution(to: node.inputs[0]) else { return }
      let gradient = try bench.asPixel(gradient, node.value)
      let description = try bench.describePoolGradient(
        node, back.layout, gradient.layout, ahead)
      backward.append(
        try bench.make(
          description,
          shared + [Argument(DNNL_ARG_DIFF_DST, gradient), Argument(DNNL_ARG_DIFF_SRC, back)]))
    }
  }
}

extension Graph.Node {
  /// The first channel of each input in a concatenation's result.
  var inputPlaces: [Int] {
    var place = 0
    return inputs.map { input in
      defer { place += input.channels }
      return place
    }
  }
}
