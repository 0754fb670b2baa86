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
