import Diagnostics
import Units

/// How counts become reflectance; the defaults suit references taken with the sample's exposure.
public struct RadiometryOptions: Sendable, Equatable, Codable {
  /// The sample's integration time over the white reference's.
  public var exposureRatio: Double = 1
  /// What the white tile returns, as a share of the light received.
  public var tileReflectance: Double = 1
  /// White minus dark below this share of its best band carries no signal.
  public var floor: Double = 0.01
  /// The detector's largest count; nil takes the next of 8, 10, 12, 14 or 16 bits above all counts.
  public var saturation: Double?
  /// Reflectance is clipped to 0…`ceiling`; glints exceed 1.
  public var ceiling: Double = 1.2

  public init() {}
}

/// What happened on the way from counts to reflectance, for a person to read.
public struct RadiometryReport: Sendable, Equatable, Codable {
  /// Bands whose references carry no signal; they are 0 in every pixel.
  public var maskedBands: [Int] = []
  /// Detector elements without signal in bands that have it; their neighbors fill them in.
  public var deadElements = 0
  /// The count taken as the detector's largest.
  public var saturation: Double = 0
  /// Counts of the sample, and of the white reference, that reach it.
  public var saturatedCounts = 0
  public var saturatedWhiteCounts = 0
  /// Values that were below 0, and above the ceiling.
  public var clippedLow = 0
  public var clippedHigh = 0
  /// Values in all.
  public var count = 0

  /// One line per thing that a person should know; empty where all is well.
  public var warnings: [String] {
    func share(_ part: Int) -> String {
      let percent = 100 * Double(part) / Double(max(1, count))
      return "\((percent * 100).rounded() / 100) %"
    }
    var lines: [String] = []
    if !maskedBands.isEmpty {
      lines.append(
        "\(maskedBands.count) bands carry no light in the references and are 0 everywhere: "
          + maskedBands.prefix(12).map(String.init).joined(separator: ", ")
          + (maskedBands.count > 12 ? ", …" : ""))
    }
    if deadElements > 0 { lines.append("\(deadElements) dead detector elements were filled in") }
    if saturatedCounts > 0 {
      lines.append("\(share(saturatedCounts)) of the counts are saturated at \(saturation)")
    }
    if saturatedWhiteCounts > 0 {
      lines.append(
        "\(saturatedWhiteCounts) counts of the white reference are saturated at \(saturation):"
          + " record it again with less light")
    }
    if clippedLow > 0 { lines.append("\(share(clippedLow)) of the values were below 0") }
    if clippedHigh > 0 {
      lines.append("\(share(clippedHigh)) of the values were above the ceiling")
    }
    return lines
  }
}

/// Reflectance of each pixel: (counts − dark) / (white − dark), each column of the detector and
/// each band with its own references, which are averaged over their lines.
///
/// Source: Geladi, Burger, Lestander, *Hyperspectral imaging: calibration problems and solutions*,
/// 2004, equation 1; Chemometrics and Intelligent Laboratory Systems 72. Differs: the exposure
/// ratio and the tile's own reflectance are taken into account.
public func reflectance(
  of counts: Cube<RawCounts>, dark: Cube<RawCounts>, white: Cube<RawCounts>,
  options: RadiometryOptions = RadiometryOptions()
) throws(Complaint) -> (cube: Cube<Reflectance>, report: RadiometryReport) {
  try check(dark, "dark reference", against: counts)
  try check(white, "white reference", against: counts)
  precondition(
    options.exposureRatio > 0 && options.tileReflectance > 0 && options.ceiling > 0,
    "radiometry: ratio, tile reflectance and ceiling above 0 wanted")
  let darkMean = meanOverLines(dark)
  var report = RadiometryReport()
  report.count = counts.values.count
  note(saturationOf: counts, white: white, options: options, in: &report)
  let gain = try gains(
    darkMean, white: white, options: options, in: &report)
  let bands = counts.bands
  let isMasked = Set(report.maskedBands)
  let dead = gain.indices.filter { gain[$0] == 0 && !isMasked.contains($0 % bands) }
  report.deadElements = dead.count
  let fillers = dead.map { neighbors(of: $0, bands: bands, samples: counts.samples, gain: gain) }

  var values = counts.values
  let row = counts.samples * bands
  let ceiling = Float(options.ceiling)
  for line in 0..<counts.lines {
    let start = line * row
    for place in 0..<row {
      let value = (values[start + place] - darkMean[place]) * gain[place]
      if value < 0 { report.clippedLow += 1 }
      if value > ceiling { report.clippedHigh += 1 }
      // What is not a number in the counts is no light here.
      values[start + place] = value.isNaN ? 0 : min(max(value, 0), ceiling)
    }
    for (place, filler) in zip(dead, fillers) {
      values[start + place] = filler.reduce(0) { $0 + $1.weight * values[start + $1.place] }
    }
  }
  let cube = Cube<Reflectance>(
    lines: counts.lines, samples: counts.samples, wavelengths: counts.wavelengths, values: values)
  return (cube, report)
}

