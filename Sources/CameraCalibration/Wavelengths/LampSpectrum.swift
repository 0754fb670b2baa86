import Foundation

/// A lamp's line that was found on the detector.
public struct MatchedLine: Codable, Equatable, Sendable {
  /// What the camera sees there.
  public var feature: LampFeature
  public var peak: SpectralPeak
  /// Wavelength of the fit at the peak minus that of the line, in nanometers.
  public var residual: Double
  /// As `residual`, of a fit in which the line has no part.
  public var residualLeftOut: Double
  /// Full width at half maximum of the line, in nanometers.
  public var widthNanometers: Double
}

/// What the spectrum of a lamp tells of a detector's wavelengths.
public struct LampSpectrum: Codable, Equatable, Sendable {
  /// Wavelength over u = −1 at the first band … 1 at the last: coefficients in rising order,
  /// nanometers in air.
  public var coefficients: [Double]
  public var bands: Int
  public var matches: [MatchedLine]
  /// Peaks that are no line of the lamp.
  public var strangers: [SpectralPeak]
  /// Root mean square of the residuals of lines that had no part in their fit, in nanometers.
  public var errorLeftOut: Double
  /// No wavelength between the outermost lines is further off than this, in nanometers.
  public var bound: Double
  /// How much likelier the peaks are under this reading than anywhere, as a logarithm.
  public var evidence: Double
  /// By how much the evidence exceeds that of the next best reading.
  public var margin: Double

  /// The wavelength at a place on the detector, in nanometers; between two bands, too.
  public func nanometers(at band: Double) -> Double {
    Polynomial(coefficients: coefficients)(2 * band / Double(bands - 1) - 1)
  }

  /// The center of each band, in nanometers.
  public var wavelengths: [Double] { (0..<bands).map { nanometers(at: Double($0)) } }

  /// Nanometers from band to band at a place.
  func dispersion(at band: Double) -> Double {
    Polynomial(coefficients: coefficients).slope(at: 2 * band / Double(bands - 1) - 1) * 2
      / Double(bands - 1)
  }

  /// Median full width at half maximum of single lines, in nanometers.
  public var width: Double {
    let single = matches.filter { $0.feature.lines.count == 1 && !$0.peak.isSaturated }
    return median((single.isEmpty ? matches : single).map(\.widthNanometers))
  }
}

/// Reads the wavelengths of a detector off the spectrum of a lamp.
public struct LampReading: Sendable {
  public var elements: Set<LampElement>
  /// The count at which the detector is full.
  public var saturation: Double
  /// What messages call the recording.
  public var place: String
  /// What a reading needs to be taken.
  var leastEvidence = LineMatching.leastEvidence
  var leastMargin = LineMatching.margin

  public init(
    elements: some Sequence<LampElement>, saturation: Double = .infinity, place: String = "lamp"
  ) {
    self.elements = Set(elements)
    self.saturation = saturation
    self.place = place
  }

  /// Fewer lines than this are never enough.
  static let leastLines = 6

  /// Finds the lines of `spectrum`, counts per band, and with them the wavelength of each band.
  ///
  /// `start` is each band's wavelength, of which dispersion and place may be wrong by a fifth.
  /// Errors: a spectrum that fits no reading, or more than one.
  public func read(
    _ spectrum: [Double], start: [Double]
  ) throws(WavelengthError) -> LampSpectrum {
    try check(spectrum, start: start)
    let peaks = PeakFinder(saturation: saturation).peaks(in: spectrum)
    guard peaks.count >= Self.leastLines else {
      let extent = (spectrum.max() ?? 0) - median(spectrum)
      if peaks.isEmpty { throw WavelengthError(place, .dark(largest: extent)) }
      throw WavelengthError(place, .tooFewPeaks(found: peaks.count, wanted: Self.leastLines))
    }
    let range = start[0]...start[start.count - 1]
    let dispersion = (range.upperBound - range.lowerBound) / Double(start.count - 1)
    let width = Self.lineWidth(of: peaks) * dispersion
    let first = try firstReading(peaks, start: start, range: range, width: width)
    // The start's dispersion was wrong: what the camera sees of the lines is drawn once more.
    let slope = first.fit.polynomial.slope(at: 0) * 2 / Double(start.count - 1)
    let again = Self.lineWidth(of: peaks) * slope
    // Where that leaves two readings open, the first one stood on its own.
    let second =
      abs(again / width - 1) < 0.03
      ? first : (try? solve(peaks, start: start, range: range, width: again)) ?? first
    return try checked(second, peaks: peaks, bands: start.count, width: again)
  }

  /// The first reading, of lines as wide as the start says; where there is none, of lines as wide
  /// as a start says whose dispersion is wrong.
  private func firstReading(
    _ peaks: [SpectralPeak], start: [Double], range: ClosedRange<Double>, width: Double
  ) throws(WavelengthError) -> Reading {
    do {
      return try solve(peaks, start: start, range: range, width: width)
    } catch {
      for factor in [0.87, 1.15] {
        // What the start itself says is the reason to tell.
        if let found = try? solve(peaks, start: start, range: range, width: factor * width) {
          return found
        }
      }
      throw error
    }
  }

