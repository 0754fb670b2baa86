/// Counts of values in fixed buckets, as Prometheus wants them.
struct Histogram: Sendable {
  /// The upper bounds of all buckets but the last, rising, in the base unit.
  let bounds: [Double]
  /// One more than bounds: the last bucket is for all that is larger.
  private(set) var counts: [Int]
  private(set) var sum = 0.0

  init(_ bounds: [Double]) {
    self.bounds = bounds
    counts = [Int](repeating: 0, count: bounds.count + 1)
  }

  /// Time that work takes, in seconds.
  static let work = Histogram([
    0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
  ])

  /// Time left over, in seconds; below zero is late.
  static let slack = Histogram([
    -0.1, -0.01, 0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
  ])

  var count: Int { counts.reduce(0, +) }

  /// Counts a value; one that is no number is left out.
  mutating func note(_ value: Double) {
    guard value.isFinite else { return }
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }
}
