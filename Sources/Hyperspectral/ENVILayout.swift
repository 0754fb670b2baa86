import Tensors

/// How the numbers of an ENVI cube lie in their file, for writing one.
public struct ENVILayout: Sendable, Equatable {
  public var samples: Int
  public var bands: Int
  /// A type that ENVI knows: 8-bit unsigned, 16 to 64-bit whole, 32 or 64-bit floating.
  public var type: ScalarType
  public var interleave: Interleave
  public var byteOrder: ByteOrder

  public init(
    samples: Int, bands: Int, type: ScalarType, interleave: Interleave = .bil,
    byteOrder: ByteOrder = .little
  ) {
    precondition(samples > 0 && bands > 0, "ENVI: \(samples) samples × \(bands) bands")
    precondition(ENVIHeader.code(of: type) != nil, "ENVI has no \(type) numbers")
    self.samples = samples
    self.bands = bands
    self.type = type
    self.interleave = interleave
    self.byteOrder = byteOrder
  }

  /// Bytes of one line of all bands.
  public var lineBytes: Int { samples * bands * type.byteCount }

  /// The numbers of one or more lines, `[lines, samples, bands]`, as `bil` or `bip` stores them.
  func bytes(ofLines values: [Float]) -> [UInt8] {
    guard interleave == .bil else { return type.encode(values, order: byteOrder) }
    var ordered = [Float](repeating: 0, count: values.count)
    for start in stride(from: 0, to: values.count, by: samples * bands) {
      transpose(values, rows: samples, columns: bands, into: &ordered, at: start)
    }
    return type.encode(ordered, order: byteOrder)
  }
}
