/// Places tensors in one block of memory so that those which live at the same time never overlap.
struct Arena {
  /// A tensor: its size, and the first and last step during which it must be there.
  struct Tenant {
    let byteCount: Int
    let firstStep: Int
    var lastStep: Int
  }

  /// The tensors' offsets in bytes, multiples of 64, in the order of the tenants.
  let offsets: [Int]
  /// The size of the whole block.
  let byteCount: Int

  /// Places the largest first, each at the lowest gap that stays free for as long as it lives.
  init(_ tenants: [Tenant]) {
    var offsets = [Int](repeating: 0, count: tenants.count)
    var byteCount = 0
    var placed: [Int] = []
    let order = tenants.indices.sorted {
      (-tenants[$0].byteCount, $0) < (-tenants[$1].byteCount, $1)
    }
    for index in order {
      let tenant = tenants[index]
      let size = (tenant.byteCount + 63) / 64 * 64
      let neighbors =
        placed
        .filter {
          tenants[$0].firstStep <= tenant.lastStep && tenants[$0].lastStep >= tenant.firstStep
        }
        .sorted { offsets[$0] < offsets[$1] }
      var offset = 0
      for neighbor in neighbors {
        if offset + size <= offsets[neighbor] { break }
        let end = offsets[neighbor] + (tenants[neighbor].byteCount + 63) / 64 * 64
        offset = max(offset, end)
      }
      offsets[index] = offset
      byteCount = max(byteCount, offset + size)
      placed.append(index)
    }
    self.offsets = offsets
    self.byteCount = byteCount
  }
}

extension Arena {
  /// Gives `tensors` one storage, each for as long as one of `steps` uses it.
  ///
  /// Those in `kept` stay untouched until the steps run again.
  static func settle(_ tensors: [Memory], usedBy steps: [any TrainingStep], keeping kept: [Memory])
    throws(EngineError)
  {
    var places: [ObjectIdentifier: Int] = [:]
    for (place, tensor) in tensors.enumerated() { places[ObjectIdentifier(tensor)] = place }
    var spans = [ClosedRange<Int>?](repeating: nil, count: tensors.count)
    var views: [Memory] = []
    for (number, step) in steps.enumerated() {
      for memory in step.memories {
        guard let place = places[ObjectIdentifier(memory.origin ?? memory)] else { continue }
        if memory.origin != nil { views.append(memory) }
        spans[place] = (spans[place]?.lowerBound ?? number)...number
      }
    }
    for memory in kept {
      if let place = places[ObjectIdentifier(memory)], let span = spans[place] {
        spans[place] = span.lowerBound...steps.count
      }
    }
    let arena = Arena(
      zip(tensors, spans).map { tensor, span in
        Tenant(
          byteCount: span == nil ? 0 : tensor.layout.byteCount, firstStep: span?.lowerBound ?? 0,
          lastStep: span?.upperBound ?? 0)
      })
    let storage = Storage(byteCount: arena.byteCount)
    for (tensor, offset) in zip(tensors, arena.offsets) {
      try tensor.settle(in: storage, offset: offset)
    }
    for view in views { try view.settleWithOrigin() }
  }
}
