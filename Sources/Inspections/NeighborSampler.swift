import Diagnostics
import Tensors

/// Numbers at seeded places of a reading, each with its neighbors along the three axes.
struct NeighborSampler {
  /// An axis whose places lie side by side within a line.
  enum SeamAxis { case sample, band }

  let reading: CubeReading
  private(set) var bandPairs: [(Double, Double)] = []
  private(set) var samplePairs: [(Double, Double)] = []
  private(set) var linePairs: [(Double, Double)] = []
  /// All numbers that were seen.
  private(set) var all: [Double] = []
  private var random: SplitMix64

  private static let places = 1000
  private static let seamRows = 32
  private static let seamPlaces = 1024

  init(reading: CubeReading, seed: UInt64) {
    self.reading = reading
    random = SplitMix64(seed: seed, purpose: "neighbors")
  }

  mutating func sample(_ numbers: inout StoredNumbers) throws {
    let (lines, samples, bands) = (reading.lines, reading.samples, reading.bands)
    // A small cube has no more to tell than it has numbers.
    let known = (reading.byteCount ?? .max) / reading.type.byteCount
    for _ in 0..<min(Self.places, known) {
      // The same share of each axis in every reading, so that readings are compared alike.
      let line = Self.place(random.next(), below: lines)
      let sample = Self.place(random.next(), below: samples)
      let band = Self.place(random.next(), below: bands)
      guard let own = try numbers.number(reading, line: line, sample: sample, band: band) else {
        continue
      }
      all.append(own)
      if band + 1 < bands,
        let next = try numbers.number(reading, line: line, sample: sample, band: band + 1)
      {
        bandPairs.append((own, next))
      }
      if sample + 1 < samples,
        let next = try numbers.number(reading, line: line, sample: sample + 1, band: band)
      {
        samplePairs.append((own, next))
      }
      if line + 1 < lines,
        let next = try numbers.number(reading, line: line + 1, sample: sample, band: band)
      {
        linePairs.append((own, next))
      }
    }
  }

  /// How much the worst place along an axis jumps above the usual, in parts of `ranks.spread`.
  mutating func seam(
    _ axis: SeamAxis, _ numbers: inout StoredNumbers, _ ranks: NumberRanks
  ) throws -> Double {
    let extent = axis == .sample ? reading.samples : reading.bands
    // A long axis is looked at where it begins: a seam lies there as likely as anywhere.
    let count = min(extent, Self.seamPlaces)
    guard count >= 8 else { return 0 }
    var jumps = [Double](repeating: 0, count: count - 1)
    let rows = min(
      Self.seamRows, reading.lines * (axis == .sample ? reading.bands : reading.samples))
    for _ in 0..<rows {
      let line = Self.place(random.next(), below: reading.lines)
      let other = Self.place(
        random.next(), below: axis == .sample ? reading.bands : reading.samples)
      var before: Double?
      for place in 0..<count {
        let number = try numbers.number(
          reading, line: line, sample: axis == .sample ? place : other,
          band: axis == .sample ? other : place)
        let rank = number.map { ranks[$0] }
        if let rank, let before { jumps[place - 1] += min(1, abs(rank - before)) }
        before = rank
      }
    }
    let means = jumps.map { $0 / Double(rows) }.sorted()
    guard let worst = means.last else { return 0 }
    // Against the place that jumps almost as much: lively pictures jump in many places.
    let usual = means[means.count * 9 / 10]
    return min(1, max(0, worst - 2 * usual) / ranks.spread)
  }

  /// How much more the last number of a stored row differs from the next row's first than other
  /// neighbors within rows do, in parts of `ranks.spread`.
  mutating func edge(_ numbers: inout StoredNumbers, _ ranks: NumberRanks) throws -> Double {
    let size = reading.type.byteCount
    let row = reading.interleave == .bip ? reading.bands : reading.samples
    let rows = (reading.byteCount ?? 0) / size / max(1, row) - 1
    guard row >= 8, rows >= 8 else { return 0 }
    var (ends, inside) = (0.0, 0.0)
    let count = 4 * Self.seamRows
    for _ in 0..<count {
      let start = Self.place(random.next(), below: rows) * row
      let middle = start + Self.place(random.next(), below: row - 1)
      func jump(_ number: Int) throws -> Double {
        let at = reading.headerOffset + number * size
        guard let first = try numbers.number(at: at, reading.type, reading.byteOrder),
          let second = try numbers.number(at: at + size, reading.type, reading.byteOrder)
        else { return 0 }
        return min(1, abs(ranks[first] - ranks[second]))
      }
      ends += try jump(start + row - 1)
      inside += try jump(middle)
    }
    return min(1, max(0, ends - inside) / Double(count) / ranks.spread)
  }

  private static func place(_ random: UInt64, below count: Int) -> Int {
    min(count - 1, Int((Double(random >> 11) * 0x1p-53 * Double(count)).rounded(.down)))
  }
}
