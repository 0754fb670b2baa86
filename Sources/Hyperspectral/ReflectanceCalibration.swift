import Diagnostics
import Units

/// A camera's dark and white references and a recipe, made ready for line after line.
///
/// It holds no state: any number of correctors, on any threads, may share one.
///
/// Source: Geladi, Burger, Lestander, *Hyperspectral imaging: calibration problems and solutions*,
/// 2004, equation 1; Chemometrics and Intelligent Laboratory Systems 72. Differs: integration
/// times and the tile's own reflectance are taken into account.
public struct ReflectanceCalibration: Sendable {
  public let recipe: ReflectanceRecipe
  public let samples: Int
  /// Bands of a stored line.
  public let storedBands: Int
  /// Center of each band after choice, binning and resampling.
  public let wavelengths: [Wavelength]
  /// Numbers of those bands, among `wavelengths`, that carry no signal and are 0.
  public let emptyBands: [Int]
  /// What the references tell; counts of lines are still 0.
  public let report: RadiometryReport
  let terms: DetectorTerms
  let repairs: [Repair]
  let keystone: LineBlend?
  let smile: LineBlend?
  let mixing: BandMixing?
  let saturation: SaturationLevel
  let white: DetectorReference

  /// A defective element and the sound ones that replace it, as places of `[samples, kept]`.
  struct Repair: Sendable, Equatable {
    let place: Int
    let left: Int
    let right: Int
    /// How much each counts; both 0 where no element of the band is sound.
    let leftWeight: Float
    let rightWeight: Float
  }

  /// Errors: references of different shapes, swapped ones, bands that the camera does not have.
  public init(
    dark: DetectorReference, white: DetectorReference, recipe: ReflectanceRecipe
  ) throws(Complaint) {
    precondition(
      recipe.radiometry.ceiling > 0, "radiometry: a ceiling above 0 wanted")
    let dark = try dark.named(recipe.wavelengths, "dark reference")
    let white = try white.named(recipe.wavelengths, "white reference")
    try Self.check(
      white, "white reference", dark.wavelengths, samples: dark.samples, "dark reference")
    self.recipe = recipe
    (samples, storedBands) = (dark.samples, dark.bands)
    self.white = white
    let signal = try DetectorSignal(dark: dark, white: white, options: recipe.radiometry)
    saturation = SaturationLevel(given: recipe.radiometry.saturation, largest: white.largest)
    var report = RadiometryReport()
    report.maskedBands = signal.maskedBands
    report.defects = signal.defects
    report.saturation = saturation.level
    report.saturatedWhiteCounts = white.count(atLeast: saturation.level)
    self.report = report

    let (kept, plan) = try Self.layOut(recipe, wavelengths: dark.wavelengths)
    let masked = Set(signal.maskedBands)
    let isMasked = kept.map(masked.contains)
    let keptWavelengths = kept.map { dark.wavelengths[$0] }
    terms = signal.terms(kept: kept, ceiling: Float(recipe.radiometry.ceiling))
    repairs = Self.repairs(signal.defects, kept: kept, samples: dark.samples)
    let distortion = recipe.distortion
    keystone =
      distortion.keystoneColumns.isEmpty
      ? nil
      : LineBlend(
        keystone: distortion, samples: dark.samples, kept: kept, of: dark.bands)
    smile =
      distortion.smileNanometers.isEmpty
      ? nil
      : LineBlend(
        smile: distortion, samples: dark.samples, kept: kept, wavelengths: dark.wavelengths,
        isMasked: isMasked)
    if var plan {
      emptyBands = plan.leaveOut { isMasked[$0] }
      mixing = plan
      wavelengths = plan.rows.map(\.wavelength)
    } else {
      mixing = nil
      emptyBands = isMasked.indices.filter { isMasked[$0] }
      wavelengths = keptWavelengths
    }
  }

  /// Stored bands that are corrected, and what is made of them; nil where they stay as they are.
  private static func layOut(
    _ recipe: ReflectanceRecipe, wavelengths: [Wavelength]
  ) throws(Complaint) -> ([Int], BandMixing?) {
    let chosen = try recipe.bands.chosen(from: wavelengths, place: "camera")
    let bendsSpectra = !recipe.distortion.smileNanometers.isEmpty
    if recipe.bands.isChoice, !bendsSpectra { return (chosen, nil) }
    // Smile moves light between neighbors, so that all of them are needed.
    let pool = bendsSpectra ? Array(wavelengths.indices) : chosen
    let kept = pool.sorted { (wavelengths[$0], $0) < (wavelengths[$1], $1) }
    let position = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    let ordered =
      recipe.bands.isChoice
      ? chosen : chosen.sorted { (wavelengths[$0], $0) < (wavelengths[$1], $1) }
    var mixing = BandMixing(
      identity: ordered.map { wavelengths[$0] }, of: ordered.compactMap { position[$0] })
    mixing.bin(recipe.bands.binning)
    if let targets = recipe.bands.resampling {
      try mixing.resample(onto: targets, place: "camera")
    }
    return (kept, mixing)
  }

