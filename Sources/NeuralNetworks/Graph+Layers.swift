extension Graph {
  /// Slides `filters` kernels of `kernel` × `kernel` over `x`, padding `kernel / 2` with zeros.
  ///
  /// Shapes: `[H, W, C]` to `[(H + 2p - k) / stride + 1, …, filters]`, rounded down; parts
  /// `<name>.kernel` `[filters, C, k, k]` and, if learned, `<name>.bias` `[filters]`.
  public mutating func convolution(
    _ name: String, _ x: Value, filters: Int, kernel: Int, stride: Int = 1, bias: Bias = .none
  ) -> Value {
    checkSpatial(x, of: "convolution '\(name)'")
    precondition(
      filters > 0 && kernel > 0 && stride > 0,
      "convolution '\(name)': \(filters) filters, kernel \(kernel), stride \(stride) found, "
        + "positive numbers wanted")
    append(
      Part(name: "\(name).kernel", shape: [filters, x.channels, kernel, kernel], role: .kernel))
    if bias == .learned { append(Part(name: "\(name).bias", shape: [filters], role: .bias)) }
    return append(
      .convolution(name: name, filters: filters, kernel: kernel, stride: stride, bias: bias), [x],
      shape: [
        Self.slid(x.shape[0], kernel: kernel, stride: stride),
        Self.slid(x.shape[1], kernel: kernel, stride: stride), filters,
      ])
  }

  /// Slides one kernel per channel over that channel, padding `kernel / 2` with zeros.
  ///
  /// Shapes: `[H, W, C]` to `[(H + 2p - k) / stride + 1, …, C]`; part `<name>.kernel`
  /// `[C, 1, k, k]`.
  public mutating func depthwiseConvolution(
    _ name: String, _ x: Value, kernel: Int, stride: Int = 1
  ) -> Value {
    checkSpatial(x, of: "depthwise convolution '\(name)'")
    precondition(
      kernel > 0 && stride > 0,
      "depthwise convolution '\(name)': kernel \(kernel), stride \(stride) found, "
        + "positive numbers wanted")
    append(Part(name: "\(name).kernel", shape: [x.channels, 1, kernel, kernel], role: .kernel))
    return append(
      .depthwiseConvolution(name: name, kernel: kernel, stride: stride), [x],
      shape: [
        Self.slid(x.shape[0], kernel: kernel, stride: stride),
        Self.slid(x.shape[1], kernel: kernel, stride: stride), x.channels,
      ])
  }

  /// Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.
  ///
  /// Shapes: `[H, W, C]` unchanged. Training measures the batch and moves the running statistics
  /// by a tenth (the running variance is the unbiased one, as in PyTorch); inference uses them.
  ///
  /// Source: Ioffe, Szegedy, *Batch Normalization*, 2015, Algorithm 1; arXiv:1502.03167.
  public mutating func batchNormalization(_ name: String, _ x: Value) -> Value {
    checkSpatial(x, of: "batch normalization '\(name)'")
    for (ending, role) in [
      ("scale", Part.Role.scale), ("shift", .shift), ("runningMean", .runningMean),
      ("runningVariance", .runningVariance),
    ] {
      append(Part(name: "\(name).\(ending)", shape: [x.channels], role: role))
    }
    return append(.batchNormalization(name: name), [x], shape: x.shape)
  }

  /// The value where it is positive, 0 elsewhere.
  public mutating func rectified(_ x: Value) -> Value {
    check(x, of: "rectifier")
    return append(.rectifier, [x], shape: x.shape)
  }

  /// `1 / (1 + exp(-x))`, element by element.
  public mutating func logistic(_ x: Value) -> Value {
    check(x, of: "logistic")
    return append(.logistic, [x], shape: x.shape)
  }

  /// `a + b`, element by element.
  public mutating func sum(_ a: Value, _ b: Value) -> Value { combined(.sum, "sum", a, b) }

  /// `a · b`, element by element.
  public mutating func product(_ a: Value, _ b: Value) -> Value {
    combined(.product, "product", a, b)
  }

  /// `(a + b) / 2`, element by element.
  public mutating func mean(_ a: Value, _ b: Value) -> Value { combined(.mean, "mean", a, b) }

  /// Puts the channels of several values behind one another.
  ///
  /// Shapes: `[H, W, C1]`, `[H, W, C2]`, … to `[H, W, C1 + C2 + …]`; vectors likewise.
  public mutating func concatenation(_ parts: [Value]) -> Value {
    precondition(parts.count > 1, "concatenation: \(parts.count) values found, two or more wanted")
    for part in parts {
      check(part, of: "concatenation")
      precondition(
        part.shape.dropLast() == parts[0].shape.dropLast(),
        "concatenation: shapes \(parts.map(\.shape)) found, equal rows and columns wanted")
    }
    return append(
      .concatenation, parts,
      shape: parts[0].shape.dropLast() + [parts.reduce(0) { $0 + $1.channels }])
  }

  /// The mean of each `size` × `size` square; squares do not overlap, rests are left out.
  public mutating func averagePool(_ x: Value, size: Int) -> Value {
    pooled(.averagePool(size: size), "average pool", x, size)
  }

  /// The largest of each `size` × `size` square; squares do not overlap, rests are left out.
  public mutating func maximumPool(_ x: Value, size: Int) -> Value {
    pooled(.maximumPool(size: size), "maximum pool", x, size)
  }

  /// The mean over rows and columns: `[H, W, C]` to `[C]`.
  public mutating func globalAverage(_ x: Value) -> Value {
    checkSpatial(x, of: "global average")
    return append(.globalAverage, [x], shape: [x.channels])
  }

  /// A weighted sum of all inputs plus a bias: `[C]` to `[outputs]`.
  ///
  /// Parts `<name>.kernel` `[outputs, C]` and `<name>.bias` `[outputs]`.
  public mutating func dense(_ name: String, _ x: Value, outputs: Int) -> Value {
    check(x, of: "dense '\(name)'")
    precondition(x.shape.count == 1, "dense '\(name)': shape \(x.shape) found, [C] wanted")
    precondition(outputs > 0, "dense '\(name)': \(outputs) outputs found, a positive number wanted")
    append(Part(name: "\(name).kernel", shape: [outputs, x.channels], role: .kernel))
    append(Part(name: "\(name).bias", shape: [outputs], role: .bias))
    return append(.dense(name: name, outputs: outputs), [x], shape: [outputs])
  }

  private static func slid(_ extent: Int, kernel: Int, stride: Int) -> Int {
    let room = extent + 2 * (kernel / 2) - kernel
    precondition(room >= 0, "convolution: extent \(extent) found, at least the kernel wanted")
    return room / stride + 1
  }

  private mutating func combined(
    _ operation: Operation, _ title: String, _ a: Value, _ b: Value
  ) -> Value {
    check(a, of: title)
    check(b, of: title)
    precondition(
      a.shape == b.shape, "\(title): shapes \(a.shape) and \(b.shape) found, equal shapes wanted")
    return append(operation, [a, b], shape: a.shape)
  }

  private mutating func pooled(
    _ operation: Operation, _ title: String, _ x: Value, _ size: Int
  ) -> Value {
    checkSpatial(x, of: title)
    precondition(
      size > 0 && x.shape[0] >= size && x.shape[1] >= size,
      "\(title): shape \(x.shape) found, at least \(size) rows and columns wanted")
    return append(operation, [x], shape: [x.shape[0] / size, x.shape[1] / size, x.channels])
  }
}
