import CLayerKernels

/// A batch normalization on our own kernels: what it reads, and its numbers for each channel.
struct OwnNormalization {
  let node: Graph.Node
  let name: String
  let source: Memory
  /// Rows by channel: see `learning_factor` and those behind it.
  let table: Memory
}

extension TrainingLayout {
  /// A batch normalization; who does it depends on who reads it.
  func addOwnNormalization(_ node: Graph.Node, _ name: String) throws(EngineError) {
    let normalization = try addStatistics(node, name)
    let readers = graph.readers(of: node.value, among: isLive)
    if let rectifier = soleRectifier(after: node) {
      if isReadByOwnConvolutionsAlone(rectifier.value) {
        covered.formUnion([node.value.index, rectifier.value.index])
        normalizedOnTheWay[rectifier.value.index] = normalization
        atBackward(rectifier) { [self] (gradient: Memory) throws(EngineError) in
          try addGradient(of: normalization, gradient, isRectified: true)
        }
      } else {
        try addNormalizing(normalization, into: rectifier, isRectified: true)
      }
    } else if readers.count == 1, readers[0].operation == .sum, !isOutput(node.value) {
      covered.insert(node.value.index)
      normalizedInSum[node.value.index] = normalization
    } else {
      try addNormalizing(normalization, into: node, isRectified: false)
    }
  }

  /// The sum of a normalization and another value, and the rectifier behind it if it is alone.
  func addNormalizingSum(_ node: Graph.Node) throws(EngineError) {
    guard let place = node.inputs.lastIndex(where: { normalizedInSum[$0.index] != nil }),
      let normalization = normalizedInSum[node.inputs[place].index]
    else { return }
    let other = node.inputs[1 - place]
    if let found = normalizedInSum[other.index] {
      try addNormalizing(found, into: found.node, isRectified: false)
    }
    let rectifier = soleRectifier(after: node)
    if rectifier != nil { covered.insert(node.value.index) }
    let (end, otherMemory) = (rectifier ?? node, memory(other))
    let target = try allocate(end)
    add(
      normalizing(normalization, isRectified: rectifier != nil), node,
      [
        (\.source, normalization.source), (\.table, normalization.table), (\.other, otherMemory),
        (\.target, target),
      ], to: &forward)
    atBackward(end) { [self] (gradient: Memory) throws(EngineError) in
      guard rectifier != nil else {
        contribute(gradient, to: other)
        return try addGradient(of: normalization, gradient, isRectified: false)
      }
      let passed = try passingGradient(node.value)
      contribute(passed, to: other)
      try addGradient(of: normalization, gradient, whereResultOf: target, keptIn: passed)
    }
  }

  /// Mean and variance of the batch, and what follows from them for each channel.
  private func addStatistics(
    _ node: Graph.Node, _ name: String
  ) throws(EngineError) -> OwnNormalization {
    let (input, channels) = (node.inputs[0], node.value.channels)
    let source = memory(input)
    let table = try bench.numbers(learning_table_rows * KernelPacking.filled(channels))
    let (runningMean, runningVariance) = (part(name, "runningMean"), part(name, "runningVariance"))
    var (mean, variance) = (runningMean.value, runningVariance.value)
    var settle = cut(learning_settle, input, filters: channels)
    var tensors: [(LearningStep.Role, Memory)] = [
      (\.scale, part(name, "scale").value), (\.shift, part(name, "shift").value), (\.table, table),
    ]
    if statistics == .batch {
      mean = try bench.numbers(channels)
      variance = try bench.numbers(channels)
      moving.append(
        MovingStatistics(
          mean: mean, variance: variance, runningMean: runningMean,
          runningVariance: runningVariance,
          count: bench.batch * node.value.shape[0] * node.value.shape[1]))
      let sums =
        if let found = measures[input.index] { found } else { try measured(node, source) }
      settle = settle.reading(sums.tickets)
      tensors.append((\.partial, sums.memory))
    } else {
      settle = settle.doing(learning_fixed)
    }
    add(settle, node, tensors + [(\.mean, mean), (\.variance, variance)], to: &forward)
    return OwnNormalization(node: node, name: name, source: source, table: table)
  }

