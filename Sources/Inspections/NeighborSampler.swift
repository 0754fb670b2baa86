import Diagnostics
import Tensors

/// Numbers at seeded places of a reading, each with its neighbors along the three axes.
struct NeighborSampler {
  let reading: CubeReading
  private(set) var bandPairs: [(Double, Double)] = []
  private(set) var samplePairs: [(Double, Double)] = []
  private(set) var linePairs: [(Double, Double)] = []
  /// All numbers that were seen.
  private(set) var all: [Double] = []
  private var random: SplitMix64

  private static let places = 1000
  private static let edgeRows = 200

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

  /// How often the step from a stored row to the next is the largest of the five around it, above
  /// the fifth that chance gives; less where a row has such a step inside.
  mutating func edge(_ numbers: inout StoredNumbers) throws -> Double {
    let extents = [reading.lines, reading.samples, reading.bands]
    let row = reading.interleave == .bip ? reading.bands : reading.samples
    let rows = (reading.byteCount ?? 0) / reading.type.byteCount / max(1, row) - 1
    guard row >= 8, rows >= 8 else { return 0 }
    let end = try share(ofLargestAt: row, rows: rows, row: row, &numbers)
    // Two spectra in one row of samples would end in its middle too.
    let inside =
      try extents.filter { $0 >= 8 && $0 < row && row.isMultiple(of: $0) }
      .map { try share(ofLargestAt: $0, rows: rows, row: row, &numbers) }.max() ?? 0
    return max(0, end - inside)
  }

  /// In how many rows the step before the number at `place` is the largest of five.
  private mutating func share(
    ofLargestAt place: Int, rows: Int, row: Int, _ numbers: inout StoredNumbers
  ) throws -> Double {
    let size = reading.type.byteCount
    let count = min(Self.edgeRows, rows)
    var largest = 0.0
    for _ in 0..<count {
      let last = Self.place(random.next(), below: rows) * row + place - 1
      var steps: [Double] = []
      for number in (last - 2)...(last + 2) {
        let at = reading.headerOffset + number * size
        guard let first = try numbers.number(at: at, reading.type, reading.byteOrder),
          let second = try numbers.number(at: at + size, reading.type, reading.byteOrder)
        else { continue }
        steps.append(abs(first - second))
      }
      guard let most = steps.max(), steps.count == 5, most > 0, steps[2] == most else { continue }
      // Equal steps share the place.
      largest += 1 / Double(steps.count { $0 == most })
    }
    return max(0, largest / Double(count) - 0.2) / 0.8
  }

  private static func place(_ random: UInt64, below count: Int) -> Int {
    min(count - 1, Int((Double(random >> 11) * 0x1p-53 * Double(count)).rounded(.down)))
  }
}
