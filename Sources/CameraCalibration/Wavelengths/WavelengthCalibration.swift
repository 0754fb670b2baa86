import Hyperspectral

/// The wavelengths of a hyperspectral camera, from a recording of a lamp.
public struct WavelengthCalibration: Codable, Equatable, Sendable {
  /// What the middle columns show of the lamp: the dispersion and its lines.
  public var lamp: LampSpectrum
  public var elements: [LampElement]
  public var samples: Int
  /// Smile: nanometers by which a column's wavelengths exceed those of `lamp`, coefficients in
  /// rising order over −1 at the first column … 1 at the last.
  public var smileNanometers: [Double]
  /// Smile as measured, by column: the median over the lines; nil where no line tells.
  public var smileMeasured: [Double?]
  /// Deviation of the lines of a column from the smile polynomial, 95 % of all, in nanometers.
  public var smileError: Double
  /// The middle columns' spectrum, counts over the background of the lamp's recording.
  public var spectrum: [Double]
  /// Wavelengths before: the header's, or the range that a person gave.
  public var start: [Double]
  /// Age of the recording, in days, when it was used.
  public var ageDays: Double?

  /// The center of each band, in nanometers in air.
  public var wavelengths: [Double] { lamp.wavelengths }

  /// Smile from its least to its greatest, in nanometers.
  public var smileExtent: Double {
    let values = (0..<samples).map { smile(of: $0) }
    return (values.max() ?? 0) - (values.min() ?? 0)
  }

  /// By how many nanometers a column's wavelengths exceed those of `lamp`.
  public func smile(of column: Int) -> Double {
    distortion.smile(sample: Double(column), of: samples)
  }

  /// What the correction undoes.
  public var distortion: DetectorDistortion { DetectorDistortion(smileNanometers: smileNanometers) }
}

/// What wavelengths are held to.
public struct WavelengthLimits: Codable, Equatable, Sendable {
  /// Left-out error of a line, root mean square, in nanometers.
  public var errorNanometers = 1.0
  /// Deviation of lines from the smile polynomial, in nanometers.
  public var smileErrorNanometers = 1.0
  /// Lines matched, at least.
  public var lines = 6

  public init() {}
}

extension WavelengthCalibration {
  /// Columns whose mean is read first: the middle ones, where smile is flat.
  private static let middleShare = 0.1

  /// Reads a lamp's recording, averaged over its lines: counts `[samples, bands]`.
  ///
  /// `start` holds each band's wavelength, wrong by a fifth at most. Errors: as `LampReading`.
  public init(
    counts: [Float], samples: Int, start: [Double], reading: LampReading
  ) throws(WavelengthError) {
    let bands = start.count
    precondition(
      counts.count == samples * bands, "lamp: \(counts.count) counts of \(samples) × \(bands)")
    let reach = max(0, Int(Self.middleShare * Double(samples) / 2))
    let middle = max(0, samples / 2 - reach)...min(samples - 1, samples / 2 + reach)
    let average = (0..<bands).map { band in
      median(middle.map { Double(counts[$0 * bands + band]) }.filter(\.isFinite))
    }
    let lamp = try reading.read(average, start: start)
    self.lamp = lamp
    self.start = start
    self.samples = samples
    elements = reading.elements.sorted { $0.rawValue < $1.rawValue }
    let floor = average.min() ?? 0
    spectrum = average.map { $0 - floor }
    let tracks = LineTracks(
      counts: counts, samples: samples, bands: bands, lamp: lamp, middle: middle,
      saturation: reading.saturation)
    let smile = tracks.smile()
    smileNanometers = smile.0
    smileMeasured = smile.1.map { $0.isFinite ? $0 : nil }
    smileError = smile.2
  }
}

/// The lamp's lines followed from the middle columns outward.
private struct LineTracks {
  let samples: Int
  /// By how much each line's place differs from that in the middle, in nanometers, by column.
  private var shifts: [[Double?]] = []
  private var weights: [Double] = []

