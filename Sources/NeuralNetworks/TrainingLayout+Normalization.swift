import COneDNN

extension TrainingLayout {
  /// PyTorch's constants.
  static let epsilon: Float = 1e-5
  static let momentum: Float = 0.1

  /// A batch normalization, together with the rectifier behind it where nobody sees in between.
  func addBatchNormalization(_ node: Graph.Node, _ name: String) throws(EngineError) {
    let rectifier = soleRectifier(after: node)
    var flags = dnnl_use_scale.rawValue | dnnl_use_shift.rawValue
    if statistics == .running { flags |= dnnl_use_global_stats.rawValue }
    if rectifier != nil { flags |= dnnl_fuse_norm_relu.rawValue }
    let source = memory(node.inputs[0])
    let target = try allocate(node)
    let (runningMean, runningVariance) = (part(name, "runningMean"), part(name, "runningVariance"))
    let measures = statistics == .batch
    let mean = measures ? try bench.memory(runningMean.value.layout) : runningMean.value
    let variance = measures ? try bench.memory(runningVariance.value.layout) : runningVariance.value
    if measures {
      moving.append(
        MovingStatistics(
          mean: mean, variance: variance, runningMean: runningMean,
          runningVariance: runningVariance,
          count: bench.batch * node.value.shape[0] * node.value.shape[1]))
    }
    let ahead = try bench.describe(node.operation.place, dnnl_batch_normalization_desc_t()) {
      var data = source.layout.description
      return dnnl_batch_normalization_forward_desc_init(
        &$0, dnnl_forward_training, &data, Self.epsilon, flags)
    }
    // The backward pass wants the shift too, though its value does not matter there.
    var shared = [
      Argument(DNNL_ARG_SRC, source), Argument(DNNL_ARG_MEAN, mean),
      Argument(DNNL_ARG_VARIANCE, variance), Argument(DNNL_ARG_SCALE, part(name, "scale").value),
      Argument(DNNL_ARG_SHIFT, part(name, "shift").value),
    ]
    if let layout = ahead.layout(dnnl_query_workspace_md) {
      shared.append(Argument(DNNL_ARG_WORKSPACE, try bench.memory(layout)))
    }
    forward.append(try bench.make(ahead, shared + [Argument(DNNL_ARG_DST, target)]))

    atBackward(node) { [self] (gradient: Memory) throws(EngineError) in
      try addNormalizationGradient(node, name, ahead, shared, gradient, flags)
    }
    if let rectifier {
      values[rectifier.value.index] = target
      atBackward(rectifier) { [self] (gradient: Memory) throws(EngineError) in
        contribute(gradient, to: node.value)
      }
    }
  }

  private func addNormalizationGradient(
    _ node: Graph.Node, _ name: String, _ ahead: PrimitiveDescription, _ shared: [Argument],
    _ gradient: Memory, _ flags: UInt32
  ) throws(EngineError) {
    let description = try bench.describe(
      node.operation.place, dnnl_batch_normalization_desc_t(), hint: ahead
    ) {
      var data = gradient.layout.description
      var source = data
      return dnnl_batch_normalization_backward_desc_init(
        &$0, dnnl_backward, &data, &source, Self.epsilon, flags)
    }
    // oneDNN writes the source's gradient even where nobody reads it.
    let back =
      if let wanted = try newContribution(to: node.inputs[0]) { wanted } else {
        try passingGradient(node.inputs[0])
      }
    var arguments =
      shared + [Argument(DNNL_ARG_DIFF_DST, gradient), Argument(DNNL_ARG_DIFF_SRC, back)]
    if let scale = part(name, "scale").gradient {
      arguments.append(Argument(DNNL_ARG_DIFF_SCALE, scale))
    }
    if let shift = part(name, "shift").gradient {
      arguments.append(Argument(DNNL_ARG_DIFF_SHIFT, shift))
    }
    backward.append(try bench.make(description, arguments))
  }

  func soleRectifier(after node: Graph.Node) -> Graph.Node? {
    let readers = graph.readers(of: node.value, among: isLive)
    guard readers.count == 1, readers[0].operation == .rectifier,
      !graph.outputs.contains(where: { $0.value == node.value })
    else { return nil }
    return readers[0]
  }
}
