import CLayerKernels

/// Convolutions on our own kernels.
extension TrainingLayout {
  /// Whether a convolution is ours: a rule, so that every run takes the same.
  func isOwnConvolution(_ node: Graph.Node) -> Bool {
    guard set != nil, case .convolution(_, _, let kernel, let stride, _) = node.operation else {
      return false
    }
    let window = BlockedStep.Window(size: kernel, stride: stride, padding: kernel / 2)
    // Of few channels most of a block would be zeros.
    return BlockedLayout.winogradWins(window, node.value) && node.inputs[0].channels >= 16
      && node.value.channels >= 8
  }

  /// A 3 × 3 convolution by ones.
  func addOwnConvolution(_ node: Graph.Node, _ name: String, hasBias: Bool) throws(EngineError) {
    let (source, target) = (node.inputs[0], try allocate(node))
    var tensors: [(LearningStep.Role, Memory)] = [
      (\.kernel, try packed(node, name, isTurned: false)), (\.target, target),
    ]
    tensors += sourceTensors(source)
    if hasBias { tensors.append((\.bias, part(name, "bias").value)) }
    var cut = cut(learning_convolve, source, filters: node.value.channels)
    if isMeasured(node.value) {
      let sums = try bench.numbers(
        cut.tickets * learning_measure_rows * KernelPacking.filled(node.value.channels))
      measures[node.value.index] = TicketSums(memory: sums, tickets: cut.tickets)
      tensors.append((\.partial, sums))
      cut = cut.doing(learning_measured)
    }
    add(cut, node, tensors, to: &forward)
    atBackward(node) { [self] (gradient: Memory) throws(EngineError) in
      try addOwnKernelGradient(node, name, hasBias, gradient)
      guard isDifferentiated[source.index] else { return }
      // What other readers sent back is added in passing.
      let earlier = contributions[source.index].popLast()
      guard let back = try newContribution(to: source) else { return }
      var tensors: [(LearningStep.Role, Memory)] = [
        (\.kernel, try packed(node, name, isTurned: true)), (\.source, gradient), (\.target, back),
      ]
      if let earlier { tensors.append((\.other, earlier)) }
      let cut = self.cut(learning_convolve, node.value, filters: source.channels)
      add(cut, node, tensors, to: &backward)
    }
  }

  private func addOwnKernelGradient(
    _ node: Graph.Node, _ name: String, _ hasBias: Bool, _ gradient: Memory
  ) throws(EngineError) {
    guard let kernel = part(name, "kernel").gradient else { return }
    let (source, filters) = (node.inputs[0], node.value.channels)
    let weigh = cut(learning_weigh, source, filters: filters)
    let sums = try passing(
      .plain([weigh.tickets * learning_weigh_floats(source.channels, filters)]))
    add(
      weigh, node, sourceTensors(source) + [(\.slope, gradient), (\.partial, sums)],
      to: &backward)
    var tensors: [(LearningStep.Role, Memory)] = [(\.partial, sums), (\.target, kernel)]
    if hasBias, let bias = part(name, "bias").gradient { tensors.append((\.shift_slope, bias)) }
    let unpack = cut(learning_unpack, source, filters: filters).reading(weigh.tickets)
    add(unpack, node, tensors, to: &backward)
  }

  /// A value that our convolutions read, or what it is made of while they read it.
  private func sourceTensors(_ value: Graph.Value) -> [(LearningStep.Role, Memory)] {
    guard let found = normalizedOnTheWay[value.index] else { return [(\.source, memory(value))] }
    return [(\.source, found.source), (\.table, found.table)]
  }

  /// A kernel's tiles, made anew whenever parameters change.
  private func packed(
    _ node: Graph.Node, _ name: String, isTurned: Bool
  ) throws(EngineError) -> Memory {
    let ends = isTurned ? (node.value, node.inputs[0]) : (node.inputs[0], node.value)
    let cut = cut(learning_pack, ends.0, filters: ends.1.channels)
    let floats =
      36 * KernelPacking.filled(ends.0.channels) * KernelPacking.filled(ends.1.channels)
    let tiles = try bench.numbers(floats)
    add(
      isTurned ? cut.doing(learning_turned) : cut, node,
      [(\.source, part(name, "kernel").value), (\.target, tiles)], to: &refresh)
    return tiles
  }

  /// Whether a normalization by the batch's statistics reads the value.
  private func isMeasured(_ value: Graph.Value) -> Bool {
    statistics == .batch
      && graph.readers(of: value, among: isLive).contains {
        if case .batchNormalization = $0.operation { true } else { false }
      }
  }

  /// A step on pictures of the value's rows, columns and channels.
  func cut(_ kind: Int, _ value: Graph.Value, filters: Int) -> LearningStep.Cut {
    LearningStep.Cut(kind, value, filters: filters, batch: bench.batch, for: set ?? .portable)
  }

  func add(
    _ cut: LearningStep.Cut, _ node: Graph.Node, _ tensors: [(LearningStep.Role, Memory)],
    to steps: inout [any TrainingStep]
  ) {
    steps.append(LearningStep(node.operation.place, cut, tensors, on: bench))
  }
}
