import Diagnostics
import Tensors

/// How much the numbers of a file speak for one reading of it.
///
/// In the right reading neighbors are alike along each axis: a spectrum is smooth, and so is a
/// picture. In a wrong one at least one axis jumps. Numbers are compared by their ranks, so that
/// neither scale nor glints count.
public struct ReadingEvidence: Sendable, Equatable {
  /// 1 where neighbors are equal, 0 where they are as different as any two numbers; nil where the
  /// axis has one place only, or all numbers are one.
  public let bandSmoothness: Double?
  public let sampleSmoothness: Double?
  public let lineSmoothness: Double?
  /// In how many stored rows the step to the next row is the largest around, from 0, as often as
  /// by chance, to 1.
  ///
  /// Where rows are cut at the right place, they do not go on into each other.
  public let edge: Double
  /// The share of numbers that a camera or a calibration could have given.
  public let plausibleShare: Double
  /// Numbers that were compared.
  public let count: Int
  /// Of the numbers that were looked at.
  public let range: ClosedRange<Double>?

  /// From 0 to 1: how alike neighbors are along the axes, above all along the worst of them, and
  /// whether rows end where they should; less where numbers are absurd.
  public var score: Double {
    let known = [bandSmoothness, sampleSmoothness, lineSmoothness].compactMap(\.self)
    guard let worst = known.min() else { return 0 }
    let mean = known.reduce(0, +) / Double(known.count)
    return (0.55 * worst + 0.35 * mean + 0.1 * edge) * plausibleShare
  }

  /// Looks at some 1,000 places of the file; `seed` chooses them, the same for each reading.
  init(_ reading: CubeReading, in numbers: inout StoredNumbers, seed: UInt64 = 1) throws {
    var sampler = NeighborSampler(reading: reading, seed: seed)
    try sampler.sample(&numbers)
    let ranks = NumberRanks(sampler.all)
    let spread = ranks.spread
    func smoothness(_ pairs: [(Double, Double)]) -> Double? {
      guard !pairs.isEmpty, spread > 0 else { return nil }
      let jump = pairs.reduce(0) { $0 + abs(ranks[$1.0] - ranks[$1.1]) } / Double(pairs.count)
      return max(0, 1 - jump / spread)
    }
    bandSmoothness = smoothness(sampler.bandPairs)
    sampleSmoothness = smoothness(sampler.samplePairs)
    lineSmoothness = smoothness(sampler.linePairs)
    let known = [bandSmoothness, sampleSmoothness, lineSmoothness].compactMap(\.self)
    // Where neighbors differ wildly, rows need not be looked at.
    edge = known.min().map { $0 > 0.3 } == true ? try sampler.edge(&numbers) : 0
    count = sampler.all.count
    let finite = sampler.all.filter(\.isFinite)
    plausibleShare = Self.plausibleShare(finite, of: count, type: reading.type)
    range = finite.min().flatMap { low in finite.max().map { low...$0 } }
  }

  /// Whether both bytes of most numbers are nearly alike: neighbors of 8 bits, read as one of 16.
  private static func isTwinned(_ numbers: [Double], _ type: ScalarType) -> Bool {
    guard type == .uint16 || type == .int16 else { return false }
    let large = numbers.map { Int($0) & 0xffff }.filter { $0 > 0xff }
    let twins = large.count { abs(($0 >> 8) - ($0 & 0xff)) <= 16 }
    return twins > 16 && 2 * twins > large.count
  }

  /// Counts stay below 2²⁴, and floating numbers keep to a few powers of ten around 1.
  private static func plausibleShare(
    _ finite: [Double], of count: Int, type: ScalarType
  ) -> Double {
    guard count > 0 else { return 0 }
    if isTwinned(finite, type) { return 0.7 }
    let plausible = finite.count { value in
      if value == 0 { return true }
      return type.isWhole ? abs(value) < 0x1p24 : (1e-9..<1e9).contains(abs(value))
    }
    return Double(plausible) / Double(count)
  }
}

/// Places numbers between 0 and 1 by how many others are smaller; equal numbers share a place.
struct NumberRanks {
  private let sorted: [Double]
  /// Mean distance of the ranks of two numbers taken at random; 0 where all numbers are one.
  let spread: Double

  init(_ numbers: [Double]) {
    sorted = numbers.filter { !$0.isNaN }.sorted()
    var sum = 0.0
    var seen = 0
    // Σ |rᵢ − rⱼ| of sorted values needs one pass; equal numbers have distance 0.
    var start = 0
    var before = 0.0
    var weight = 0.0
    let count = Double(max(1, sorted.count))
    while start < sorted.count {
      var end = start
      while end < sorted.count, sorted[end] == sorted[start] { end += 1 }
      let rank = (Double(start) + Double(end)) / 2 / count
      let own = Double(end - start)
      sum += own * (rank * weight - before)
      before += own * rank
      weight += own
      start = end
      seen += 1
    }
    let pairs = count * (count - 1) / 2
    spread = seen > 1 && pairs > 0 ? sum / pairs : 0
  }

  /// What is not a number lies far from everything.
  subscript(_ number: Double) -> Double {
    if number.isNaN { return 2 }
    let count = Double(max(1, sorted.count))
    return (Double(first(where: { $0 >= number })) + Double(first(where: { $0 > number }))) / 2
      / count
  }

  /// The first place whose number is `true`, by halving.
  private func first(where holds: (Double) -> Bool) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(sorted[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
