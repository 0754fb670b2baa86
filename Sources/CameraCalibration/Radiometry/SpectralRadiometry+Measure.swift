import Diagnostics
import Hyperspectral
import Units

/// Dark and white recordings of one integration time.
public struct ReferencePair: Sendable {
  /// Nil where nothing tells.
  public var milliseconds: Double?
  public var dark: DetectorReference
  public var white: DetectorReference

  public init(milliseconds: Double?, dark: DetectorReference, white: DetectorReference) {
    self.milliseconds = milliseconds
    self.dark = dark
    self.white = white
  }
}

extension SpectralRadiometry {
  /// The share of the detector's range that white should fill.
  public static let wantedFill = 0.85
  /// A count at this share of the largest one is taken as saturated: averages stay below it.
  private static let nearlyFull = 0.98

  /// Measures `pairs[0]`, which the correction will use; further pairs tell the linearity.
  ///
  /// Errors: references of other widths or bands, swapped ones.
  public init(
    _ pairs: [ReferencePair], options: RadiometryOptions, tile: TileCertificate? = nil
  ) throws {
    precondition(!pairs.isEmpty, "radiometry: no dark and white")
    let main = pairs[0]
    var recipe = ReflectanceRecipe()
    recipe.radiometry = options
    let calibration = try ReflectanceCalibration(
      dark: main.dark, white: main.white, recipe: recipe)
    for pair in pairs.dropFirst() {
      try Self.check(pair.dark, as: main, "dark reference")
      try Self.check(pair.white, as: main, "white reference")
    }
    let report = calibration.report
    samples = main.dark.samples
    saturation = report.saturation
    defects = report.defects
    integrationMilliseconds = main.milliseconds
    self.tile = tile
    (darkLines, whiteLines) = (main.dark.lines, main.white.lines)
    let masked = Set(report.maskedBands)
    let view = DetectorView(main, saturation: report.saturation * Self.nearlyFull)
    let lines = Linearity(pairs, limit: report.saturation * Self.nearlyFull, masked: masked)
    bands = main.dark.wavelengths.indices.map { band in
      view.band(
        band, isMasked: masked.contains(band), nonlinearityPercent: lines.percent(of: band))
    }
    exposures = lines.exposures
    bias = lines.bias
    falloff = view.falloff(leavingOut: masked)
    dirtyColumns = Self.dirt(in: falloff)
    let (peak, dark) = view.brightest(leavingOut: masked)
    fillShare = (peak - dark) / max(1, report.saturation - dark)
    // A saturated white says only that less light is wanted; a shorter exposure may say how much.
    let isFull = bands.contains { $0.saturatedShare > 0 }
    let fill =
      isFull ? lines.unsaturatedFill(saturation: report.saturation) ?? 1.7 : fillShare
    suggestedFactor = Self.wantedFill / max(fill, 1e-3)
    suggestedMilliseconds = main.milliseconds.map { $0 * suggestedFactor }
  }

  private static func check(
    _ reference: DetectorReference, as main: ReferencePair, _ name: String
  ) throws(Complaint) {
    guard reference.samples == main.dark.samples, reference.bands == main.dark.bands else {
      throw Complaint(
        "\(name) of another integration time",
        "has \(reference.samples) samples × \(reference.bands) bands, the first one"
          + " \(main.dark.samples) × \(main.dark.bands)",
        remedy: "record all references with the same window and binning")
    }
  }

  /// Columns that differ by 3 % from the median of up to 10 neighbors to each side; as many on
  /// both sides, so that falling light is no dirt.
  private static func dirt(in falloff: [Double]) -> [Int] {
    guard falloff.count >= 32 else { return [] }
    return falloff.indices.filter { column in
      let reach = min(10, column, falloff.count - 1 - column)
      guard reach >= 3 else { return false }
      let around = (column - reach)...(column + reach)
      let usual = median(around.map { falloff[$0] })
      return usual > 0 && abs(falloff[column] / usual - 1) > 0.03
    }
  }

  /// How counts become reflectance with these references: what the correction reads.
  public func correction() -> RadiometryOptions {
    var options = RadiometryOptions()
    options.saturation = saturation
    if let tile { options.tile = tile.reflectance }
    options.defects.known = defects.map { [$0.sample, $0.band] }
    if let time = integrationMilliseconds {
      options.integrationTimes = IntegrationTimes(
        sample: time, dark: time, white: time, bias: bias)
    }
    return options
  }
}

/// What one pair of references shows, band by band.
private struct DetectorView {
  let pair: ReferencePair
  let limit: Double

  init(_ pair: ReferencePair, saturation: Double) {
    self.pair = pair
    limit = saturation
  }

  private var samples: Int { pair.dark.samples }
  private var bands: Int { pair.dark.bands }

  private func column(_ band: Int, of values: [Float]) -> [Double] {
    (0..<samples).map { Double(values[$0 * bands + band]) }
  }

  func band(
    _ band: Int, isMasked: Bool, nonlinearityPercent: Double?
  ) -> SpectralRadiometry.Band {
    let dark = column(band, of: pair.dark.average)
    let white = column(band, of: pair.white.average)
    let noise = column(band, of: pair.white.deviation)
    let ratios = zip(zip(white, dark), noise).compactMap { levels, noise in
      noise > 0 ? (levels.0 - levels.1) / noise : nil
    }
    return SpectralRadiometry.Band(
      nanometers: pair.dark.wavelengths[band].nanometers, dark: median(dark),
      darkNoise: median(column(band, of: pair.dark.deviation)),
      signal: median(zip(white, dark).map { $0 - $1 }), signalToNoise: median(ratios),
      saturatedShare: Double(white.count { $0 >= limit }) / Double(samples),
      nonlinearityPercent: nonlinearityPercent, isMasked: isMasked)
  }