  init(
    counts: [Float], samples: Int, bands: Int, lamp: LampSpectrum, middle: ClosedRange<Int>,
    saturation: Double
  ) {
    self.samples = samples
    let finder = PeakFinder(saturation: saturation)
    let spectra = (0..<samples).map { sample in
      (0..<bands).map { Double(counts[sample * bands + $0]) }
    }
    let noises = spectra.map { $0.allSatisfy(\.isFinite) ? PeakFinder.noise(of: $0) : .infinity }
    for match in lamp.matches where !match.peak.isSaturated {
      let dispersion = lamp.dispersion(at: match.peak.position)
      var own = [Double?](repeating: nil, count: samples)
      for columns in [
        Array(middle), Array((middle.upperBound + 1)..<max(middle.upperBound + 1, samples)),
        Array((0..<middle.lowerBound).reversed()),
      ] {
        var place = match.peak.position
        for column in columns where noises[column].isFinite {
          guard
            let peak = finder.peak(
              in: spectra[column], near: place, width: match.peak.width, noise: noises[column]),
            abs(peak.position - place) < 0.8, !peak.isSaturated,
            peak.height > 6 * noises[column]
          else { continue }
          // The line is followed, its noise is not.
          place += 0.3 * (peak.position - place)
          own[column] = -(peak.position - match.peak.position) * dispersion
        }
      }
      guard own.count(where: { $0 != nil }) > samples / 2 else { continue }
      // What the middle columns' mean missed is not smile.
      let zero = median(middle.compactMap { own[$0] })
      shifts.append(own.map { $0.map { $0 - zero } })
      weights.append(1 / max(match.peak.deviation * dispersion, 1e-6))
    }
  }

  /// Coefficients, the measured shift by column, and the error that 95 % of the lines keep.
  func smile() -> ([Double], [Double], Double) {
    let measured = (0..<samples).map { column -> Double in
      let known = shifts.compactMap { $0[column] }
      return known.isEmpty ? .nan : median(known)
    }
    let known = measured.indices.filter { measured[$0].isFinite }
    guard shifts.count >= 2, known.count >= max(8, samples / 2) else { return ([], measured, 0) }
    func u(_ column: Int) -> Double {
      samples > 1 ? 2 * Double(column) / Double(samples - 1) - 1 : 0
    }
    var best: (coefficients: [Double], error: Double)?
    for order in 0...4 {
      // Every second column is left out in turn: what it says of the others decides the order.
      var error = 0.0
      for part in 0...1 {
        let taken = known.enumerated().filter { $0.offset % 2 == part }.map(\.element)
        let left = known.enumerated().filter { $0.offset % 2 != part }.map(\.element)
        guard let fit = fit(taken, measured, order: order, u) else { return ([], measured, 0) }
        error += left.reduce(0) { $0 + abs(fit(u($1)) - measured[$1]) }
      }
      guard best.map({ error < 0.93 * $0.error }) ?? true,
        let all = fit(known, measured, order: order, u)
      else { continue }
      best = (all.coefficients, error)
    }
    let polynomial = Polynomial(coefficients: best?.coefficients ?? [0])
    let rests = shifts.flatMap { own in
      own.indices.compactMap { column in own[column].map { abs($0 - polynomial(u(column))) } }
    }.sorted()
    let error = rests.isEmpty ? 0 : rests[min(rests.count - 1, rests.count * 95 / 100)]
    return (polynomial.coefficients, measured, error)
  }

  private func fit(
    _ columns: [Int], _ measured: [Double], order: Int, _ u: (Int) -> Double
  ) -> Polynomial? {
    let rows = columns.map { Polynomial.powers(of: u($0), order: order) }
    var weights = columns.map { _ in 1.0 }
    var result: Polynomial?
    for _ in 0..<4 {
      guard
        let solved = LinearLeastSquares(
          rows: rows, values: columns.map { measured[$0] }, weights: weights)
      else { return nil }
      let polynomial = Polynomial(coefficients: solved.solution)
      result = polynomial
      let rests = columns.map { abs(measured[$0] - polynomial(u($0))) }
      let usual = max(1e-6, 3 * median(rests))
      // Columns that stray count less (Huber's weights).
      weights = rests.map { $0 > usual ? usual / $0 : 1 }
    }
    return result
  }
}
