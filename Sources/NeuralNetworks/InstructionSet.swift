import CLayerKernels

/// The instructions that our own kernels are compiled for; one set is chosen when a plan is made.
///
/// Results of two sets differ in their last digits: they add in another order.
package enum InstructionSet: Int32, CaseIterable, Sendable {
  /// What every processor has.
  case portable
  /// x86-64-v3: 256-bit vectors, multiplied and added at once.
  case avx2
  /// x86-64-v4: 512-bit vectors.
  case avx512

  /// The best that this processor has.
  package static var best: InstructionSet {
    InstructionSet(rawValue: layer_best_set()) ?? .portable
  }

  /// Whether this processor has it.
  package var isAvailable: Bool { rawValue <= Self.best.rawValue }

  /// Channels side by side in packed weights.
  var weightsWidth: Int { layer_weights_width(rawValue) }
}

/// Whose kernels plans are made of.
package enum PlanKernels: Equatable, Sendable {
  /// Ours; in training plans only where they are faster, the rest is oneDNN's.
  case own(InstructionSet)
  /// oneDNN's, which ours are held against.
  case oneDNN

  /// The faster ones, by a rule that was measured and does not change from run to run.
  package static var fastest: PlanKernels { .own(.best) }
}
