import Foundation

/// How much two pictures tell of each other, from their joint histogram.
///
/// Source: Viola, Wells, *Alignment by maximization of mutual information*, IJCV 24, 1997; smooth
/// bins: Mattes et al., *PET-CT image registration in the chest using free-form deformations*, IEEE
/// TMI 22, 2003; normalization: Studholme, Hill, Hawkes, *An overlap invariant entropy measure of
/// 3D medical image alignment*, Pattern Recognition 32, 1999, equation 15.
struct MutualInformation {
  static let bins = 32
  /// Bins kept free at each end, where the smooth windows reach out.
  private static let margin = 2

  private(set) var joint = [Double](repeating: 0, count: bins * bins)
  private(set) var count = 0.0

  /// What turns a value into a place among the bins.
  struct Range: Sendable {
    let low: Float
    let scale: Float

    /// The middle 99 % of values fill the bins.
    init(_ values: [Float]) {
      let stride = max(1, values.count / 20_000)
      let some = Swift.stride(from: 0, to: values.count, by: stride).map { Double(values[$0]) }
      let (least, most) = (Ranks.quantile(0.005, of: some), Ranks.quantile(0.995, of: some))
      low = Float(least)
      scale =
        Float(MutualInformation.bins - 2 * MutualInformation.margin - 1)
        / max(1e-9, Float(most - least))
    }

    @inline(__always)
    func place(_ value: Float) -> Float {
      let last = Float(MutualInformation.bins - MutualInformation.margin - 1)
      return min(
        max(
          (value - low) * scale + Float(MutualInformation.margin),
          Float(MutualInformation.margin)), last)
    }
  }

  /// Adds a pair of places among the bins: the first by its nearest two bins, the second by a
  /// cubic B-spline over four.
  @inline(__always)
  mutating func add(_ first: Float, _ second: Float) {
    let row = Int(first)
    let u = Double(first - Float(row))
    let column = Int(second)
    let t = Double(second - Float(column))
    let (t2, t3) = (t * t, t * t * t)
    let weights: [4 of Double] = [
      (1 - 3 * t + 3 * t2 - t3) / 6, (4 - 6 * t2 + 3 * t3) / 6, (1 + 3 * t + 3 * t2 - 3 * t3) / 6,
      t3 / 6,
    ]
    let start = row * Self.bins + column - 1
    for tap in 0..<4 {
      joint[start + tap] += (1 - u) * weights[tap]
      joint[start + Self.bins + tap] += u * weights[tap]
    }
    count += 1
  }

  /// (H(first) + H(second)) / H(both): 1 for pictures that tell nothing of each other, 2 for equal
  /// ones.
  var normalized: Double {
    guard count > 0 else { return 1 }
    let bins = Self.bins
    var rows = [Double](repeating: 0, count: bins)
    var columns = rows
    var both = 0.0
    for row in 0..<bins {
      for column in 0..<bins {
        let share = joint[row * bins + column] / count
        rows[row] += share
        columns[column] += share
        if share > 0 { both -= share * log(share) }
      }
    }
    func entropy(_ shares: [Double]) -> Double {
      shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
    }
    return both > 1e-12 ? (entropy(rows) + entropy(columns)) / both : 1
  }
}
