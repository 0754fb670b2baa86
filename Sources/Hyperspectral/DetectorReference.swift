import Diagnostics
import Units

/// A dark or white reference: what each element of the detector shows, robustly averaged over the
/// lines of its recording.
public struct DetectorReference: Sendable {
  /// At most so many lines are looked at, evenly spaced; more would hardly change the average.
  public static let lineLimit = 256

  public let samples: Int
  public let bands: Int
  public private(set) var wavelengths: [Wavelength]
  /// Lines that were averaged.
  public let lines: Int
  /// Counts, `[samples, bands]`; not a number where no line has one.
  public let average: [Float]
  /// Deviation over the lines, in counts, `[samples, bands]`.
  public let deviation: [Float]
  /// The largest count of the lines.
  public let largest: Float
  /// How many counts reach each level at which a detector may be saturated.
  private let reached: [(level: Double, count: Int)]

  /// Averages a recording: of each element, `trimmedShare` of its counts is left out at each end.
  ///
  /// `name` is what errors call it. Errors: a recording without lines.
  public init(
    _ recording: Cube<RawCounts>, name: String, options: RadiometryOptions = RadiometryOptions()
  ) throws(Complaint) {
    let row = recording.samples * recording.bands
    do {
      try self.init(
        shape: (recording.lines, recording.samples), wavelengths: recording.wavelengths,
        name: name, options: options
      ) { line, values in
        values.append(contentsOf: recording.values[(line * row)..<((line + 1) * row)])
      }
    } catch let error as Complaint {
      throw error
    } catch {
      preconditionFailure("\(name): \(error)")
    }
  }

  /// As above; `append` puts the counts of a line, `[samples, bands]`, behind what is there.
  init(
    shape: (lines: Int, samples: Int), wavelengths: [Wavelength], name: String,
    options: RadiometryOptions, append: (Int, inout [Float]) throws -> Void
  ) throws {
    guard shape.lines > 0 else {
      throw Complaint(name, "has no lines, one or more were wanted")
    }
    samples = shape.samples
    bands = wavelengths.count
    self.wavelengths = wavelengths
    lines = min(shape.lines, Self.lineLimit)
    var counts: [Float] = []
    counts.reserveCapacity(lines * samples * bands)
    for number in 0..<lines { try append(number * shape.lines / lines, &counts) }
    precondition(counts.count == lines * samples * bands, "\(name): lines of another size")
    let robust = RobustAverage(lines: lines, trimmedShare: options.trimmedShare)
    (average, deviation) = robust(counts)
    let largest = counts.reduce(0) { $1 > $0 ? $1 : $0 }
    self.largest = largest
    reached = (SaturationLevel.usual + [options.saturation].compactMap(\.self)).map { level in
      (level, Double(largest) < level ? 0 : counts.count { Double($0) >= level })
    }
  }

  /// The same with other wavelengths, those of a calibration; nil leaves them.
  func named(_ nanometers: [Double]?, _ name: String) throws(Complaint) -> DetectorReference {
    guard let nanometers else { return self }
    guard nanometers.count == bands else {
      throw Complaint(
        name, "has \(bands) bands, the recipe's 'wavelengths' name \(nanometers.count)",
        remedy: "use the camera and binning that the wavelengths were calibrated with")
    }
    var renamed = self
    renamed.wavelengths = nanometers.map { Wavelength(nanometers: $0) }
    return renamed
  }

  /// Counts that reach a level.
  func count(atLeast level: Double) -> Int { reached.first { $0.level == level }?.count ?? 0 }

  /// What one band's elements have in `values`, `[samples, bands]`.
  func column(of band: Int, in values: [Float]) -> [Float] {
    (0..<samples).map { values[$0 * bands + band] }
  }
}

/// Mean of each element without the outermost of its counts, and their deviation.
struct RobustAverage {
  let lines: Int
  let trimmedShare: Double

  /// `counts` is `[lines, elements]`.
  func callAsFunction(_ counts: [Float]) -> (average: [Float], deviation: [Float]) {
    let elements = counts.count / lines
    var average = [Float](repeating: 0, count: elements)
    var deviation = average
    var own: [Float] = []
    own.reserveCapacity(lines)
    for element in 0..<elements {
      own.removeAll(keepingCapacity: true)
      for line in 0..<lines {
        let count = counts[line * elements + element]
        if !count.isNaN { own.append(count) }
      }
      own.sort()
      (average[element], deviation[element]) = statistics(own)
    }
    return (average, deviation)
  }

  private func statistics(_ sorted: [Float]) -> (average: Float, deviation: Float) {
    guard !sorted.isEmpty else { return (.nan, 0) }
    let count = sorted.count
    let cut = min(Int(trimmedShare * Double(count)), (count - 1) / 2)
    let inner = sorted[cut..<(count - cut)]
    let mean = inner.reduce(0.0) { $0 + Double($1) } / Double(inner.count)
    let squares = sorted.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (Float(mean), Float((squares / Double(count)).squareRoot()))
  }
}

/// The detector's largest count, as far as the counts seen so far tell.
struct SaturationLevel: Sendable, Equatable {
  /// The largest counts of 8, 10, 12, 14 and 16 bits.
  static let usual: [Double] = [255, 1023, 4095, 16383, 65535]

  /// A person said it.
  let isGiven: Bool
  private(set) var level: Double

  init(given: Double?, largest: Float) {
    isGiven = given != nil
    level = given ?? Self.next(above: largest)
  }

  /// Raises the level where a count lies above it; returns whether it did, and then no count
  /// before had reached the new level.
  mutating func raise(to largest: Float) -> Bool {
    guard !isGiven, Double(largest) > level else { return false }
    level = Self.next(above: largest)
    return true
  }

  private static func next(above largest: Float) -> Double {
    usual.first { $0 >= Double(largest) } ?? Double(Float.greatestFiniteMagnitude)
  }
}
