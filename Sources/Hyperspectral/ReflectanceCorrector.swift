import Diagnostics
import Units

/// Turns the stored bytes of one line after another into spectra.
///
/// All memory is made beforehand: a line costs arithmetic alone. A whole cube goes the same way,
/// line by line, so that training and live use agree bit for bit.
public struct ReflectanceCorrector: Sendable {
  public let calibration: ReflectanceCalibration
  public let layout: LineLayout
  /// What the references told, and what happened on the lines so far.
  public private(set) var report: RadiometryReport
  private var line: LineCounts
  /// Reflectance `[samples, kept]`, and room for a blend of it.
  private var values: [Float]
  private var blended: [Float]
  private var mixed: [Float]
  private var saturation: SaturationLevel
  private var treatment: SpectralTreatment?
  /// Whether reflectance is all that is wanted.
  private let isPlain: Bool

  /// Errors: lines whose samples or bands are not those of the references, and a pretreatment
  /// that does not fit the bands.
  public init(_ calibration: ReflectanceCalibration, layout: LineLayout) throws(Complaint) {
    guard layout.samples == calibration.samples, layout.bands == calibration.storedBands else {
      throw Complaint(
        "line",
        "has \(layout.samples) samples × \(layout.bands) bands, the references"
          + " \(calibration.samples) × \(calibration.storedBands)",
        remedy: "record references and sample with the same camera settings")
    }
    self.calibration = calibration
    self.layout = layout
    report = calibration.report
    saturation = calibration.saturation
    line = LineCounts(layout)
    let count = calibration.samples * calibration.terms.bands
    let bends = calibration.keystone != nil || calibration.smile != nil
    blended = [Float](repeating: 0, count: bends ? count : 0)
    let bands = calibration.wavelengths.count
    mixed = [Float](
      repeating: 0, count: calibration.mixing == nil ? 0 : calibration.samples * bands)
    let pretreatment = calibration.recipe.pretreatment
    treatment =
      pretreatment.steps.isEmpty
      ? nil : try SpectralTreatment(pretreatment, wavelengths: calibration.wavelengths)
    isPlain = pretreatment.steps.isEmpty && !bends && calibration.mixing == nil
    values = [Float](repeating: 0, count: isPlain ? 0 : count)
  }

  /// Numbers of each pixel: bands, or what the pretreatment makes of them.
  public var channels: Int { treatment?.channels ?? calibration.wavelengths.count }
  /// Numbers of a corrected line, `[samples, channels]`.
  public var count: Int { calibration.samples * channels }

  /// Corrects one line: `layout.byteCount` bytes in, `[samples, channels]` out.
  ///
  /// What is not a number in the counts is no light; values are clipped to 0…ceiling.
  public mutating func correct(_ bytes: RawSpan, into spectra: inout MutableSpan<Float>) {
    precondition(
      spectra.count == count, "correction: room for \(spectra.count) values, \(count) wanted")
    line.read(bytes)
    noteSaturation(bytes)
    let clipped: DetectorTerms.Clipped
    if isPlain {
      clipped = calibration.reflectance(of: line, bytes, into: &spectra)
    } else {
      clipped = calibration.reflectance(of: line, bytes, into: &values)
      bend(calibration.keystone)
      bend(calibration.smile)
      if let mixing = calibration.mixing {
        mixing.apply(to: values, bands: calibration.terms.bands, into: &mixed)
        finish(mixed, into: &spectra)
      } else {
        finish(values, into: &spectra)
      }
    }
    report.clippedLow += clipped.low
    report.clippedHigh += clipped.high
    report.lines += 1
    report.count += layout.count
    report.valueCount += calibration.samples * calibration.terms.bands
  }

  private mutating func noteSaturation(_ bytes: RawSpan) {
    if saturation.raise(to: line.largest) {
      report.saturation = saturation.level
      report.saturatedWhiteCounts = calibration.white.count(atLeast: saturation.level)
      report.saturatedCounts = 0
    }
    guard Double(line.largest) >= saturation.level else { return }
    report.saturatedCounts += line.count(bytes, atLeast: Float(saturation.level))
  }

  private mutating func bend(_ blend: LineBlend?) {
    guard let blend else { return }
    blend.apply(to: values, into: &blended)
    swap(&values, &blended)
  }

  private mutating func finish(_ source: [Float], into spectra: inout MutableSpan<Float>) {
    if treatment != nil {
      treatment?.apply(to: source.span, into: &spectra)
    } else {
      for place in source.indices { spectra[place] = source[place] }
    }
  }
}

extension ReflectanceCalibration {
  /// Reflectance `[samples, kept]` of a line, before anything is bent or mixed; `bytes` is what
  /// the line was read from.
  fileprivate func reflectance(
    of line: LineCounts, _ bytes: RawSpan, into values: inout [Float]
  ) -> DetectorTerms.Clipped {
    var span = values.mutableSpan
    return reflectance(of: line, bytes, into: &span)
  }

  fileprivate func reflectance(
    of line: LineCounts, _ bytes: RawSpan, into values: inout MutableSpan<Float>
  ) -> DetectorTerms.Clipped {
    let clipped =
      line.isConverted
      ? line.correct(by: terms, into: &values) : terms.correct(bytes, line.form, into: &values)
    for repair in repairs {
      values[repair.place] =
        repair.leftWeight * values[repair.left] + repair.rightWeight * values[repair.right]
    }
    return clipped
  }
}
