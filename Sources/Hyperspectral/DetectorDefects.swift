import Diagnostics

/// One element of the detector that is not to be trusted.
public struct DetectorDefect: Codable, Hashable, Sendable {
  /// What is wrong with it.
  public enum Fault: String, Codable, Sendable, CaseIterable {
    /// White is as dark as dark.
    case dead
    /// Its dark level stands far above that of its neighbors.
    case hot
    /// It answers light with less than half, or more than twice, what its neighbors do.
    case deviant
    /// From line to line it changes far more than the others of its band.
    case noisy
    /// A person said so.
    case listed
  }

  /// The column.
  public let sample: Int
  public let band: Int
  public let fault: Fault

  public init(sample: Int, band: Int, fault: Fault) {
    self.sample = sample
    self.band = band
    self.fault = fault
  }
}

/// How defective elements are found in the references.
///
/// They are replaced by the nearest sound elements of their band to the left and to the right.
public struct DefectSearch: Codable, Equatable, Sendable {
  /// An element is defective where it lies so many robust deviations from its neighbors; 0 looks
  /// for dead elements alone.
  public var sigmas: Double = 8
  /// Elements that are known to be defective, `[sample, band]` each.
  public var known: [[Int]] = []

  public init() {}

  public init(from decoder: any Decoder) throws {
    let values = try decoder.strictContainer(keyedBy: CodingKeys.self)
    try values.read(&sigmas, .sigmas)
    try values.read(&known, .known)
    try values.check(.sigmas, "a number of at least 0", sigmas >= 0)
    try values.check(
      .known, "a list of [sample, band]",
      known.allSatisfy { $0.count == 2 && $0.allSatisfy { $0 >= 0 } })
  }

  enum CodingKeys: String, CodingKey, CaseIterable { case sigmas, known }
}

extension DefectSearch {
  /// Fewer columns than this tell nothing of what is usual.
  private static let leastColumns = 16
  /// Fewer lines than this tell nothing of noise.
  private static let leastLines = 8

  /// The defects of one band, by column.
  ///
  /// - Parameters:
  ///   - span: white minus dark of each column, in counts.
  ///   - floor: what a living element exceeds.
  func defects(
    band: Int, span: [Float], floor: Float, dark: DetectorReference, white: DetectorReference
  ) -> [DetectorDefect] {
    let columns = span.count
    let isKnown = Set(known.filter { $0[1] == band }.map { $0[0] })
    var faults: [DetectorDefect.Fault?] = (0..<columns).map { column in
      // Written so that what is not a number counts as dead.
      !(span[column] > floor) ? .dead : isKnown.contains(column) ? .listed : nil
    }
    if sigmas > 0, columns >= Self.leastColumns {
      let level = dark.column(of: band, in: dark.average)
      let hot = Self.deviations(level)
      let response = Self.deviations(span)
      let least = Self.median(span) / 10
      let (hotLimit, responseLimit) = (limit(hot), limit(response))
      let quietDark = dark.column(of: band, in: dark.deviation)
      let quietWhite = white.column(of: band, in: white.deviation)
      let (noiseDark, noiseWhite) = (Self.median(quietDark), Self.median(quietWhite))
      for column in 0..<columns where faults[column] == nil {
        let usual = span[column] - response[column]
        if hot[column] > max(hotLimit, least) {
          faults[column] = .hot
        } else if abs(response[column]) > responseLimit,
          span[column] < usual / 2 || span[column] > usual * 2
        {
          faults[column] = .deviant
        } else if isNoisy(quietDark[column], noiseDark, dark.lines)
          || isNoisy(quietWhite[column], noiseWhite, white.lines)
        {
          faults[column] = .noisy
        }
      }
    }
    return faults.enumerated().compactMap { column, fault in
      fault.map { DetectorDefect(sample: column, band: band, fault: $0) }
    }
  }

  private func isNoisy(_ deviation: Float, _ usual: Float, _ lines: Int) -> Bool {
    lines >= Self.leastLines && usual > 0 && deviation > Float(sigmas) * usual
  }

  /// `sigmas` robust deviations; 1.4826 makes the median of the absolute values that of a normal
  /// distribution.
  private func limit(_ deviations: [Float]) -> Float {
    Float(sigmas * 1.4826) * Self.median(deviations.map(abs))
  }

  /// Each value minus the median of five neighbors to each side.
  private static func deviations(_ values: [Float]) -> [Float] {
    values.indices.map { index in
      let around = max(0, index - 5)...min(values.count - 1, index + 5)
      return values[index] - median(around.compactMap { $0 == index ? nil : values[$0] })
    }
  }

  /// Of what is a number; 0 where nothing is.
  private static func median(_ values: [Float]) -> Float {
    let sorted = values.filter { !$0.isNaN }.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
