import CameraCalibration
import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Samples
import Tensors
import Units

extension PairedDataset {
  /// Opens, splits and prepares recordings: the whole way from a manifest to tensors.
  ///
  /// The recipe's statistics come from the training samples alone.
  public static func load(
    _ manifest: URL, options: RecipeOptions, plan: SplitPlan,
    purpose: SplitPlan.Purpose = .evaluation
  ) throws -> (dataset: PairedDataset, planned: PlannedSplit) {
    let planned = try SampleCatalog.open(manifest).split(
      by: plan, patch: options.colorSize, purpose: purpose)
    let dataset = try load(
      planned.catalog, options: options, fittingOn: planned.split.training,
      blockSide: plan.blockSide)
    return (dataset, planned)
  }

  /// Prepares every sample of a catalog; sample numbers are those of the catalog's entries.
  ///
  /// Mean and deviation of the recipe are fitted to the samples `training` alone. Errors:
  /// `UnusedPieces` where a piece has no place in the cube or picture, besides those of files.
  public static func load(
    _ catalog: SampleCatalog, options: RecipeOptions, fittingOn training: [Int],
    blockSide: Int = 20
  ) throws -> PairedDataset {
    let pretreatment =
      try options.pretreatment.needsFitting
      ? fittedPretreatment(catalog, options: options, to: training) : options.pretreatment
    var samples = try RawSamples.read(catalog) { wavelengths, place in
      try options.unfittedRecipe(for: wavelengths, pretreatment: pretreatment, place: place)
    }
    samples.recipe.fitColor(to: samples.color, samples: training)
    samples.recipe.fitSpectra(to: samples.spectra, samples: training)
    return samples.standardized(catalog, blockSide: blockSide)
  }

  /// The options' pretreatment with what waits for it fitted to the pixels of training samples.
  private static func fittedPretreatment(
    _ catalog: SampleCatalog, options: RecipeOptions, to training: [Int]
  ) throws -> SpectralRecipe {
    let untreated = try RawSamples.read(catalog) { wavelengths, place in
      try options.unfittedRecipe(
        for: wavelengths, pretreatment: SpectralRecipe(steps: []), place: place)
    }
    let count = untreated.recipe.cubeCount
    let pixels = training.flatMap { untreated.spectra[($0 * count)..<(($0 + 1) * count)] }
    return options.pretreatment.fitted(to: pixels, bands: untreated.recipe.wavelengths.count)
  }

  /// Prepares every sample of a catalog by a recipe that is fitted already, as evaluation needs.
  public static func load(
    _ catalog: SampleCatalog, recipe: SampleRecipe, blockSide: Int = 20
  ) throws -> PairedDataset {
    try recipe.check(place: "recipe")
    var samples = try RawSamples.read(catalog) { _, _ in recipe }
    return samples.standardized(catalog, blockSide: blockSide)
  }
}

/// Crops of every sample before standardization.
private struct RawSamples {
  var recipe: SampleRecipe
  /// `[N, colorSize, colorSize, 3]` and `[N, cubeSize, cubeSize, channels]`.
  var color: [Float]
  var spectra: [Float]
  /// What is remembered of each calibration, by its id; `nil` for scenes.
  private var calibrations: [String: RigFacts?] = [:]
  private var faults: [String] = []

  /// Reads every recording; `makeRecipe` is told the first cube's wavelengths and file.
  static func read(
    _ catalog: SampleCatalog, makeRecipe: ([Wavelength], String) throws -> SampleRecipe
  ) throws -> RawSamples {
    let folder = catalog.folder
    let byRecording = Dictionary(grouping: catalog.entries.indices) {
      catalog.entries[$0].recording
    }
    var samples: RawSamples?
    for number in byRecording.keys.sorted() {
      let recording = folder.manifest.recordings[number]
      let entries = (byRecording[number] ?? []).map { ($0, catalog.entries[$0]) }
      let cube = try folder.reflectance(of: recording)
      let place = folder.url(of: recording.cube).relativePath
      var filled =
        try samples
        ?? RawSamples(recipe: makeRecipe(cube.wavelengths, place), count: catalog.entries.count)
      // Two holders of the same arrays would make the first write copy them.
      samples = nil
      switch recording.layout {
      case .scene: try filled.addScene(recording, cube, entries, folder)
      case .belt: try filled.addBelt(recording, cube, entries, folder)
      }
      samples = filled
    }
    guard let samples else {
      throw Complaint(folder.file.relativePath, "no piece or labelled pixel in any recording")
    }
    guard samples.faults.isEmpty else {
      throw UnusedPieces(
        folder.file.relativePath, found: catalog.entries.count,
        used: catalog.entries.count - samples.faults.count, faults: samples.faults)
    }
    return samples
  }

  private init(recipe: SampleRecipe, count: Int) {
    self.recipe = recipe
    color = [Float](repeating: 0, count: count * recipe.colorCount)
    spectra = [Float](repeating: 0, count: count * recipe.cubeCount)
  }

  private mutating func addScene(
    _ recording: Manifest.Recording, _ cube: Cube<Reflectance>, _ entries: [(Int, SampleEntry)],
    _ folder: RecordingFolder
  ) throws {
    let place = folder.url(of: recording.cube).relativePath
    guard recipe.cropMillimeters == nil else {
      throw Complaint(
        place, "a scene, but the recipe crops \(recipe.cropMillimeters ?? 0) mm of a belt",
        remedy: "leave out 'cropMillimeters' for scenes, and never mix scenes and belts")
    }
    let scene = try PreparedScene(
      PictureFile.read(folder.url(of: recording.color)), cube, recipe: recipe, place: place)
    try check(scene.spectra, width: scene.width, channels: scene.channels, place: place)
    for (sample, entry) in entries {
      recipe.rawColorPatch(
        of: scene, column: entry.column, row: entry.row, into: &color,
        at: sample * recipe.colorCount)
      recipe.rawCubePatch(
        of: scene, column: entry.column, row: entry.row, into: &spectra,
        at: sample * recipe.cubeCount)
    }
    calibrations["shared pixels"] = .some(nil)
  }

