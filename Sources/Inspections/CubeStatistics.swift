import Foundation
import Hyperspectral

/// What some lines of a cube hold: range, saturation, dead places, stripes, noise.
public struct CubeStatistics: Sendable {
  /// Lines that were looked at, evenly spread.
  public let lineCount: Int
  public let shape: CubeShape
  /// Numbers that were looked at.
  public let count: Int
  /// Numbers that are none, and those that the file calls not measured.
  public let notNumbers: Int
  public let ignored: Int
  /// Least and largest number; nil where there is none.
  public let range: ClosedRange<Double>?
  public let mean: Double
  /// Numbers in 48 equal parts of the range.
  public let histogram: [Int]
  /// Share of the numbers at the largest one.
  public let shareAtTop: Double
  /// `[bands]`; not a number where a band holds none.
  public let bandMeans: [Double]
  /// Deviation of a band's number from pixel to pixel that no picture explains, `[bands]`.
  public let bandNoise: [Double]
  /// Bands of one number in all pixels.
  public let deadBands: [Int]
  /// Columns of one number in all lines, in half of the living bands or more.
  public let deadColumns: [Int]
  /// Columns that stand out from their neighbors, with how far as a share of the signal.
  public let stripes: [(column: Int, share: Double)]
  /// Detector elements (column and band) of one number in all lines, dead columns and bands left
  /// out.
  public let deadElements: Int

  /// Lines of the cube that are looked at.
  static let lineLimit = 64
  /// Numbers that are held at once.
  private static let valueLimit = 1 << 24

  /// Reads up to 64 lines.
  public init(_ reader: any CubeReader) throws {
    shape = reader.shape
    let wanted = min(shape.lines, Self.lineLimit, Self.valueLimit / max(1, shape.valuesPerLine))
    lineCount = max(1, wanted)
    var sums = ColumnSums(shape: shape)
    var noise = NoiseSamples(bands: shape.bands)
    var kept: [Float] = []
    var line: [Float] = []
    var seen = 0
    var (notNumbers, ignored) = (0, 0)
    let ignoredValue = reader.ignoreValue.map(Float.init)
    for place in 0..<lineCount {
      let number = place * shape.lines / lineCount
      try reader.read(lines: number..<(number + 1), into: &line)
      for index in line.indices {
        let value = line[index]
        if let ignoredValue, value == ignoredValue || (value.isNaN && ignoredValue.isNaN) {
          ignored += 1
          line[index] = .nan
        } else if value.isFinite {
          kept.append(value)
        } else {
          notNumbers += 1
          line[index] = .nan
        }
      }
      seen += line.count
      sums.add(line)
      noise.add(line, samples: shape.samples)
    }
    count = seen
    self.notNumbers = notNumbers
    self.ignored = ignored
    let low = kept.min().map(Double.init)
    let high = kept.max().map(Double.init)
    range = low.flatMap { low in high.map { low...$0 } }
    mean = kept.reduce(0) { $0 + Double($1) } / Double(max(1, kept.count))
    histogram = Self.histogram(kept, range)
    shareAtTop =
      high.map { top in Double(kept.count { Double($0) >= top }) / Double(kept.count) } ?? 0
    bandMeans = sums.bandMeans
    bandNoise = noise.deviations
    deadBands = sums.deadBands
    let dead = sums.deadElements(except: Set(deadBands), lines: lineCount)
    deadColumns = dead.columns
    deadElements = dead.others
    stripes = sums.stripes(except: Set(deadBands), Set(dead.columns))
  }

  private static func histogram(_ values: [Float], _ range: ClosedRange<Double>?) -> [Int] {
    var bins = [Int](repeating: 0, count: 48)
    guard let range else { return bins }
    let extent = range.upperBound - range.lowerBound
    let scale = extent > 0 ? 48 / extent : 0
    for value in values {
      bins[min(47, Int((Double(value) - range.lowerBound) * scale))] += 1
    }
    return bins
  }
}

/// Sums over lines of each detector element, `[samples, bands]`.
private struct ColumnSums {
  let shape: CubeShape
  private var sums: [Double]
  private var counts: [Int]
  private var low: [Float]
  private var high: [Float]

  init(shape: CubeShape) {
    self.shape = shape
    sums = .init(repeating: 0, count: shape.valuesPerLine)
    counts = .init(repeating: 0, count: shape.valuesPerLine)
    low = .init(repeating: .infinity, count: shape.valuesPerLine)
    high = .init(repeating: -.infinity, count: shape.valuesPerLine)
  }