  private func measured(_ node: Graph.Node, _ source: Memory) throws(EngineError) -> TicketSums {
    let channels = node.value.channels
    let cut = cut(learning_measure, node.value, filters: channels)
    let sums = try bench.numbers(
      cut.tickets * learning_measure_rows * KernelPacking.filled(channels))
    add(cut, node, [(\.source, source), (\.partial, sums)], to: &forward)
    return TicketSums(memory: sums, tickets: cut.tickets)
  }

  /// Writes the normalized numbers as the value of `end`, the normalization or its rectifier.
  private func addNormalizing(
    _ normalization: OwnNormalization, into end: Graph.Node, isRectified: Bool
  ) throws(EngineError) {
    add(
      normalizing(normalization, isRectified: isRectified), normalization.node,
      [
        (\.source, normalization.source), (\.table, normalization.table),
        (\.target, try allocate(end)),
      ], to: &forward)
    atBackward(end) { [self] (gradient: Memory) throws(EngineError) in
      try addGradient(of: normalization, gradient, isRectified: isRectified)
    }
  }

  private func normalizing(
    _ normalization: OwnNormalization, isRectified: Bool
  ) -> LearningStep.Cut {
    let value = normalization.node.value
    let cut = cut(learning_normalize, value, filters: value.channels)
    return isRectified ? cut.doing(learning_rectified) : cut
  }

  private func addGradient(
    of normalization: OwnNormalization, _ gradient: Memory, isRectified: Bool
  ) throws(EngineError) {
    let flags = isRectified ? learning_rectified : 0
    try addGather(of: normalization, [(\.slope, gradient)], flags)
    try addSpread(of: normalization, gradient, flags)
  }

  /// Takes a gradient back through a rectifier that stands behind the sum, which keeps it.
  private func addGradient(
    of normalization: OwnNormalization, _ gradient: Memory, whereResultOf result: Memory,
    keptIn passed: Memory
  ) throws(EngineError) {
    try addGather(
      of: normalization, [(\.slope, gradient), (\.result, result), (\.target, passed)], 0)
    try addSpread(of: normalization, passed, 0)
  }

  private func addGather(
    of normalization: OwnNormalization, _ tensors: [(LearningStep.Role, Memory)], _ flags: Int
  ) throws(EngineError) {
    let (node, value) = (normalization.node, normalization.node.value)
    let gather = cut(learning_gather, value, filters: value.channels).doing(flags)
    let sums = try passing(
      .plain([gather.tickets * learning_gather_rows * KernelPacking.filled(value.channels)]))
    let shared: [(LearningStep.Role, Memory)] = [
      (\.partial, sums), (\.table, normalization.table),
    ]
    add(gather, node, shared + tensors + [(\.source, normalization.source)], to: &backward)
    guard let scale = part(normalization.name, "scale").gradient,
      let shift = part(normalization.name, "shift").gradient
    else { return }
    let conclude = cut(learning_conclude, value, filters: value.channels)
      .reading(gather.tickets).doing(statistics == .batch ? 0 : learning_fixed)
    add(
      conclude, node, shared + [(\.scale_slope, scale), (\.shift_slope, shift)], to: &backward)
  }

  private func addSpread(
    of normalization: OwnNormalization, _ gradient: Memory, _ flags: Int
  ) throws(EngineError) {
    let (node, value) = (normalization.node, normalization.node.value)
    guard let back = try newContribution(to: node.inputs[0]) else { return }
    add(
      cut(learning_spread, value, filters: value.channels).doing(flags), node,
      [
        (\.source, normalization.source), (\.table, normalization.table), (\.slope, gradient),
        (\.target, back),
      ], to: &backward)
  }

  private func isOutput(_ value: Graph.Value) -> Bool {
    graph.outputs.contains { $0.value == value }
  }

  private func isReadByOwnConvolutionsAlone(_ value: Graph.Value) -> Bool {
    let readers = graph.readers(of: value, among: isLive)
    return !readers.isEmpty && !isOutput(value) && readers.allSatisfy(isOwnConvolution)
  }
}
