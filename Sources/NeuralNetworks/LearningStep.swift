import CLayerKernels

/// A step of a training plan on our own kernels.
final class LearningStep: TrainingStep {
  /// What a tensor is to a step.
  typealias Role = WritableKeyPath<learning_step, UnsafeMutablePointer<Float>?>

  let place: String
  let implementation: String
  let memories: [Memory]
  /// How many tickets the step is cut into.
  var tickets: Int { Int(step.tickets) }
  private let roles: [Role]
  private var step: learning_step
  private let bench: Workbench

  /// `cut` describes the step; `tensors` are what it reads and writes.
  init(_ place: String, _ cut: Cut, _ tensors: [(Role, Memory)], on bench: Workbench) {
    self.place = place
    implementation = "\(cut.name):\(cut.set)"
    step = cut.step
    roles = tensors.map(\.0)
    memories = tensors.map(\.1)
    self.bench = bench
    bench.reserve(learning_scratch(&step))
  }

  func run(on engine: Engine) throws(EngineError) {
    for (role, memory) in zip(roles, memories) { step[keyPath: role] = memory.elements }
    let scratch = bench.ownScratch?.address.assumingMemoryBound(to: Float.self)
    learning_do(&step, Int32(engine.threads), scratch, bench.ownScratchFloats)
  }
}

extension LearningStep {
  /// A step before it has tensors: what it computes, and how it is cut into tickets.
  ///
  /// How it is cut depends on the batch's extents alone, so that threads change no bit.
  struct Cut {
    let set: InstructionSet
    private(set) var step = learning_step()

    /// `filters` are the channels of what goes out.
    init(_ kind: Int, _ value: Graph.Value, filters: Int, batch: Int, for set: InstructionSet) {
      self.set = set
      (step.kind, step.set, step.parts) = (Int32(kind), set.rawValue, 1)
      (step.images, step.rows) = (Int32(batch), Int32(value.shape[0]))
      (step.columns, step.channels) = (Int32(value.shape[1]), Int32(value.channels))
      (step.filters, step.epsilon) = (Int32(filters), TrainingLayout.epsilon)
      (step.share, step.tickets) = cut(kind)
    }

    private func cut(_ kind: Int) -> (share: Int32, tickets: Int32) {
      let depth = KernelPacking.filled(Int(step.channels))
      let filled = KernelPacking.filled(Int(step.filters))
      func shared(_ all: Int, by share: Int) -> (Int32, Int32) {
        (Int32(share), Int32((all + share - 1) / share))
      }
      var step = step
      // What a ticket works on stays in the second cache.
      switch kind {
      case learning_convolve:
        let fitting = (192 << 10) / (36 * (depth + set.weightsWidth)) / 8 * 8
        return shared(learning_tiles(&step), by: min(64, max(8, fitting)))
      case learning_weigh:
        let fitting = (160 << 10) / (36 * (depth + filled)) / 8 * 8
        return (Int32(min(64, max(32, fitting))), Int32(Self.weighParts))
      case learning_pack: return shared(filled, by: set.weightsWidth)
      case learning_unpack: return shared(Int(step.channels), by: 8)
      case learning_settle, learning_conclude: return (1, 1)
      default: return shared(learning_pixels(&step), by: max(16, (16 << 10) / depth))
      }
    }

    /// How many tickets share the tiles of a kernel's gradient.
    private static let weighParts = 4

    /// Adds what else the step does.
    func doing(_ flags: Int...) -> Cut {
      var cut = self
      for flag in flags { cut.step.flags |= Int32(flag) }
      return cut
    }

    /// Says how many tickets the sums come from that the step reads.
    func reading(_ tickets: Int) -> Cut {
      var cut = self
      cut.step.parts = Int32(tickets)
      return cut
    }

    var tickets: Int { Int(step.tickets) }

    /// The name of its kernel, for tests and reports.
    var name: String {
      switch Int(step.kind) {
      case learning_pack, learning_unpack: "pack"
      case learning_convolve: "winograd"
      case learning_weigh: "weigh"
      case learning_measure, learning_settle: "measure"
      case learning_normalize: "normalize"
      default: "spread"
      }
    }
  }
}

/// Sums that a step's tickets leave behind, for the step that adds them up.
struct TicketSums {
  let memory: Memory
  let tickets: Int
}
