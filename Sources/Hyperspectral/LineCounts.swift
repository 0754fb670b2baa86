import Tensors

/// One line's stored bytes as numbers that the correction can use, in the order in which they are
/// stored; its memory is made once.
///
/// What the machine itself would store, 16-bit counts and `Float`, stays where it lies.
struct LineCounts {
  let layout: LineLayout
  /// How the numbers lie.
  let form: DetectorTerms.Form
  /// Whether the numbers were copied; else the stored bytes are used.
  let isConverted: Bool
  /// The line where counts had to be converted.
  private var counts: [UInt16] = []
  /// The line where numbers had to be converted.
  private var numbers: [Float] = []
  /// The largest number of the line, at least 0; what is not a number is left out.
  private(set) var largest: Float = 0

  init(_ layout: LineLayout) {
    self.layout = layout
    let isCounts = layout.type == .uint8 || layout.type == .uint16
    let isPixelMajor = layout.interleave == .bip
    form =
      switch (isPixelMajor, isCounts) {
      case (true, true): .pixelMajorCounts
      case (true, false): .pixelMajorNumbers
      case (false, true): .bandMajorCounts
      case (false, false): .bandMajorNumbers
      }
    let isNative = layout.type == .uint16 || layout.type == .float32
    isConverted = !(isNative && layout.order == .little)
    guard isConverted else { return }
    if isCounts {
      counts = [UInt16](repeating: 0, count: layout.count)
    } else {
      numbers = [Float](repeating: 0, count: layout.count)
    }
  }

  /// Reflectance of the converted line.
  func correct(
    by terms: DetectorTerms, into values: inout MutableSpan<Float>
  ) -> DetectorTerms.Clipped {
    counts.isEmpty
      ? terms.correct(numbers.span.bytes, form, into: &values)
      : terms.correct(counts.span.bytes, form, into: &values)
  }

  /// Takes in `layout.byteCount` bytes.
  mutating func read(_ line: RawSpan) {
    precondition(
      line.byteCount == layout.byteCount,
      "line: \(line.byteCount) bytes, \(layout.byteCount) were wanted")
    switch (layout.type, layout.order) {
    case (.uint16, .little):
      largest = Float(Self.largest(line, UInt16.self) { UInt16(littleEndian: $0) })
    case (.float32, .little):
      largest = Self.largest(line, UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) }
    case (.uint8, _): largest = Float(Self.fill(&counts, line, UInt8.self) { UInt16($0) })
    case (.uint16, .big):
      largest = Float(Self.fill(&counts, line, UInt16.self) { UInt16(bigEndian: $0) })
    default:
      layout.type.decode(line, order: layout.order, into: &numbers)
      var most: Float = 0
      for number in numbers { most = number > most ? number : most }
      largest = most
    }
  }

  /// Numbers of `line`, which was read last, that are at least `level`.
  func count(_ line: RawSpan, atLeast level: Float) -> Int {
    guard isConverted else {
      return layout.type == .uint16
        ? Self.count(line, UInt16.self) { Float(UInt16(littleEndian: $0)) >= level }
        : Self.count(line, UInt32.self) { Float(bitPattern: UInt32(littleEndian: $0)) >= level }
    }
    return counts.isEmpty ? numbers.count { $0 >= level } : counts.count { Float($0) >= level }
  }

  @inline(__always)
  private static func largest<
    Stored: BitwiseCopyable, Number: Comparable & ExpressibleByIntegerLiteral
  >(
    _ line: RawSpan, _ type: Stored.Type, _ number: (Stored) -> Number
  ) -> Number {
    var most: Number = 0
    let size = MemoryLayout<Stored>.size
    for place in 0..<(line.byteCount / size) {
      let value = number(line.unsafeLoadUnaligned(fromByteOffset: place * size, as: Stored.self))
      most = value > most ? value : most
    }
    return most
  }

  @inline(__always)
  private static func count<Stored: BitwiseCopyable>(
    _ line: RawSpan, _ type: Stored.Type, _ isMeant: (Stored) -> Bool
  ) -> Int {
    let size = MemoryLayout<Stored>.size
    return (0..<(line.byteCount / size)).count {
      isMeant(line.unsafeLoadUnaligned(fromByteOffset: $0 * size, as: Stored.self))
    }
  }

  /// Returns the largest.
  @inline(__always)
  private static func fill<Stored: BitwiseCopyable>(
    _ counts: inout [UInt16], _ line: RawSpan, _ type: Stored.Type, _ count: (Stored) -> UInt16
  ) -> UInt16 {
    var target = counts.mutableSpan
    var most: UInt16 = 0
    for place in target.indices {
      let stored = line.unsafeLoadUnaligned(
        fromByteOffset: place * MemoryLayout<Stored>.size, as: Stored.self)
      let value = count(stored)
      target[place] = value
      most = value > most ? value : most
    }
    return most
  }
}