  /// The median over the bands of each column's light, beside the brightest column.
  func falloff(leavingOut masked: Set<Int>) -> [Double] {
    let usual = (0..<bands).filter { !masked.contains($0) }.map { band in
      let signal = zip(column(band, of: pair.white.average), column(band, of: pair.dark.average))
        .map { $0 - $1 }
      let middle = median(signal)
      return signal.map { middle > 0 ? $0 / middle : 0 }
    }
    let profile = (0..<samples).map { sample in median(usual.map { $0[sample] }) }
    // One bright column is a defect, not the lamp.
    let sorted = profile.sorted()
    let top = sorted[min(sorted.count - 1, sorted.count * 98 / 100)]
    return profile.map { top > 0 ? $0 / top : 0 }
  }

  /// White of the brightest columns of the brightest band, and the dark level there.
  func brightest(leavingOut masked: Set<Int>) -> (white: Double, dark: Double) {
    var best = (white: 0.0, dark: 0.0)
    for band in 0..<bands where !masked.contains(band) {
      let white = column(band, of: pair.white.average).filter(\.isFinite).sorted()
      guard !white.isEmpty else { continue }
      let top = white[min(white.count - 1, white.count * 98 / 100)]
      if top > best.white { best = (top, median(column(band, of: pair.dark.average))) }
    }
    return best
  }
}

/// How the signal grows with the integration time.
private struct Linearity {
  private(set) var exposures: [SpectralRadiometry.Exposure] = []
  private(set) var bias: Double?
  private var percents: [Int: Double] = [:]
  private var fills: [(milliseconds: Double, peak: Double, dark: Double)] = []
  private let mainTime: Double?

  init(_ pairs: [ReferencePair], limit: Double, masked: Set<Int>) {
    mainTime = pairs[0].milliseconds
    let timed = pairs.compactMap { pair in pair.milliseconds.map { (time: $0, pair: pair) } }
      .sorted { $0.time < $1.time }
    guard timed.count >= 2 else { return }
    let bands = pairs[0].dark.bands
    let live = (0..<bands).filter { !masked.contains($0) }
    let levels = timed.map { entry in
      (0..<bands).map { Self.level($0, entry.pair) }
    }
    for band in 0..<bands {
      let points = timed.indices.filter { levels[$0][band].top < limit }
        .map { (timed[$0].time, levels[$0][band].signal) }
      guard points.count >= 2, let largest = points.map(\.1).max(), largest > 0 else { continue }
      let slope = Self.slope(points)
      let worst = points.map { abs($0.1 - slope * $0.0) }.max() ?? 0
      if !masked.contains(band) { percents[band] = 100 * worst / largest }
    }
    let signals = timed.indices.map { index in median(live.map { levels[index][$0].signal }) }
    let isFull = timed.indices.map { index in live.contains { levels[index][$0].top >= limit } }
    let sound = timed.indices.filter { !isFull[$0] }.map { (timed[$0].time, signals[$0]) }
    let slope = sound.isEmpty ? 0 : Self.slope(sound)
    exposures = timed.indices.map { index in
      SpectralRadiometry.Exposure(
        milliseconds: timed[index].time, signal: signals[index],
        expected: slope * timed[index].time, isSaturated: isFull[index])
    }
    fills = timed.indices.filter { !isFull[$0] }.map { index in
      let top = live.max { levels[index][$0].top < levels[index][$1].top } ?? 0
      return (timed[index].time, levels[index][top].top, levels[index][top].dark)
    }
    bias = Self.bias(timed.map { ($0.time, median($0.pair.dark.average.map(Double.init))) })
  }

  func percent(of band: Int) -> Double? { percents[band] }

  /// How full the detector would be at the main pair's time, from the longest time that is not
  /// saturated; nil where none tells.
  func unsaturatedFill(saturation: Double) -> Double? {
    guard let mainTime, let best = fills.last else { return nil }
    return (best.peak - best.dark) / max(1, saturation - best.dark) * mainTime / best.milliseconds
  }

  private static func level(
    _ band: Int, _ pair: ReferencePair
  ) -> (signal: Double, top: Double, dark: Double) {
    let (samples, bands) = (pair.dark.samples, pair.dark.bands)
    let dark = (0..<samples).map { Double(pair.dark.average[$0 * bands + band]) }
    let white = (0..<samples).map { Double(pair.white.average[$0 * bands + band]) }
    let sorted = white.filter(\.isFinite).sorted()
    let top = sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * 98 / 100)]
    return (median(zip(white, dark).map { $0 - $1 }), top, median(dark))
  }

  /// Of a line through zero: dark is taken off already.
  private static func slope(_ points: [(Double, Double)]) -> Double {
    let squares = points.reduce(0) { $0 + $1.0 * $1.0 }
    return points.reduce(0) { $0 + $1.0 * $1.1 } / max(squares, 1e-12)
  }

  /// Where the dark level's straight line meets no time at all.
  private static func bias(_ points: [(Double, Double)]) -> Double? {
    guard
      let fit = LinearLeastSquares(
        rows: points.map { [1, $0.0] }, values: points.map(\.1),
        weights: points.map { _ in 1 })
    else { return nil }
    return fit.solution[0] > 0 ? fit.solution[0] : nil
  }
}