  private struct Reading {
    var fit: DispersionFit
    var features: [LampFeature]
    var evidence: Double
    var margin: Double
  }

  /// Lines are as wide as the narrower half of the peaks; the others are several lines.
  private static func lineWidth(of peaks: [SpectralPeak]) -> Double {
    let widths = peaks.filter { !$0.isSaturated }.map(\.width).sorted()
    guard !widths.isEmpty else { return median(peaks.map(\.width)) }
    return widths[widths.count * 2 / 5]
  }

  private func check(_ spectrum: [Double], start: [Double]) throws(WavelengthError) {
    precondition(
      spectrum.count == start.count,
      "lamp: \(spectrum.count) bands, start of \(start.count)")
    guard spectrum.count >= 32 else {
      throw WavelengthError(place, .tooFewBands(found: spectrum.count))
    }
    guard zip(start, start.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw WavelengthError(place, .startNotRising)
    }
    let (low, high) = (start[0], start[start.count - 1])
    guard low >= 150, high <= 2300, high - low > 20 else {
      throw WavelengthError(place, .startRange(low: low, high: high))
    }
  }

  private func solve(
    _ peaks: [SpectralPeak], start: [Double], range: ClosedRange<Double>, width: Double
  ) throws(WavelengthError) -> Reading {
    let lines = LampLine.lines(of: elements)
    // Lines less than two bands apart have no band between them in which a gap could show.
    let band = (range.upperBound - range.lowerBound) / Double(start.count - 1)
    let features = LampFeature.features(of: lines, width: max(width, 1.9 * band))
    let reach = 0.3 * (range.upperBound - range.lowerBound)
    let near = features.filter {
      $0.nanometers > range.lowerBound - reach && $0.nanometers < range.upperBound + reach
    }
    guard near.count >= Self.leastLines else {
      throw WavelengthError(
        place,
        .noLampLines(
          elements: elements.map(\.rawValue).sorted(), low: range.lowerBound,
          high: range.upperBound))
    }
    let matching = LineMatching(
      peaks: peaks, features: near,
      starts: peaks.map { Self.interpolated(start, at: $0.position) }, startRange: range,
      startMiddle: Self.interpolated(start, at: Double(start.count - 1) / 2), bands: start.count,
      width: width)
    let found = matching.best()
    guard let (best, rival) = found, best.evidence > leastEvidence,
      best.fit.lines.count >= Self.leastLines
    else {
      throw WavelengthError(
        place, .noAgreement(peaks: peaks.count, lines: found?.best.fit.lines.count ?? 0))
    }
    let margin = best.evidence - (rival?.evidence ?? -20)
    if margin < leastMargin {
      throw WavelengthError(
        place,
        .ambiguous(
          nanometers: rival.map { matching.distance(best.fit, $0.fit) } ?? 0,
          first: best.fit.lines.count, second: rival?.fit.lines.count ?? 0))
    }
    return Reading(
      fit: best.fit, features: best.features.map { near[$0] }, evidence: best.evidence,
      margin: margin)
  }

  private func checked(
    _ reading: Reading, peaks: [SpectralPeak], bands: Int, width: Double
  ) throws(WavelengthError) -> LampSpectrum {
    let fit = reading.fit
    let places = fit.lines.map(\.u)
    let (low, high) = (places.min() ?? 0, places.max() ?? 0)
    guard high - low >= 0.7 else {
      throw WavelengthError(place, .clustered(share: (high - low) / 2))
    }
    let bound =
      stride(from: low, through: high, by: (high - low) / 50).map { u in
        0.05 * width + fit.error(at: u, deviations: 3)
      }.max() ?? 0
    guard bound < 0.9 * width, fit.errorLeftOut < 0.3 * width else {
      throw WavelengthError(place, .coarse(nanometers: bound, limit: 0.9 * width))
    }
    var spectrum = LampSpectrum(
      coefficients: fit.polynomial.coefficients, bands: bands, matches: [], strangers: [],
      errorLeftOut: fit.errorLeftOut, bound: bound, evidence: reading.evidence,
      margin: reading.margin)
    spectrum.matches = fit.lines.indices.map { index in
      let peak = peaks[fit.lines[index].peak]
      return MatchedLine(
        feature: reading.features[index], peak: peak, residual: fit.residuals[index],
        residualLeftOut: fit.residualsLeftOut[index],
        widthNanometers: peak.width * spectrum.dispersion(at: peak.position))
    }
    let matched = Set(fit.lines.map(\.peak))
    spectrum.strangers = peaks.indices.filter { !matched.contains($0) }.map { peaks[$0] }
    return spectrum
  }

  /// A value between those of two bands.
  static func interpolated(_ values: [Double], at place: Double) -> Double {
    let low = min(max(Int(place), 0), values.count - 2)
    return values[low] + (place - Double(low)) * (values[low + 1] - values[low])
  }
}
