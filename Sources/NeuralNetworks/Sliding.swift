import COneDNN

/// How a window slides over rows and columns, in oneDNN's terms.
struct Sliding {
  let kernel: [Int64]
  let strides: [Int64]
  let paddingBefore: [Int64]
  let paddingAfter: [Int64]

  /// From `source` `[H, W, C]` to `target`, with `padding` in front; what is needed goes behind.
  init(kernel: [Int], strides: [Int], padding: Int, from source: [Int], to target: [Int]) {
    self.kernel = kernel.map(Int64.init)
    self.strides = strides.map(Int64.init)
    paddingBefore = [Int64](repeating: Int64(padding), count: 2)
    paddingAfter = (0..<2).map {
      Int64((target[$0] - 1) * strides[$0] + kernel[$0] - source[$0] - padding)
    }
  }

  /// The window of a node: a convolution, a pool or a global average.
  init(_ node: Graph.Node) {
    let source = node.inputs[0].shape
    switch node.operation {
    case .convolution(_, _, let kernel, let stride, _),
      .depthwiseConvolution(_, let kernel, let stride):
      self.init(
        kernel: [kernel, kernel], strides: [stride, stride], padding: kernel / 2, from: source,
        to: node.value.shape)
    case .averagePool(let size), .maximumPool(let size):
      self.init(
        kernel: [size, size], strides: [size, size], padding: 0, from: source,
        to: node.value.shape)
    default:
      self.init(
        kernel: [source[0], source[1]], strides: [1, 1], padding: 0, from: source, to: [1, 1])
    }
  }
}

/// The layouts of one weighted layer; kernels are left to oneDNN.
struct WeightedLayouts {
  let source: Layout
  let kernel: Layout
  let bias: Layout
  let target: Layout
  /// The kernel's extents as oneDNN counts them: a depthwise kernel has a fifth, its groups.
  let kernelExtents: [Int]

  init(_ node: Graph.Node, hasBias: Bool, on bench: Workbench) {
    source = bench.layout(node.inputs[0])
    target = bench.layout(node.value)
    let channels = node.inputs[0].channels
    switch node.operation {
    case .convolution(_, let filters, let kernel, _, _):
      kernelExtents = [filters, channels, kernel, kernel]
    case .depthwiseConvolution(_, let kernel, _):
      kernelExtents = [channels, 1, 1, kernel, kernel]
    default: kernelExtents = [node.value.channels, channels]
    }
    kernel = .free(kernelExtents)
    bias = hasBias ? .plain([node.value.channels]) : .absent
  }
}

extension Workbench {
  /// Describes the forward pass of a convolution or a dense layer.
  func describeForward(
    _ node: Graph.Node, _ layouts: WeightedLayouts, _ purpose: dnnl_prop_kind_t,
    after operations: [PostOperation] = []
  ) throws(EngineError) -> PrimitiveDescription {
    var (source, kernel) = (layouts.source.description, layouts.kernel.description)
    var (bias, target) = (layouts.bias.description, layouts.target.description)
    let place = node.operation.place
    if case .dense = node.operation {
      return try describe(place, dnnl_inner_product_desc_t(), after: operations) {
        dnnl_inner_product_forward_desc_init(&$0, purpose, &source, &kernel, &bias, &target)
      }
    }
    let sliding = Sliding(node)
    return try describe(place, dnnl_convolution_desc_t(), after: operations) {
      dnnl_convolution_forward_desc_init(
        &$0, purpose, dnnl_convolution_direct, &source, &kernel, &bias, &target, sliding.strides,
        sliding.paddingBefore, sliding.paddingAfter)
    }
  }

  /// Describes how a gradient goes back through a convolution or a dense layer.
  func describeBackwardSource(
    _ node: Graph.Node, _ layouts: WeightedLayouts, _ forward: PrimitiveDescription
  ) throws(EngineError) -> PrimitiveDescription {
    var (source, kernel) = (layouts.source.description, layouts.kernel.description)
    var target = layouts.target.description
    let place = node.operation.place
    if case .dense = node.operation {
      return try describe(place, dnnl_inner_product_desc_t(), hint: forward) {
        dnnl_inner_product_backward_data_desc_init(&$0, &source, &kernel, &target)
      }
    }
    let sliding = Sliding(node)
    return try describe(place, dnnl_convolution_desc_t(), hint: forward) {
      dnnl_convolution_backward_data_desc_init(
        &$0, dnnl_convolution_direct, &source, &kernel, &target, sliding.strides,
        sliding.paddingBefore, sliding.paddingAfter)
    }
  }

  /// Describes the gradients of a convolution's or a dense layer's kernel and bias.
  func describeBackwardKernel(
    _ node: Graph.Node, _ layouts: WeightedLayouts, _ forward: PrimitiveDescription
  ) throws(EngineError) -> PrimitiveDescription {
    var (source, kernel) = (layouts.source.description, layouts.kernel.description)
    var (bias, target) = (layouts.bias.description, layouts.target.description)
    let place = node.operation.place
    if case .dense = node.operation {
      return try describe(place, dnnl_inner_product_desc_t(), hint: forward) {
        dnnl_inner_product_backward_weights_desc_init(&$0, &source, &kernel, &bias, &target)
      }
    }
    let sliding = Sliding(node)
    return try describe(place, dnnl_convolution_desc_t(), hint: forward) {
      dnnl_convolution_backward_weights_desc_init(
        &$0, dnnl_convolution_direct, &source, &kernel, &bias, &target, sliding.strides,
        sliding.paddingBefore, sliding.paddingAfter)
    }
  }

  /// Describes a pool's forward pass.
  func describePool(
    _ node: Graph.Node, _ source: Layout, _ target: Layout, _ purpose: dnnl_prop_kind_t
  ) throws(EngineError) -> PrimitiveDescription {
    var (source, target) = (source.description, target.description)
    let sliding = Sliding(node)
    return try describe(node.operation.place, dnnl_pooling_desc_t()) {
      dnnl_pooling_forward_desc_init(
        &$0, purpose, node.operation.poolFunction, &source, &target, sliding.strides,
        sliding.kernel, sliding.paddingBefore, sliding.paddingAfter)
    }
  }

  /// Describes how a gradient goes back through a pool.
  func describePoolGradient(
    _ node: Graph.Node, _ source: Layout, _ target: Layout, _ forward: PrimitiveDescription
  ) throws(EngineError) -> PrimitiveDescription {
    var (source, target) = (source.description, target.description)
    let sliding = Sliding(node)
    return try describe(node.operation.place, dnnl_pooling_desc_t(), hint: forward) {
      dnnl_pooling_backward_desc_init(
        &$0, node.operation.poolFunction, &source, &target, sliding.strides, sliding.kernel,
        sliding.paddingBefore, sliding.paddingAfter)
    }
  }
}

extension Graph.Operation {
  /// What an error message calls the node.
  var place: String {
    switch self {
    case .convolution(let name, _, _, _, _): "convolution '\(name)'"
    case .depthwiseConvolution(let name, _, _): "depthwise convolution '\(name)'"
    case .batchNormalization(let name): "batch normalization '\(name)'"
    case .dense(let name, _): "dense '\(name)'"
    default: "\(self)"
    }
  }

  var poolFunction: dnnl_alg_kind_t {
    if case .maximumPool = self { return dnnl_pooling_max }
    return dnnl_pooling_avg_exclude_padding
  }
}
