import Diagnostics
import Foundation
import Tensors

/// Any cube written as ENVI, its numbers as they are or as reflectance, some lines at a time.
public struct CubeConversion: Sendable {
  /// How a recording's counts become reflectance.
  public struct Correction: Sendable {
    public var dark: URL
    public var white: URL
    public var recipe: ReflectanceRecipe

    public init(dark: URL, white: URL, recipe: ReflectanceRecipe = ReflectanceRecipe()) {
      self.dark = dark
      self.white = white
      self.recipe = recipe
    }
  }

  public var interleave: Interleave
  public var byteOrder: ByteOrder
  /// Nil leaves the numbers as they are.
  public var correction: Correction?

  public init(
    interleave: Interleave = .bil, byteOrder: ByteOrder = .little, correction: Correction? = nil
  ) {
    self.interleave = interleave
    self.byteOrder = byteOrder
    self.correction = correction
  }

  /// Writes `cube` to `target`, named as in `ENVIFile.write`, and gives the new header and, where
  /// counts were corrected, what happened to them.
  ///
  /// The files appear when they are whole, and nothing is overwritten. `progress` gets the lines
  /// done so far; what it throws ends the writing, and nothing is left of it. Every field of an
  /// ENVI header survives but those that no longer hold of reflectance. Numbers of a type that ENVI
  /// does not know become 32-bit floating ones.
  public func write(
    _ cube: any CubeReader, to target: URL, progress: (Int) throws -> Void = { _ in }
  ) throws -> (header: URL, report: RadiometryReport?) {
    let names = ENVIPair.names(for: target)
    for file in [names.header, names.numbers]
    where FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) {
      throw Complaint(
        file.relativePath, "is there already, nothing is overwritten", remedy: "give another name")
    }
    if correction == nil, let stored = cube as? ENVIFile {
      let header = try stored.rewrite(
        to: target, interleave: interleave, byteOrder: byteOrder, progress: progress)
      return (header, nil)
    }
    guard interleave == .bsq else {
      return try writeLines(of: cube, to: target, interleave: interleave, progress)
    }
    // Bands one behind the other cannot grow line by line: a second pass puts them so.
    let folder = target.deletingLastPathComponent()
      .appending(path: ".\(target.lastPathComponent).lines")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }  // Nobody needs it any more.
    let (lines, report) = try writeLines(
      of: cube, to: folder.appending(path: "lines.hdr"), interleave: .bil, progress)
    let header = try ENVIFile.open(lines).rewrite(
      to: target, interleave: .bsq, byteOrder: byteOrder, progress: { _ in try progress(0) })
    return (header, report)
  }

  private func writeLines(
    of cube: any CubeReader, to target: URL, interleave: Interleave,
    _ progress: (Int) throws -> Void
  ) throws -> (header: URL, report: RadiometryReport?) {
    let fields = (cube as? ENVIFile)?.header.fields ?? []
    guard let correction else {
      return (try copy(cube, to: target, interleave: interleave, progress), nil)
    }
    guard correction.recipe.pretreatment.steps.isEmpty else {
      throw Complaint(
        "correction", "has a 'pretreatment', which makes no reflectance",
        remedy: "leave it out here and name the steps in an experiment's 'data.recipe'")
    }
    let calibration = try ReflectanceCalibration(
      dark: CubeFile.open(correction.dark), white: CubeFile.open(correction.white),
      recipe: correction.recipe)
    // What counted or named the old bands does not hold of others.
    let keepsBands = calibration.wavelengths == cube.wavelengths
    let writer = try ENVIWriter(
      to: target,
      layout: ENVILayout(
        samples: calibration.samples, bands: calibration.wavelengths.count, type: .float32,
        interleave: interleave, byteOrder: byteOrder),
      meaning: .init(wavelengths: calibration.wavelengths, scaleFactor: 1),
      fields: fields.filter { keepsBands || !Self.perBand.contains($0.name) },
      appearance: .whenFinished)
    var values: [Float] = []
    let report = try ReflectanceCorrector.stream(cube, calibration) { line, spectra in
      CubeFile.resize(&values, to: spectra.count, filler: 0)
      for place in spectra.indices { values[place] = spectra[place] }
      try writer.append(values)
      try progress(line + 1)
    }
    return (try writer.finish(), report)
  }

  /// Fields that say something of each band, or number bands.
  private static let perBand: Set<String> = ["bbl", "band names", "default bands", "fwhm"]

  private func copy(
    _ cube: any CubeReader, to target: URL, interleave: Interleave,
    _ progress: (Int) throws -> Void
  ) throws -> URL {
    let type = ENVIHeader.code(of: cube.numberType) == nil ? .float32 : cube.numberType
    let writer = try ENVIWriter(
      to: target,
      layout: ENVILayout(
        samples: cube.shape.samples, bands: cube.shape.bands, type: type, interleave: interleave,
        byteOrder: byteOrder),
      meaning: .init(wavelengths: cube.wavelengths), fields: [], appearance: .whenFinished)
    var values: [Float] = []
    for first in stride(from: 0, to: cube.shape.lines, by: cube.linesAtOnce) {
      let lines = first..<min(first + cube.linesAtOnce, cube.shape.lines)
      try cube.read(lines: lines, into: &values)
      try writer.append(values)
      try progress(lines.upperBound)
    }
    return try writer.finish()
  }
}
