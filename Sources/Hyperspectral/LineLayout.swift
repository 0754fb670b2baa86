import Tensors

/// How one line of a line-scan camera or of a file lies in memory.
public struct LineLayout: Sendable, Equatable {
  public let samples: Int
  public let bands: Int
  /// How one number is stored.
  public let type: ScalarType
  public let order: ByteOrder
  /// `bil`: `[bands, samples]`, as push-broom cameras give it; `bip`: `[samples, bands]`.
  ///
  /// A line that was gathered from a band-sequential file is `[bands, samples]` too.
  public let interleave: Interleave

  public init(
    samples: Int, bands: Int, type: ScalarType, order: ByteOrder = .little,
    interleave: Interleave = .bil
  ) {
    precondition(samples > 0 && bands > 0, "line: \(samples) samples × \(bands) bands")
    self.samples = samples
    self.bands = bands
    self.type = type
    self.order = order
    self.interleave = interleave
  }

  /// Numbers in one line.
  public var count: Int { samples * bands }
  /// Bytes of one line.
  public var byteCount: Int { count * type.byteCount }
}