  /// Each defect takes the line between the nearest sound elements of its band.
  private static func repairs(
    _ defects: [DetectorDefect], kept: [Int], samples: Int
  ) -> [Repair] {
    let position = Dictionary(kept.enumerated().map { ($1, $0) }) { first, _ in first }
    var byBand: [Int: Set<Int>] = [:]
    for defect in defects { byBand[defect.band, default: []].insert(defect.sample) }
    let bands = kept.count
    return defects.compactMap { defect in
      guard let band = position[defect.band], let broken = byBand[defect.band] else { return nil }
      let sample = defect.sample
      let left = (0..<sample).last { !broken.contains($0) }
      let right = ((sample + 1)..<max(sample + 1, samples)).first { !broken.contains($0) }
      var share: Float = 0
      if let left, let right { share = Float(sample - left) / Float(right - left) }
      let (from, to) = (left ?? right ?? sample, right ?? left ?? sample)
      let isLost = left == nil && right == nil
      return Repair(
        place: sample * bands + band, left: from * bands + band, right: to * bands + band,
        leftWeight: isLost ? 0 : 1 - share, rightWeight: isLost ? 0 : share)
    }
  }

  /// Refuses a recording whose columns or bands are not those of the references.
  ///
  /// Calibrated wavelengths stand for those of the recording, which are not looked at then.
  func check(_ name: String, samples: Int, wavelengths: [Wavelength]) throws(Complaint) {
    let isNamed = recipe.wavelengths?.count == wavelengths.count
    try Self.check(
      white, "white reference", isNamed ? white.wavelengths : wavelengths, samples: samples, name)
  }

  private static func check(
    _ reference: DetectorReference, _ name: String, _ wavelengths: [Wavelength], samples: Int,
    _ other: String
  ) throws(Complaint) {
    let remedy = "record references and sample with the same camera settings"
    guard reference.samples == samples, reference.bands == wavelengths.count else {
      throw Complaint(
        name,
        "has \(reference.samples) samples × \(reference.bands) bands, the \(other)"
          + " \(samples) × \(wavelengths.count)", remedy: remedy)
    }
    for (band, wanted) in wavelengths.enumerated() {
      let found = reference.wavelengths[band]
      guard abs(found.nanometers - wanted.nanometers) < 0.5 else {
        throw Complaint(
          name,
          "has band \(band) at \(found.nanometers) nm, the \(other) at \(wanted.nanometers) nm",
          remedy: remedy)
      }
    }
  }
}

/// What the references tell of each element: dark level, gain, and whether it is to be trusted.
struct DetectorSignal {
  /// `[samples, bands]`, at the sample's integration time.
  private let dark: [Float]
  /// White minus dark, `[samples, bands]`, as the sample's integration time would give it.
  private let span: [Float]
  private let tile: [Float]
  private let samples: Int
  private let bands: Int
  let maskedBands: [Int]
  /// In order of band and column; masked bands have none.
  let defects: [DetectorDefect]

  init(
    dark: DetectorReference, white: DetectorReference, options: RadiometryOptions
  ) throws(Complaint) {
    (samples, bands) = (dark.samples, dark.bands)
    let times = options.integrationTimes
    let scale = Float(times.sample / times.white)
    self.dark = dark.average.map { times.dark($0, at: times.sample) }
    let span = zip(white.average, dark.average).map { white, dark in
      (white - times.dark(dark, at: times.white)) * scale
    }
    self.span = span
    tile = dark.wavelengths.map { Float(options.tile($0)) }
    let columns = (0..<bands).map { dark.column(of: $0, in: span) }
    let bandMean = columns.map { column in
      column.reduce(0) { $1.isNaN ? $0 : $0 + $1 } / Float(column.count)
    }
    guard let best = bandMean.max(), best > 0, best.isFinite else {
      throw Complaint(
        "white reference", "is not brighter than the dark reference in any band",
        remedy: "check that the two references are not swapped, and that the lamps were on")
    }
    let floor = Float(options.floor) * best
    let masked = bandMean.indices.filter { !(bandMean[$0] > floor) }
    maskedBands = masked
    defects = Set(columns.indices).subtracting(masked).sorted().flatMap { band in
      options.defects.defects(
        band: band, span: columns[band], floor: floor, dark: dark, white: white)
    }
  }

  /// Dark level and gain of the bands kept; defective and masked elements have no gain.
  func terms(kept: [Int], ceiling: Float) -> DetectorTerms {
    var isSound = [Bool](repeating: true, count: samples * bands)
    for defect in defects { isSound[defect.sample * bands + defect.band] = false }
    let isMasked = Set(maskedBands)
    var terms = DetectorTerms(
      samples: samples, storedBands: bands, kept: kept, dark: [], gain: [], ceiling: ceiling)
    terms.dark.reserveCapacity(samples * kept.count)
    terms.gain.reserveCapacity(samples * kept.count)
    for sample in 0..<samples {
      for band in kept {
        let place = sample * bands + band
        let isLive = isSound[place] && !isMasked.contains(band)
        terms.dark.append(isLive ? dark[place] : 0)
        terms.gain.append(isLive ? tile[band] / span[place] : 0)
      }
    }
    return terms
  }
}