  mutating func add(_ line: [Float]) {
    for (index, value) in line.enumerated() where !value.isNaN {
      sums[index] += Double(value)
      counts[index] += 1
      low[index] = min(low[index], value)
      high[index] = max(high[index], value)
    }
  }

  var bandMeans: [Double] {
    (0..<shape.bands).map { band in
      var (sum, count) = (0.0, 0)
      for sample in 0..<shape.samples {
        sum += sums[sample * shape.bands + band]
        count += counts[sample * shape.bands + band]
      }
      return sum / Double(count)
    }
  }

  /// One pixel, or a few, can be alike by chance.
  var deadBands: [Int] {
    guard shape.lines * shape.samples >= 8 else { return [] }
    return (0..<shape.bands).filter { band in
      let places = (0..<shape.samples).map { $0 * shape.bands + band }
      let least = places.map { low[$0] }.min() ?? 0
      let most = places.map { high[$0] }.max() ?? 0
      return least == most && places.contains { counts[$0] > 0 }
    }
  }

  /// A few equal numbers may be chance: fewer than eight lines say nothing.
  func deadElements(except bands: Set<Int>, lines: Int) -> (columns: [Int], others: Int) {
    let living = (0..<shape.bands).filter { !bands.contains($0) }
    guard lines >= 8, !living.isEmpty else { return ([], 0) }
    var columns: [Int] = []
    var others = 0
    for sample in 0..<shape.samples {
      let dead = living.count { band in
        let place = sample * shape.bands + band
        return counts[place] > 0 && low[place] == high[place]
      }
      if 2 * dead >= living.count { columns.append(sample) } else { others += dead }
    }
    return (columns, others)
  }

  /// The mean of each column against the median of its four neighbors, as a share of that band's
  /// mean; the median over bands, so that a bad element is no stripe.
  func stripes(
    except bands: Set<Int>, _ columns: Set<Int>
  ) -> [(column: Int, share: Double)] {
    let living = (0..<shape.bands).filter { !bands.contains($0) }
    guard shape.samples >= 16, !living.isEmpty else { return [] }
    let means = bandMeans.map(abs)
    let shares: [Double] = (0..<shape.samples).map { sample in
      var total: [Double] = []
      for band in living {
        let neighbors = [-2, -1, 1, 2].map { sample + $0 }
          .filter { (0..<shape.samples).contains($0) && !columns.contains($0) }
          .map { mean($0, band) }.filter(\.isFinite).sorted()
        guard !neighbors.isEmpty, means[band] > 0 else { continue }
        let own = mean(sample, band)
        let median = (neighbors[(neighbors.count - 1) / 2] + neighbors[neighbors.count / 2]) / 2
        if own.isFinite { total.append((own - median) / means[band]) }
      }
      return total.isEmpty ? 0 : total.sorted()[total.count / 2]
    }
    let usual = shares.map(abs).sorted()[shares.count / 2]
    return shares.indices.filter { sample in
      !columns.contains(sample) && abs(shares[sample]) > max(0.02, 10 * usual)
        && (2..<(shape.samples - 2)).contains(sample)
    }.map { ($0, shares[$0]) }
  }

  private func mean(_ sample: Int, _ band: Int) -> Double {
    let place = sample * shape.bands + band
    return sums[place] / Double(counts[place])
  }
}

/// Noise of each band from three neighbors along a line.
///
/// The second difference of a smooth picture is near 0, that of independent noise has 6 times its
/// variance; the median of the absolute values leaves edges out.
private struct NoiseSamples {
  private var differences: [[Float]]
  /// Differences of each line and band that are looked at.
  private static let limit = 64

  init(bands: Int) { differences = .init(repeating: [], count: bands) }

  mutating func add(_ line: [Float], samples: Int) {
    let bands = differences.count
    guard samples >= 3 else { return }
    let step = max(1, (samples - 2) / Self.limit)
    for sample in stride(from: 1, to: samples - 1, by: step) {
      for band in 0..<bands {
        let place = sample * bands + band
        let difference = line[place - bands] - 2 * line[place] + line[place + bands]
        if difference.isFinite { differences[band].append(abs(difference)) }
      }
    }
  }

  /// The median absolute deviation of normal noise is 0.6745 of its deviation.
  var deviations: [Double] {
    differences.map { values in
      guard !values.isEmpty else { return .nan }
      let sorted = values.sorted()
      return Double(sorted[sorted.count / 2]) / 0.6745 / 6.squareRoot()
    }
  }
}
