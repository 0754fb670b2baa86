import COneDNN

/// Makes tensors and primitives for one plan, which share one scratch memory.
final class Workbench {
  let engine: Engine
  let batch: Int
  private var scratches: [Memory] = []
  private let plainAttributes: Attributes
  /// Working memory of our own kernels: floats for each thread.
  private(set) var ownScratchFloats = 0
  private(set) var ownScratch: Storage?

  init(batch: Int, on engine: Engine) throws(EngineError) {
    self.engine = engine
    self.batch = batch
    plainAttributes = try Attributes()
  }

  func memory(_ layout: Layout) throws(EngineError) -> Memory {
    try Memory(layout, on: engine)
  }

  /// Memory for `count` numbers.
  func numbers(_ count: Int) throws(EngineError) -> Memory { try memory(.plain([count])) }

  /// Asks for working memory of our own kernels.
  func reserve(_ floats: Int) { ownScratchFloats = max(ownScratchFloats, (floats + 15) / 16 * 16) }

  func layout(_ value: Graph.Value) -> Layout { .activation(batch: batch, value.shape) }

  func activation(_ value: Graph.Value) throws(EngineError) -> Memory {
    try memory(layout(value))
  }

  /// How oneDNN does what is done to a result.
  func postOperation(_ operation: FusedOperation) -> PostOperation {
    switch operation {
    case .rectifier: .rectifier
    case .logistic: .logistic
    case .scale(let factor): .scale(by: factor)
    case .sum(let other): .sum(layout(other))
    case .product(let other): .product(layout(other))
    }
  }

  /// Describes one of oneDNN's operations (`dnnl_…_desc_t`, filled in by `fill`).
  func describe<Operation>(
    _ place: String, _ operation: Operation, after operations: [PostOperation] = [],
    hint: PrimitiveDescription? = nil, fill: (inout Operation) -> dnnl_status_t
  ) throws(EngineError) -> PrimitiveDescription {
    var operation = operation
    try EngineError.check(fill(&operation), place)
    let attributes = operations.isEmpty ? plainAttributes : try Attributes(operations)
    return try PrimitiveDescription(place, operation, attributes, hint: hint, on: engine)
  }

  /// Makes a primitive; its scratch memory is shared with all others of this workbench.
  func make(_ description: PrimitiveDescription, _ arguments: [Argument])
    throws(EngineError) -> Primitive
  {
    var arguments = arguments
    if let layout = description.layout(dnnl_query_scratchpad_md), layout.byteCount > 0 {
      let scratch = try Memory(unsettled: layout, on: engine)
      scratches.append(scratch)
      arguments.append(Argument(DNNL_ARG_SCRATCHPAD, scratch))
    }
    return try Primitive(description, arguments)
  }

  /// Allocates the scratch memory; call once, when all primitives are made.
  func settle() throws(EngineError) {
    let storage = Storage(byteCount: scratches.reduce(0) { max($0, $1.layout.byteCount) })
    for scratch in scratches { try scratch.settle(in: storage) }
    scratches = []
    if ownScratchFloats > 0 {
      ownScratch = Storage(byteCount: 4 * engine.threads * ownScratchFloats)
    }
  }

  /// A vector seen as a picture of one pixel, as pools want it.
  func asPixel(_ memory: Memory, _ value: Graph.Value) throws(EngineError) -> Memory {
    guard !value.isSpatial else { return memory }
    return try memory.seen(as: .pixel(batch: batch, channels: value.channels), on: engine)
  }

  /// Copies `source` into the layout of `target` here and now.
  func runOnce(reordering source: Memory, to target: Memory) throws(EngineError) {
    let attributes = try Attributes(scratch: .own)
    let primitive = try Primitive(
      PrimitiveDescription(reorder: source.layout, to: target.layout, attributes, on: engine),
      [Argument(DNNL_ARG_FROM, source), Argument(DNNL_ARG_TO, target)])
    try primitive.run(on: engine)
  }

  /// Copies `source` into the layout of `target`.
  func reorder(_ source: Memory, to target: Memory) throws(EngineError) -> Primitive {
    try make(
      PrimitiveDescription(
        reorder: source.layout, to: target.layout, plainAttributes, on: engine),
      [Argument(DNNL_ARG_FROM, source), Argument(DNNL_ARG_TO, target)])
  }

  /// Adds tensors up and scales the sum.
  func sum(_ sources: [Memory], scale: Float = 1, to target: Memory)
    throws(EngineError) -> Primitive
  {
    try make(
      PrimitiveDescription(
        sum: sources.map(\.layout), scale: scale, to: target.layout, plainAttributes, on: engine),
      sources.enumerated().map { Argument(DNNL_ARG_MULTIPLE_SRC + Int32($0), $1) }
        + [Argument(DNNL_ARG_DST, target)])
  }

  /// Multiplies two tensors, element by element.
  func product(_ first: Memory, _ second: Memory, to target: Memory)
    throws(EngineError) -> Primitive
  {
    let description = try describe("product", dnnl_binary_desc_t()) {
      var (a, b) = (first.layout.description, second.layout.description)
      var c = target.layout.description
      return dnnl_binary_desc_init(&$0, dnnl_binary_mul, &a, &b, &c)
    }
    return try make(
      description,
      [
        Argument(DNNL_ARG_SRC_0, first), Argument(DNNL_ARG_SRC_1, second),
        Argument(DNNL_ARG_DST, target),
      ])
  }

  /// Applies a function, element by element.
  func elementwise(
    _ function: dnnl_alg_kind_t, alpha: Float = 0, _ source: Memory, to target: Memory
  ) throws(EngineError) -> Primitive {
    try make(
      describeElementwise(function, alpha: alpha, source.layout),
      [Argument(DNNL_ARG_SRC, source), Argument(DNNL_ARG_DST, target)])
  }

  /// The gradient of a function that knows its slope from its result (`…_use_dst_for_bwd`).
  func elementwiseGradient(
    _ function: dnnl_alg_kind_t, result: Memory, gradient: Memory, to target: Memory
  ) throws(EngineError) -> Primitive {
    let forward = try describeElementwise(function, alpha: 0, result.layout)
    let description = try describe("elementwise", dnnl_eltwise_desc_t(), hint: forward) {
      var (slope, value) = (gradient.layout.description, result.layout.description)
      return dnnl_eltwise_backward_desc_init(&$0, function, &slope, &value, 0, 0)
    }
    return try make(
      description,
      [
        Argument(DNNL_ARG_DST, result), Argument(DNNL_ARG_DIFF_DST, gradient),
        Argument(DNNL_ARG_DIFF_SRC, target),
      ])
  }

  private func describeElementwise(_ function: dnnl_alg_kind_t, alpha: Float, _ layout: Layout)
    throws(EngineError) -> PrimitiveDescription
  {
    try describe("elementwise", dnnl_eltwise_desc_t()) {
      var data = layout.description
      return dnnl_eltwise_forward_desc_init(
        &$0, dnnl_forward_training, function, &data, alpha, 0)
    }
  }
}
