import Diagnostics
import Foundation
import Units

/// Which bands are kept, and how they become other bands: chosen, then binned, then resampled.
public struct BandPlan: Codable, Equatable, Sendable {
  /// A band of another camera.
  public struct Target: Codable, Equatable, Sendable {
    /// Its center.
    public var nanometers: Double
    /// Full width of its response at half of its maximum; nil where nobody knows.
    public var fullWidth: Double?

    public init(nanometers: Double, fullWidth: Double? = nil) {
      self.nanometers = nanometers
      self.fullWidth = fullWidth
    }

    public init(from decoder: any Decoder) throws {
      let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
      nanometers = try values.decode(Double.self, forKey: .nanometers)
      fullWidth = try values.decodeIfPresent(Double.self, forKey: .fullWidth)
      try values.check(.nanometers, "a wavelength above 0", nanometers > 0)
      try values.check(.fullWidth, "a width above 0", (fullWidth ?? 1) > 0)
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case nanometers, fullWidth }
  }

  /// Numbers of the bands kept, in this order; nil for all.
  public var numbers: [Int]?
  /// Ranges of wavelengths kept, `[from, to]` in nanometers each; empty for all.
  public var ranges: [[Double]] = []
  /// So many neighbors become their mean; what is left at the end makes a smaller bin.
  public var binning = 1
  /// Another camera's bands, onto which spectra are resampled; nil leaves them as they are.
  ///
  /// A band of known width collects with a Gaussian response of that width, any other is
  /// interpolated between its neighbors.
  public var resampling: [Target]?

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    numbers = try values.decodeIfPresent([Int].self, forKey: .numbers)
    try values.read(&ranges, .ranges)
    try values.read(&binning, .binning)
    resampling = try values.decodeIfPresent([Target].self, forKey: .resampling)
    try values.check(
      .ranges, "pairs of rising wavelengths",
      ranges.allSatisfy { $0.count == 2 && $0[0] <= $0[1] })
    try values.check(.binning, "a count of at least 1", binning >= 1)
    try values.check(.resampling, "one or more bands", resampling?.isEmpty != true)
  }

  enum CodingKeys: String, CodingKey, CaseIterable { case numbers, ranges, binning, resampling }

  /// Whether bands are chosen and nothing else.
  var isChoice: Bool { binning <= 1 && resampling == nil }

  /// The numbers of the bands kept, in order.
  ///
  /// Errors: a number that the camera does not have, or nothing left; `place` names the camera.
  func chosen(from wavelengths: [Wavelength], place: String) throws(Complaint) -> [Int] {
    if let wrong = numbers?.first(where: { !wavelengths.indices.contains($0) }) {
      throw Complaint(
        place, "has \(wavelengths.count) bands, the recipe keeps band \(wrong)",
        remedy: "use the camera that the recipe was made for, or choose bands that this one has")
    }
    let chosen = (numbers ?? Array(wavelengths.indices)).filter { band in
      ranges.isEmpty
        || ranges.contains {
          $0[0] <= wavelengths[band].nanometers
            && wavelengths[band].nanometers <= $0[1]
        }
    }
    guard !chosen.isEmpty else {
      throw Complaint(
        place, "has no band in the ranges that the recipe keeps",
        remedy: "use the camera that the recipe was made for, or choose bands that this one has")
    }
    return chosen
  }
}

/// Bands made of weighted sums of other bands.
struct BandMixing: Sendable, Equatable {
  /// One band: source `first + i` counts `weights[i]`.
  struct Row: Sendable, Equatable {
    var first: Int
    var weights: [Float]
    var wavelength: Wavelength
  }

  var rows: [Row]

  /// Each source by itself.
  init(identity wavelengths: [Wavelength], of sources: [Int]) {
    rows = sources.enumerated().map {
      Row(first: $0.element, weights: [1], wavelength: wavelengths[$0.offset])
    }
  }

  /// Means of `count` rows each.
  mutating func bin(_ count: Int) {
    guard count > 1 else { return }
    rows = stride(from: 0, to: rows.count, by: count).map { start in
      let group = Array(rows[start..<min(start + count, rows.count)])
      let share = Float(1) / Float(group.count)
      let mean =
        group.reduce(0) { $0 + $1.wavelength.nanometers } / Double(group.count)
      return Self.sum(group.map { ($0, share) }, at: Wavelength(nanometers: mean))
    }
  }

