import CLayerKernels
import Tensors

/// A step of our own kernels before it has memory: what it reads and writes, and its weights.
struct BlockedStep {
  /// A value as it came from outside, or in blocks of 16 channels.
  enum Slot: Hashable {
    case plain(Int)
    case blocked(Int)
  }

  let place: String
  let kind: Int
  let source: (slot: Slot, value: Graph.Value)
  let target: Graph.Value
  /// What is done to the result, and the value that this reads.
  var ending = Ending()
  var window = Window()
  var kernel: [Float] = []
  var bias: [Float] = []

  /// Rows and columns of a window, by how many pixels it moves, zeros in front.
  struct Window {
    var size = 1
    var stride = 1
    var padding = 0
  }

  /// How a step is cut into tickets.
  struct Cut {
    /// Lines, tiles or blocks in a ticket.
    var share = 1
    var tickets = 1
    /// How many tickets share the filters of the same lines or tiles.
    var parts = 1
    /// Floats of working memory for a thread.
    var scratch = 0
  }

  /// The name of its kernel, for tests and reports.
  var name: String {
    switch kind {
    case layer_product: "product"
    case layer_winograd: "winograd"
    case layer_depthwise: "depthwise"
    case layer_pool_maximum, layer_pool_average, layer_pool_global: "pool"
    case layer_append, layer_block: "copy"
    default: "pass"
    }
  }

  static func picture(_ value: Graph.Value, isBlocked: Bool, offset: Int = 0) -> layer_picture {
    let extents = value.isSpatial ? value.shape : [1, 1, value.channels]
    return layer_picture(
      offset: offset, rows: Int32(extents[0]), columns: Int32(extents[1]),
      channels: Int32(extents[2]), is_blocked: isBlocked ? 1 : 0)
  }

  /// Cuts the step for groups of `images`, for one thread or for several that share it.
  func cut(images: Int, threads: Int, for set: InstructionSet) -> Cut {
    let (from, to) = (extents(source.value), extents(target))
    let (blocks, pixels) = ((to.channels + 15) / 16, to.rows * to.columns)
    // Two tickets for each thread are enough; filters are shared where there are few pixels.
    func parts(_ tickets: Int) -> Int {
      guard threads > 1 else { return 1 }
      let groups = (KernelPacking.filled(to.channels) + set.weightsWidth - 1) / set.weightsWidth
      return max(1, min(groups, 2 * threads / tickets))
    }
    // Never more tickets than a job can have.
    func shared(_ all: Int, by wanted: Int) -> Int { max(1, wanted, (all + 4095) / 4096) }
    switch kind {
    case layer_product:
      let isFlat = window.size == 1 && window.stride == 1 && window.padding == 0
      let lines = isFlat ? (pixels + 63) / 64 : to.rows
      let share = min(lines, shared(lines, by: isFlat ? 1 : 64 / to.columns))
      let columns = (to.columns - 1) * window.stride + window.size
      let rows = (share - 1) * window.stride + window.size
      let depth = source.slot.isBlocked ? KernelPacking.filled(from.channels) : from.channels
      let tickets = images * ((lines + share - 1) / share)
      return Cut(
        share: share, tickets: tickets * parts(tickets), parts: parts(tickets),
        scratch: window.size > 1 || window.padding > 0 ? rows * columns * depth : 0)
    case layer_winograd:
      let tiles = images * ((to.rows + 3) / 4) * ((to.columns + 3) / 4)
      let depth = KernelPacking.filled(from.channels)
      // What a ticket works on stays in the second cache.
      var share = min(64, max(8, 112 << 10 / (36 * (depth + set.weightsWidth)) / 8 * 8))
      if threads > 1 { share = min(share, max(16, (tiles + 2 * threads - 1) / (2 * threads))) }
      share = min(tiles, shared(tiles, by: share))
      let tickets = (tiles + share - 1) / share
      return Cut(
        share: share, tickets: tickets * parts(tickets), parts: parts(tickets),
        scratch: 36 * (share * (depth + set.weightsWidth) + 32))
    case layer_depthwise:
      let share = min(to.rows, shared(to.rows, by: 1024 / to.columns))
      return Cut(share: share, tickets: images * blocks * ((to.rows + share - 1) / share))
    case layer_scale: return Cut(share: pixels, tickets: images * blocks)
    case layer_append: return Cut(tickets: images)
    case layer_pass:
      let all = images * blocks * pixels
      let share = shared(all, by: 1024)
      return Cut(share: share, tickets: (all + share - 1) / share)
    default: return Cut(tickets: images * blocks)
    }
  }

  private func extents(_ value: Graph.Value) -> (rows: Int, columns: Int, channels: Int) {
    value.isSpatial
      ? (value.shape[0], value.shape[1], value.channels) : (1, 1, value.channels)
  }
}

extension BlockedStep.Slot {
  var isBlocked: Bool {
    if case .blocked = self { return true }
    return false
  }
}

/// What our kernels do to a result before they write it.
struct Ending {
  var flags: Int32 = 0
  var other: Graph.Value?

  init() {}

  /// The operations in their order; `nil` if a kernel cannot do them in one go.
  init?(_ operations: [FusedOperation]) {
    for operation in operations {
      let flag =
        switch operation {
        case .rectifier: flags == 0 ? layer_rectify_first : layer_rectify_last
        case .sum: layer_add_other
        case .product: layer_multiply_other
        case .scale(let factor) where factor == 0.5: layer_halve
        case .scale: 0
        case .logistic: layer_squash
        }
      // Kernels do them in the order of their flags.
      guard flags < flag, operation.other == nil || other == nil else { return nil }
      flags |= Int32(flag)
      other = operation.other ?? other
    }
  }
}
