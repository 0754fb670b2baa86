import COneDNN

/// How numbers lie in memory: extents, order and blocks, as oneDNN describes them.
struct Layout: Equatable {
  var description: dnnl_memory_desc_t

  /// No tensor at all, where one is optional.
  static var absent: Layout { Layout(description: dnnl_memory_desc_t()) }

  private init(description: dnnl_memory_desc_t) { self.description = description }

  init(_ extents: [Int], _ order: dnnl_format_tag_t) {
    var description = dnnl_memory_desc_t()
    let status = dnnl_memory_desc_init_by_tag(
      &description, Int32(extents.count), extents.map(Int64.init), dnnl_f32, order)
    precondition(status == dnnl_success, "layout: extents \(extents) found, up to 12 wanted")
    self.description = description
  }

  init?(_ description: UnsafePointer<dnnl_memory_desc_t>?) {
    guard let description, description.pointee.ndims > 0 else { return nil }
    self.description = description.pointee
  }

  /// Channels last: `[N, H, W, C]` as it is at every interface, or `[N, C]`.
  static func activation(batch: Int, _ shape: [Int]) -> Layout {
    shape.count == 3
      ? Layout([batch, shape[2], shape[0], shape[1]], dnnl_nhwc)
      : Layout([batch, shape[0]], dnnl_nc)
  }

  /// A vector `[C]` seen as a picture of one pixel, `[1, 1, C]`.
  static func pixel(batch: Int, channels: Int) -> Layout {
    Layout([batch, channels, 1, 1], dnnl_nhwc)
  }

  /// Row-major, as parameters lie in files: `[C]`, `[out, in]`, `[out, in, kh, kw]` or five.
  static func plain(_ shape: [Int]) -> Layout {
    switch shape.count {
    case 1: Layout(shape, dnnl_a)
    case 2: Layout(shape, dnnl_ab)
    case 4: Layout(shape, dnnl_abcd)
    default: Layout(shape, dnnl_abcde)
    }
  }

  /// Left to oneDNN.
  static func free(_ extents: [Int]) -> Layout { Layout(extents, dnnl_format_tag_any) }

  /// The channels from `first` on, `count` of them.
  func channels(from first: Int, count: Int) -> Layout {
    let rank = Int(description.ndims)
    var extents = withUnsafeBytes(of: description.dims) {
      Array($0.bindMemory(to: Int64.self).prefix(rank))
    }
    extents[1] = Int64(count)
    var offsets = [Int64](repeating: 0, count: rank)
    offsets[1] = Int64(first)
    var part = dnnl_memory_desc_t()
    var whole = description
    let status = dnnl_memory_desc_init_submemory(&part, &whole, extents, offsets)
    precondition(status == dnnl_success, "layout: channels \(first)..<\(first + count) not inside")
    return Layout(description: part)
  }

  var byteCount: Int {
    var description = description
    return dnnl_memory_desc_get_size(&description)
  }

  static func == (first: Layout, second: Layout) -> Bool {
    var (first, second) = (first.description, second.description)
    return dnnl_memory_desc_equal(&first, &second) != 0
  }
}

/// Bytes at an address that is a multiple of 64; zero at first.
final class Storage {
  let address: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) {
    self.byteCount = max(64, byteCount)
    address = .allocate(byteCount: self.byteCount, alignment: 64)
    address.initializeMemory(as: UInt8.self, repeating: 0, count: self.byteCount)
  }

  deinit { address.deallocate() }
}

/// A tensor in oneDNN's hands: a layout and the storage it lies in.
final class Memory {
  let layout: Layout
  let handle: dnnl_memory_t
  private var storage: Storage?
  private let floats: Int
  private var offset: Int
  /// The tensor whose storage this one shows under another layout.
  let origin: Memory?

  /// A tensor in `storage`, `offset` bytes from its start, or in storage of its own.
  init(_ layout: Layout, in storage: Storage? = nil, offset: Int = 0, on engine: Engine)
    throws(EngineError)
  {
    let storage = storage ?? Storage(byteCount: layout.byteCount)
    self.storage = storage
    self.layout = layout
    self.offset = offset
    origin = nil
    floats = layout.byteCount / MemoryLayout<Float>.stride
    handle = try Self.made(layout, at: storage.address + offset, on: engine)
  }

