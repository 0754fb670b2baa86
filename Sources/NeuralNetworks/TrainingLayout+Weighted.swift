import COneDNN

extension TrainingLayout {
  /// A convolution or a dense layer.
  func addWeighted(_ node: Graph.Node, _ name: String, hasBias: Bool) throws(EngineError) {
    let layouts = WeightedLayouts(node, hasBias: hasBias, on: bench)
    let kernel = part(name, "kernel")
    let bias = hasBias ? part(name, "bias") : nil
    let (source, target) = (memory(node.inputs[0]), try allocate(node))
    let plain = try kernel.value.seen(as: .plain(layouts.kernelExtents), on: bench.engine)

    let ahead = try bench.describeForward(node, layouts, dnnl_forward_training)
    var arguments = [
      Argument(DNNL_ARG_SRC, source), Argument(DNNL_ARG_DST, target),
      Argument(DNNL_ARG_WEIGHTS, try refreshed(plain, as: ahead.layout(dnnl_query_weights_md))),
    ]
    if let bias { arguments.append(Argument(DNNL_ARG_BIAS, bias.value)) }
    forward.append(try bench.make(ahead, arguments))

    atBackward(node) { [self] (gradient: Memory) throws(EngineError) in
      try addKernelGradient(node, layouts, ahead, (source, gradient), (kernel, bias))
      guard let back = try newContribution(to: node.inputs[0]) else { return }
      let description = try bench.describeBackwardSource(node, layouts, ahead)
      let weights = try refreshed(plain, as: description.layout(dnnl_query_weights_md))
      backward.append(
        try bench.make(
          description,
          [
            Argument(DNNL_ARG_DIFF_DST, gradient), Argument(DNNL_ARG_WEIGHTS, weights),
            Argument(DNNL_ARG_DIFF_SRC, back),
          ]))
    }
  }

  private func addKernelGradient(
    _ node: Graph.Node, _ layouts: WeightedLayouts, _ ahead: PrimitiveDescription,
    _ ends: (source: Memory, gradient: Memory), _ parts: (kernel: PartMemory, bias: PartMemory?)
  ) throws(EngineError) {
    guard let kernelGradient = parts.kernel.gradient else { return }
    let plain = try kernelGradient.seen(as: .plain(layouts.kernelExtents), on: bench.engine)
    let description = try bench.describeBackwardKernel(node, layouts, ahead)
    let layout = description.layout(dnnl_query_diff_weights_md) ?? plain.layout
    let blocked = layout == plain.layout ? plain : try bench.memory(layout)
    var arguments = [
      Argument(DNNL_ARG_SRC, ends.source), Argument(DNNL_ARG_DIFF_DST, ends.gradient),
      Argument(DNNL_ARG_DIFF_WEIGHTS, blocked),
    ]
    if let bias = parts.bias?.gradient { arguments.append(Argument(DNNL_ARG_DIFF_BIAS, bias)) }
    backward.append(try bench.make(description, arguments))
    if blocked !== plain { backward.append(try bench.reorder(blocked, to: plain)) }
  }

  /// The kernel in the layout that a primitive wants, renewed whenever parameters change.
  private func refreshed(_ plain: Memory, as layout: Layout?) throws(EngineError) -> Memory {
    guard let layout, layout != plain.layout else { return plain }
    let blocked = try bench.memory(layout)
    refresh.append(try bench.reorder(plain, to: blocked))
    return blocked
  }
}