/// What turns counts above dark into reflectance, `[samples, bands]`; 0 where there is no signal.
private func gains(
  _ darkMean: [Float], white: Cube<RawCounts>, options: RadiometryOptions,
  in report: inout RadiometryReport
) throws(Complaint) -> [Float] {
  let (samples, bands) = (white.samples, white.bands)
  var span = meanOverLines(white)
  for index in span.indices { span[index] -= darkMean[index] }
  let bandMean = (0..<bands).map { band in
    (0..<samples).reduce(0) { $0 + span[$1 * bands + band] } / Float(samples)
  }
  guard let best = bandMean.max(), best > 0, best.isFinite else {
    throw Complaint(
      "white reference", "is not brighter than the dark reference in any band",
      remedy: "check that the two references are not swapped, and that the lamps were on")
  }
  let floor = Float(options.floor) * best
  // Written so that a band that is not a number is masked too.
  let isMasked = bandMean.map { !($0 > floor) }
  report.maskedBands = isMasked.indices.filter { isMasked[$0] }
  let scale = Float(options.tileReflectance / options.exposureRatio)
  return span.indices.map { place in
    span[place] > floor && !isMasked[place % bands] ? scale / span[place] : 0
  }
}

private func check(
  _ reference: Cube<RawCounts>, _ name: String, against counts: Cube<RawCounts>
) throws(Complaint) {
  guard reference.samples == counts.samples, reference.bands == counts.bands else {
    throw Complaint(
      name,
      "has \(reference.samples) samples × \(reference.bands) bands, the cube"
        + " \(counts.samples) × \(counts.bands)",
      remedy: "record references and sample with the same camera settings")
  }
  for band in 0..<counts.bands {
    let (found, wanted) = (
      reference.wavelengths[band].nanometers, counts.wavelengths[band].nanometers
    )
    guard abs(found - wanted) < 0.5 else {
      throw Complaint(
        name, "has band \(band) at \(found) nm, the cube at \(wanted) nm",
        remedy: "record references and sample with the same camera settings")
    }
  }
  guard reference.lines > 0 else {
    throw Complaint(name, "has no lines, one or more were wanted")
  }
}

/// `[samples, bands]`.
private func meanOverLines(_ cube: Cube<RawCounts>) -> [Float] {
  let row = cube.samples * cube.bands
  var sums = [Double](repeating: 0, count: row)
  for line in 0..<cube.lines {
    for place in 0..<row { sums[place] += Double(cube.values[line * row + place]) }
  }
  return sums.map { Float($0 / Double(cube.lines)) }
}

private func note(
  saturationOf counts: Cube<RawCounts>, white: Cube<RawCounts>, options: RadiometryOptions,
  in report: inout RadiometryReport
) {
  let largest = max(counts.values.max() ?? 0, white.values.max() ?? 0)
  let levels: [Double] = [255, 1023, 4095, 16383, 65535]
  report.saturation =
    options.saturation ?? levels.first { $0 >= Double(largest) }
    ?? Double(Float.greatestFiniteMagnitude)
  let level = Float(report.saturation)
  report.saturatedCounts = counts.values.count { $0 >= level }
  report.saturatedWhiteCounts = white.values.count { $0 >= level }
}

/// The nearest living elements of the same band to the left and right, and how much each counts.
private func neighbors(
  of place: Int, bands: Int, samples: Int, gain: [Float]
) -> [(place: Int, weight: Float)] {
  let (sample, band) = (place / bands, place % bands)
  let left = (0..<sample).last { gain[$0 * bands + band] > 0 }
  let right = ((sample + 1)..<max(sample + 1, samples)).first { gain[$0 * bands + band] > 0 }
  switch (left, right) {
  case (let left?, let right?):
    let share = Float(sample - left) / Float(right - left)
    return [(left * bands + band, 1 - share), (right * bands + band, share)]
  case (let only?, nil), (nil, let only?): return [(only * bands + band, 1)]
  case (nil, nil): return []
  }
}
