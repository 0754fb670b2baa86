import Diagnostics
import Units

extension DetectorReference {
  /// Averages a recording in a file, reading no more of it than the lines that count.
  ///
  /// Errors: those of the file, and a cube without wavelengths.
  public init(
    reading cube: any CubeReader, options: RadiometryOptions = RadiometryOptions(),
    wavelengths: [Double]? = nil
  ) throws {
    let shape = cube.shape
    var line: [Float] = []
    try self.init(
      shape: (shape.lines, shape.samples), wavelengths: try cube.wavelengths(or: wavelengths),
      name: cube.name, options: options
    ) { number, counts in
      try cube.read(lines: number..<(number + 1), into: &line)
      counts.append(contentsOf: line)
    }
  }
}

extension ReflectanceCalibration {
  /// A calibration from the files of both references.
  public init(
    dark: any CubeReader, white: any CubeReader, recipe: ReflectanceRecipe = ReflectanceRecipe()
  ) throws {
    try self.init(
      dark: DetectorReference(
        reading: dark, options: recipe.radiometry, wavelengths: recipe.wavelengths),
      white: DetectorReference(
        reading: white, options: recipe.radiometry, wavelengths: recipe.wavelengths),
      recipe: recipe)
  }
}

extension ReflectanceCorrector {
  /// Corrects a cube line after line, whatever its size: the memory is that of some lines.
  ///
  /// `take` gets each line's number and its spectra, `[samples, channels]`.
  /// Returns what happened.
  public static func stream(
    _ cube: any CubeReader, _ calibration: ReflectanceCalibration,
    take: (_ line: Int, _ spectra: borrowing Span<Float>) throws -> Void
  ) throws -> RadiometryReport {
    let shape = cube.shape
    try calibration.check(
      cube.name, samples: shape.samples,
      wavelengths: try cube.wavelengths(or: calibration.recipe.wavelengths))
    let stored = cube.storedLine
    var corrector = try ReflectanceCorrector(
      calibration,
      layout: LineLayout(
        samples: shape.samples, bands: shape.bands, type: stored?.type ?? .float32,
        order: stored?.byteOrder ?? .little, interleave: stored?.interleave ?? .bip))
    var spectra = [Float](repeating: 0, count: corrector.count)
    var bytes: [UInt8] = []
    var numbers: [Float] = []
    // Lines that are stored in one piece come one by one, so that they stay in the nearest cache.
    let step = stored == nil ? cube.linesAtOnce : 1
    for first in stride(from: 0, to: shape.lines, by: step) {
      let lines = first..<min(first + step, shape.lines)
      if stored == nil {
        try cube.read(lines: lines, into: &numbers)
      } else {
        try cube.readStored(lines: lines, into: &bytes)
      }
      for line in lines {
        var target = spectra.mutableSpan
        if stored == nil {
          let row = shape.valuesPerLine
          let start = (line - first) * row
          corrector.correct(
            numbers.span.extracting(start..<(start + row)).bytes, into: &target)
        } else {
          corrector.correct(bytes.span.bytes, into: &target)
        }
        try take(line, spectra.span)
      }
    }
    return corrector.report
  }
}

/// Reflectance of each pixel of a cube in memory, by the corrector that the line uses.
///
/// The recipe's pretreatment is not for cubes and must be empty.
public func reflectance(
  of counts: Cube<RawCounts>, dark: Cube<RawCounts>, white: Cube<RawCounts>,
  recipe: ReflectanceRecipe = ReflectanceRecipe()
) throws(Complaint) -> (cube: Cube<Reflectance>, report: RadiometryReport) {
  precondition(recipe.pretreatment.steps.isEmpty, "reflectance: a recipe without pretreatment")
  let calibration = try ReflectanceCalibration(
    dark: DetectorReference(dark, name: "dark reference", options: recipe.radiometry),
    white: DetectorReference(white, name: "white reference", options: recipe.radiometry),
    recipe: recipe)
  try calibration.check("cube", samples: counts.samples, wavelengths: counts.wavelengths)
  var corrector = try ReflectanceCorrector(
    calibration,
    layout: LineLayout(
      samples: counts.samples, bands: counts.bands, type: .float32, interleave: .bip))
  var values: [Float] = []
  values.reserveCapacity(counts.lines * corrector.count)
  var spectra = [Float](repeating: 0, count: corrector.count)
  let row = counts.samples * counts.bands
  for line in 0..<counts.lines {
    var target = spectra.mutableSpan
    corrector.correct(
      counts.values.span.extracting((line * row)..<((line + 1) * row)).bytes, into: &target)
    values.append(contentsOf: spectra)
  }
  return (
    Cube(
      lines: counts.lines, samples: counts.samples, wavelengths: calibration.wavelengths,
      values: values), corrector.report
  )
}

/// As above, of a cube in a file, which is read line by line.
public func reflectance(
  of counts: any CubeReader, dark: any CubeReader, white: any CubeReader,
  recipe: ReflectanceRecipe = ReflectanceRecipe()
) throws -> (cube: Cube<Reflectance>, report: RadiometryReport) {
  precondition(recipe.pretreatment.steps.isEmpty, "reflectance: a recipe without pretreatment")
  let calibration = try ReflectanceCalibration(dark: dark, white: white, recipe: recipe)
  let bands = calibration.wavelengths.count
  guard calibration.samples * bands <= CubeFile.valueLimit / max(1, counts.shape.lines) else {
    throw CubeError(counts.name, .tooManyNumbers(counts.shape, lines: counts.shape.lines))
  }
  var values: [Float] = []
  values.reserveCapacity(counts.shape.lines * calibration.samples * bands)
  let report = try ReflectanceCorrector.stream(counts, calibration) { _, spectra in
    for place in spectra.indices { values.append(spectra[place]) }
  }
  return (
    Cube(
      lines: counts.shape.lines, samples: calibration.samples,
      wavelengths: calibration.wavelengths, values: values), report
  )
}

extension CubeReader {
  /// The cube's own wavelengths, or calibrated ones where there are as many as bands.
  func wavelengths(or calibrated: [Double]?) throws -> [Wavelength] {
    guard let calibrated, calibrated.count == shape.bands else { return try knownWavelengths() }
    return calibrated.map { Wavelength(nanometers: $0) }
  }

  /// The center of each band; refused where nothing tells it.
  func knownWavelengths() throws -> [Wavelength] {
    guard let wavelengths else {
      throw CubeError(
        files[0].relativePath, .noWavelengths(soughtBeside: wavelengthFilesSought))
    }
    return wavelengths
  }
}
