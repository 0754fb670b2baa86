import COneDNN

/// What is done to a result before it is written.
enum PostOperation {
  /// `max(0, x)`
  case rectifier
  /// `1 / (1 + exp(-x))`
  case logistic
  /// `factor · x`
  case scale(by: Float)
  /// Adds a tensor of the result's shape.
  case sum(Layout)
  /// Multiplies by a tensor of the result's shape.
  case product(Layout)
}

/// Attributes of a primitive: its post-operations, and scratch memory that we provide.
final class Attributes {
  let handle: dnnl_primitive_attr_t

  /// Whose scratch memory the primitive uses.
  enum Scratch {
    case own
    case provided
  }

  init(_ operations: [PostOperation] = [], scratch: Scratch = .provided) throws(EngineError) {
    var handle: dnnl_primitive_attr_t?
    try EngineError.check(dnnl_primitive_attr_create(&handle), "attributes")
    guard let handle else {
      throw EngineError(place: "attributes", problem: "oneDNN gave no handle")
    }
    self.handle = handle
    try EngineError.check(
      dnnl_primitive_attr_set_scratchpad_mode(
        handle, scratch == .own ? dnnl_scratchpad_mode_library : dnnl_scratchpad_mode_user),
      "attributes")
    if operations.isEmpty { return }
    var list: dnnl_post_ops_t?
    try EngineError.check(dnnl_post_ops_create(&list), "post-operations")
    defer { dnnl_post_ops_destroy(list) }
    for operation in operations {
      let status =
        switch operation {
        case .rectifier: dnnl_post_ops_append_eltwise(list, 1, dnnl_eltwise_relu, 0, 0)
        case .logistic: dnnl_post_ops_append_eltwise(list, 1, dnnl_eltwise_logistic, 0, 0)
        case .scale(let factor):
          dnnl_post_ops_append_eltwise(list, 1, dnnl_eltwise_linear, factor, 0)
        case .sum(let layout):
          withUnsafePointer(to: layout.description) {
            dnnl_post_ops_append_binary(list, dnnl_binary_add, $0)
          }
        case .product(let layout):
          withUnsafePointer(to: layout.description) {
            dnnl_post_ops_append_binary(list, dnnl_binary_mul, $0)
          }
        }
      try EngineError.check(status, "post-operations")
    }
    try EngineError.check(dnnl_primitive_attr_set_post_ops(handle, list), "post-operations")
  }

  deinit { dnnl_primitive_attr_destroy(handle) }
}

/// What a primitive will compute and by which of oneDNN's implementations.
final class PrimitiveDescription {
  let place: String
  let handle: dnnl_primitive_desc_t

  /// `operation` is one of oneDNN's `dnnl_…_desc_t`.
  init<Operation>(
    _ place: String, _ operation: Operation, _ attributes: Attributes,
    hint: PrimitiveDescription? = nil, on engine: Engine
  ) throws(EngineError) {
    var handle: dnnl_primitive_desc_t?
    let status = withUnsafePointer(to: operation) {
      dnnl_primitive_desc_create(&handle, $0, attributes.handle, engine.handle, hint?.handle)
    }
    self.place = place
    self.handle = try Self.checked(handle, status, place)
  }

  init(reorder source: Layout, to target: Layout, _ attributes: Attributes, on engine: Engine)
    throws(EngineError)
  {
    var (from, to) = (source.description, target.description)
    var handle: dnnl_primitive_desc_t?
    let status = dnnl_reorder_primitive_desc_create(
      &handle, &from, engine.handle, &to, engine.handle, attributes.handle)
    place = "reorder"
    self.handle = try Self.checked(handle, status, "reorder")
  }

  init(
    sum sources: [Layout], scale: Float, to target: Layout, _ attributes: Attributes,
    on engine: Engine
  ) throws(EngineError) {
    var handle: dnnl_primitive_desc_t?
    var target = target.description
    let status = dnnl_sum_primitive_desc_create(
      &handle, &target, Int32(sources.count), [Float](repeating: scale, count: sources.count),
      sources.map(\.description), attributes.handle, engine.handle)
    place = "sum"
    self.handle = try Self.checked(handle, status, "sum")
  }

  private static func checked(
    _ handle: dnnl_primitive_desc_t?, _ status: dnnl_status_t, _ place: String
  ) throws(EngineError) -> dnnl_primitive_desc_t {
    try EngineError.check(status, place)
    guard let handle else { throw EngineError(place: place, problem: "oneDNN gave no handle") }
    return handle
  }

  deinit { dnnl_primitive_desc_destroy(handle) }

  /// The layout that the implementation wants for one of its tensors; nil if it takes none.
  func layout(_ query: dnnl_query_t) -> Layout? {
    Layout(dnnl_primitive_desc_query_md(handle, query, 0))
  }

  /// The implementation's name, such as `brgconv:avx512_core`; `ref:any` is a slow one.
  var implementation: String {
    var name: UnsafePointer<CChar>?
    dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &name)
    return name.map { String(cString: $0) } ?? ""
  }
}

/// A tensor and the role it has in a primitive (`DNNL_ARG_…`).
struct Argument {
  let role: Int32
  let memory: Memory

  init(_ role: Int32, _ memory: Memory) {
    self.role = role
    self.memory = memory
  }
}

/// A computation that is ready to run again and again on the same tensors.
protocol TrainingStep: AnyObject {
  /// The layer that it belongs to.
  var place: String { get }
  /// The kernel behind it.
  var implementation: String { get }
  /// The tensors that it reads and writes.
  var memories: [Memory] { get }

  func run(on engine: Engine) throws(EngineError)
}

/// A computation of oneDNN's.
final class Primitive: TrainingStep {
  let place: String
  let implementation: String
  private let handle: dnnl_primitive_t
  let memories: [Memory]
  private let arguments: [dnnl_exec_arg_t]

  init(_ description: PrimitiveDescription, _ arguments: [Argument]) throws(EngineError) {
    place = description.place
    implementation = description.implementation
    var handle: dnnl_primitive_t?
    try EngineError.check(dnnl_primitive_create(&handle, description.handle), place)
    guard let handle else { throw EngineError(place: place, problem: "oneDNN gave no handle") }
    self.handle = handle
    memories = arguments.map(\.memory)
    self.arguments = arguments.map { dnnl_exec_arg_t(arg: $0.role, memory: $0.memory.handle) }
  }

  deinit { dnnl_primitive_destroy(handle) }

  func run(on engine: Engine) throws(EngineError) {
    let status = arguments.withUnsafeBufferPointer {
      dnnl_primitive_execute(handle, engine.stream, Int32($0.count), $0.baseAddress)
    }
    try EngineError.check(status, place)
  }
}