  /// A tensor that gets its storage later, by `settle`; a view of `origin` has its storage.
  init(unsettled layout: Layout, viewOf origin: Memory? = nil, on engine: Engine)
    throws(EngineError)
  {
    self.layout = layout
    self.origin = origin
    offset = 0
    floats = layout.byteCount / MemoryLayout<Float>.stride
    handle = try Self.made(layout, at: nil, on: engine)
  }

  private static func made(
    _ layout: Layout, at address: UnsafeMutableRawPointer?, on engine: Engine
  ) throws(EngineError) -> dnnl_memory_t {
    var memory: dnnl_memory_t?
    var description = layout.description
    try EngineError.check(
      dnnl_memory_create(&memory, &description, engine.handle, address), "memory")
    guard let memory else {
      throw EngineError(place: "memory", problem: "oneDNN gave no handle")
    }
    return memory
  }

  deinit { dnnl_memory_destroy(handle) }

  /// Gives the tensor the storage that it lies in from now on, `offset` bytes from its start.
  func settle(in storage: Storage, offset: Int = 0) throws(EngineError) {
    self.storage = storage
    self.offset = offset
    try EngineError.check(
      dnnl_memory_set_data_handle(handle, storage.address + offset), "memory")
  }

  /// Takes over the storage of the tensor that this one is a view of.
  func settleWithOrigin() throws(EngineError) {
    guard let origin, let storage = origin.storage else { return }
    try settle(in: storage, offset: origin.offset)
  }

  /// The same storage seen under another layout.
  func seen(as layout: Layout, on engine: Engine) throws(EngineError) -> Memory {
    let view = try Memory(unsettled: layout, viewOf: origin ?? self, on: engine)
    try view.settleWithOrigin()
    return view
  }

  /// Where the numbers lie.
  var elements: UnsafeMutablePointer<Float> {
    guard let storage else { preconditionFailure("memory: used before it was settled") }
    return (storage.address + offset).assumingMemoryBound(to: Float.self)
  }

  /// Sets the first `values.count` numbers.
  func write(_ values: [Float]) {
    precondition(values.count <= floats, "memory: \(values.count) numbers into \(floats)")
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { elements.update(from: start, count: values.count) }
    }
  }

  /// Sets the first `values.count` numbers.
  func write(_ values: Span<Float>) {
    precondition(values.count <= floats, "memory: \(values.count) numbers into \(floats)")
    values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { elements.update(from: start, count: source.count) }
    }
  }

  /// Sets numbers from `source[first]` on, `count` of them; zeros go behind them.
  func write(_ source: [Float], from first: Int, count: Int) {
    precondition(count <= floats && first + count <= source.count, "memory: \(count) from \(first)")
    source.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { elements.update(from: start + first, count: count) }
    }
    clear(from: count)
  }

  /// Zeros from number `first` on.
  func clear(from first: Int = 0) {
    (elements + first).update(repeating: 0, count: floats - first)
  }

  /// The first `count` numbers; all of them unless told.
  func values(_ count: Int? = nil) -> [Float] {
    let count = count ?? floats
    precondition(count <= floats, "memory: \(count) numbers of \(floats)")
    return [Float](unsafeUninitializedCapacity: count) { target, written in
      target.baseAddress?.update(from: elements, count: count)
      written = count
    }
  }

  /// Copies the first numbers out, as many as `target` takes.
  func read(into target: inout MutableSpan<Float>) {
    precondition(target.count <= floats, "memory: \(target.count) numbers of \(floats)")
    target.withUnsafeMutableBufferPointer { target in
      target.baseAddress?.update(from: elements, count: target.count)
    }
  }

  /// Changes the numbers in place.
  func update(_ change: (inout MutableSpan<Float>) -> Void) {
    var span = UnsafeMutableBufferPointer(start: elements, count: floats).mutableSpan
    change(&span)
  }
}