  private mutating func addBelt(
    _ recording: Manifest.Recording, _ cube: Cube<Reflectance>, _ entries: [(Int, SampleEntry)],
    _ folder: RecordingFolder
  ) throws {
    let place = folder.url(of: recording.cube).relativePath
    guard recipe.cropMillimeters != nil else {
      throw Complaint(
        place, "a belt recording, but the recipe has no 'cropMillimeters'",
        remedy: "give the side of the crop on the belt, a little more than the largest piece")
    }
    let calibration = folder.url(of: recording.calibration ?? "")
    let rig = try RigCalibration.read(calibration)
    let registration = try Registration(rig, place: calibration.relativePath)
    let pieces = try RecordedPieces.read(
      recording, in: folder, calibration: rig, rectification: registration.rectification)
    let (picture, map) = (pieces.picture, pieces.map)
    let bands = try KeptBands(of: recipe, in: cube.wavelengths, place: place)
    try check(cube, bands, place: place)
    let scan = RegisteredCube(cube, bands: bands, mask: map, registration: registration)
    for (sample, entry) in entries {
      let inColor = recipe.rawColorCrop(
        of: entry.region, in: picture, mask: map, through: registration, into: &color,
        at: sample * recipe.colorCount)
      let inCube = recipe.rawCubeCrop(
        of: entry.region, in: scan, into: &spectra, at: sample * recipe.cubeCount)
      if !scan.sees(entry.region) {
        faults.append("\(entry.piece) (part of it lies outside the cube)")
      } else if inColor == 0 {
        faults.append("\(entry.piece) (it is too small to fill a pixel of the color crop)")
      } else if inCube == 0 {
        faults.append("\(entry.piece) (it is too small to fill a pixel of the cube crop)")
      }
    }
    calibrations[registration.id] = try RigFacts(of: rig)
  }

  /// Refuses a cube with a number that is none, or infinite, in a band that the recipe keeps.
  private func check(_ cube: Cube<Reflectance>, _ bands: KeptBands, place: String) throws {
    for pixel in 0..<(cube.lines * cube.samples) {
      for position in bands.positions where !cube.values[pixel * cube.bands + position].isFinite {
        throw RecipeError(
          place,
          .noValue(
            nanometers: cube.wavelengths[position].nanometers, line: pixel / cube.samples,
            sample: pixel % cube.samples))
      }
    }
  }

  /// As for a cube, after pretreatment.
  private func check(_ spectra: [Float], width: Int, channels: Int, place: String) throws {
    guard let wrong = spectra.firstIndex(where: { !$0.isFinite }) else { return }
    let pixel = wrong / channels
    let band = min(wrong % channels, recipe.wavelengths.count - 1)
    throw RecipeError(
      place,
      .noValue(
        nanometers: recipe.wavelengths[band].nanometers, line: pixel / width,
        sample: pixel % width))
  }

  mutating func standardized(_ catalog: SampleCatalog, blockSide: Int) -> PairedDataset {
    recipe.standardizeColor(&color, in: 0..<color.count)
    recipe.standardizeSpectra(&spectra, in: 0..<spectra.count)
    let entries = catalog.entries
    var dataset = PairedDataset(
      classes: catalog.classes,
      color: Tensor(
        shape: [entries.count, recipe.colorSize, recipe.colorSize, 3], values: color),
      spectra: Tensor(
        shape: [entries.count, recipe.cubeSize, recipe.cubeSize, recipe.spectralChannels],
        values: spectra),
      labels: entries.map(\.label), pieces: entries.map(\.piece),
      groups: entries.map { catalog.unit(of: $0, blockSide: blockSide) }, recipe: recipe,
      calibration: calibrations.keys.sorted().joined(separator: ", "))
    dataset.rigs = calibrations.values.compactMap(\.self).sorted { $0.id < $1.id }
    return dataset
  }
}

extension RecordingFolder {
  /// A recording's cube in reflectance: by dark and white reference where given, else as the
  /// header scales it.
  public func reflectance(of recording: Manifest.Recording) throws -> Cube<Reflectance> {
    let file = url(of: recording.cube)
    let named = [recording.dark, recording.white].compactMap(\.self)
    let references = named.isEmpty ? try recording.correctionReferences(in: folder) : named
    guard references.count == 2 else { return try CubeFile.reflectance(file) }
    return try Hyperspectral.reflectance(
      of: CubeFile.open(file), dark: CubeFile.open(url(of: references[0])),
      white: CubeFile.open(url(of: references[1])), recipe: correction(of: recording)
    ).cube
  }

  /// How a recording's counts become reflectance.
  ///
  /// Errors: a recipe that pretreats, too, which is the business of the experiment.
  public func correction(of recording: Manifest.Recording) throws -> ReflectanceRecipe {
    guard let path = recording.correction else { return ReflectanceRecipe() }
    let file = url(of: path)
    let recipe = try ReflectanceRecipe.read(file)
    guard recipe.pretreatment.steps.isEmpty else {
      throw Complaint(
        file.relativePath, "has a 'pretreatment', and so has the recipe of the experiment",
        remedy: "leave it out here and name the steps in the experiment's 'data.recipe'")
    }
    return recipe
  }
}