  /// Rows, which are in rising order of wavelength, become the bands of another camera.
  mutating func resample(
    onto targets: [BandPlan.Target], place: String
  ) throws(Complaint) {
    let centers = rows.map(\.wavelength.nanometers)
    var made: [Row] = []
    for target in targets {
      let parts = try Self.parts(of: target, from: centers, place: place)
      made.append(
        Self.sum(
          parts.map { (rows[$0.source], Float($0.weight)) },
          at: Wavelength(nanometers: target.nanometers)))
    }
    rows = made
  }

  /// Which sources make a target, and with which weights, whose sum is 1.
  private static func parts(
    of target: BandPlan.Target, from centers: [Double], place: String
  ) throws(Complaint) -> [(source: Int, weight: Double)] {
    guard let first = centers.first, let last = centers.last else { return [] }
    // Half a band beyond the outermost centers is still inside the outermost bands.
    let step = centers.count > 1 ? (last - first) / Double(centers.count - 1) : 0
    guard target.nanometers >= first - step / 2, target.nanometers <= last + step / 2 else {
      throw Complaint(
        place,
        "sees \(first) to \(last) nm, the recipe resamples onto \(target.nanometers) nm",
        remedy: "leave that band out, or use a camera that sees it")
    }
    if let width = target.fullWidth {
      let weights = gaussian(width, at: target.nanometers, centers)
      // A response narrower than the distance of the bands falls between them.
      if weights.count > 1 { return weights }
    }
    let above = centers.firstIndex { $0 >= target.nanometers } ?? centers.count - 1
    guard above > 0, centers[above] > centers[above - 1] else { return [(above, 1)] }
    let share = (target.nanometers - centers[above - 1]) / (centers[above] - centers[above - 1])
    return [(above - 1, 1 - min(share, 1)), (above, min(share, 1))]
  }

  /// A Gaussian response, each source weighted by the width of spectrum that it stands for.
  private static func gaussian(
    _ width: Double, at center: Double, _ centers: [Double]
  ) -> [(source: Int, weight: Double)] {
    let reach = 1.5 * width
    var weights: [(source: Int, weight: Double)] = []
    for (source, found) in centers.enumerated() where abs(found - center) <= reach {
      let left =
        source > 0 ? found - centers[source - 1] : centers[min(1, centers.count - 1)] - found
      let right =
        source + 1 < centers.count ? centers[source + 1] - found : left
      let distance = (found - center) / width
      weights.append((source, exp(-4 * log(2) * distance * distance) * max(0, left + right)))
    }
    let sum = weights.reduce(0) { $0 + $1.weight }
    return sum > 0 ? weights.map { ($0.source, $0.weight / sum) } : []
  }

  /// The weighted sum of rows.
  private static func sum(_ parts: [(row: Row, weight: Float)], at wavelength: Wavelength) -> Row {
    let first = parts.map(\.row.first).min() ?? 0
    let last = parts.map { $0.row.first + $0.row.weights.count - 1 }.max() ?? first
    var weights = [Float](repeating: 0, count: last - first + 1)
    for (row, weight) in parts {
      for (offset, own) in row.weights.enumerated() {
        weights[row.first - first + offset] += weight * own
      }
    }
    return Row(first: first, weights: weights, wavelength: wavelength)
  }

  /// Takes sources without signal out of each sum; rows that have no other become 0.
  ///
  /// Returns the rows that have lost all.
  mutating func leaveOut(_ isMasked: (Int) -> Bool) -> [Int] {
    var lost: [Int] = []
    for number in rows.indices {
      var sum: Float = 0
      for offset in rows[number].weights.indices {
        if isMasked(rows[number].first + offset) { rows[number].weights[offset] = 0 }
        sum += rows[number].weights[offset]
      }
      if sum > 0 {
        for offset in rows[number].weights.indices { rows[number].weights[offset] /= sum }
      } else {
        lost.append(number)
      }
    }
    return lost
  }
}
