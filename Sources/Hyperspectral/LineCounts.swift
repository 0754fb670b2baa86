import Tensors

/// One line's stored bytes as numbers that the correction can use, in the order in which they are
/// stored; its memory is made once.
struct LineCounts {
  let layout: LineLayout
  /// The line where its numbers are unsigned and of one or two bytes.
  private(set) var counts: [UInt16]
  /// The line where they are of any other type.
  private(set) var numbers: [Float]
  /// The largest number of the line, at least 0; what is not a number is left out.
  private(set) var largest: Float = 0

  /// Whether the line is in `counts` rather than in `numbers`.
  let isCounts: Bool

  init(_ layout: LineLayout) {
    self.layout = layout
    isCounts = layout.type == .uint8 || layout.type == .uint16
    counts = isCounts ? [UInt16](repeating: 0, count: layout.count) : []
    numbers = isCounts ? [] : [Float](repeating: 0, count: layout.count)
  }

  /// Takes in `layout.byteCount` bytes.
  mutating func read(_ line: RawSpan) {
    precondition(
      line.byteCount == layout.byteCount,
      "line: \(line.byteCount) bytes, \(layout.byteCount) were wanted")
    switch (layout.type, layout.order) {
    case (.uint8, _): fill(line, UInt8.self) { UInt16($0) }
    case (.uint16, .little): fill(line, UInt16.self) { UInt16(littleEndian: $0) }
    case (.uint16, .big): fill(line, UInt16.self) { UInt16(bigEndian: $0) }
    default:
      layout.type.decode(line, order: layout.order, into: &numbers)
      var most: Float = 0
      for number in numbers { most = number > most ? number : most }
      largest = most
    }
  }

  /// Numbers of the line that are at least `level`.
  func count(atLeast level: Float) -> Int {
    guard isCounts else { return numbers.count { $0 >= level } }
    guard level <= 65535 else { return 0 }
    let least = UInt16(max(0, level.rounded(.up)))
    return counts.count { $0 >= least }
  }

  @inline(__always)
  private mutating func fill<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ line: RawSpan, _ type: Stored.Type, _ count: (Stored) -> UInt16
  ) {
    largest = Float(Self.fill(&counts, from: line, count))
  }

  /// Returns the largest.
  @inline(__always)
  private static func fill<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ counts: inout [UInt16], from line: RawSpan, _ count: (Stored) -> UInt16
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
