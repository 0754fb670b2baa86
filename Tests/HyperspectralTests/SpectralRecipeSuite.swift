import Chemometrics
import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Spectral pretreatment")
struct SpectralRecipeSuite {
  static func treated(_ steps: [SpectralRecipe.Step]) throws -> [Float] {
    var spectra = try ENVIFileSuite.golden("spectra").values
    SpectralRecipe(steps: steps).apply(to: &spectra, bands: 16)
    return spectra
  }

  @Test(
    "each step gives what SciPy gives", .tags(.golden),
    arguments: [
      (SpectralRecipe.Step.standardNormalVariate, "snv"), (.smoothed, "smoothed"),
      (.firstDerivative, "derivative"),
    ])
  func golden(step: SpectralRecipe.Step, name: String) throws {
    expectClose(
      try Self.treated([step]), try ENVIFileSuite.golden(name).values, absolute: 2e-5,
      relative: 2e-5)
  }

  @Test("the log-mean channel is that of the spectrum as it came in", .tags(.golden))
  func logMean() throws {
    let recipe = SpectralRecipe(steps: [.standardNormalVariate, .logMeanReflectance])
    #expect(recipe.outputBands(of: 16) == 17)
    let (found, snv) = (try Self.treated(recipe.steps), try ENVIFileSuite.golden("snv").values)
    let means = try ENVIFileSuite.golden("log-mean").values
    for pixel in 0..<30 {
      let row = Array(found[(pixel * 17)..<((pixel + 1) * 17)])
      expectClose(
        Array(row[..<16]), Array(snv[(pixel * 16)..<((pixel + 1) * 16)]), absolute: 2e-5)
      expectClose(row[16], means[pixel], absolute: 1e-5)
    }
  }

  @Test("a spectrum shorter than the window has a shorter window", .tags(.golden))
  func short() throws {
    let spectra = try ENVIFileSuite.golden("spectra").values
    var short = (0..<30).flatMap { spectra[($0 * 16)..<($0 * 16 + 6)] }
    SpectralRecipe(steps: [.smoothed]).apply(to: &short, bands: 6)
    expectClose(short, try ENVIFileSuite.golden("short").values, absolute: 2e-5)
    var single: [Float] = [3, 4]
    SpectralRecipe(steps: [.smoothed, .standardNormalVariate]).apply(to: &single, bands: 1)
    #expect(single == [0, 0])
  }

  @Test("no steps change nothing, and black or flat spectra stay finite")
  func edges() {
    var spectra: [Float] = [0, 0, 0, 0.5, 0.5, 0.5]
    SpectralRecipe(steps: []).apply(to: &spectra, bands: 3)
    #expect(spectra == [0, 0, 0, 0.5, 0.5, 0.5])
    SpectralRecipe(steps: [.standardNormalVariate, .logMeanReflectance])
      .apply(to: &spectra, bands: 3)
    expectClose(spectra, [0, 0, 0, log(0.001), 0, 0, 0, log(0.5)], absolute: 1e-6)
  }
}

@Suite("Spectral pretreatment beside SciPy and NumPy", .tags(.golden))
struct PretreatmentGoldens {
  private let tensors: [String: Tensor]
  private let spectra: [Float]
  private let wavelengths: [Wavelength]
  private var bands: Int { wavelengths.count }

  init() throws {
    let file = sampleData.appending(path: "Golden/spectra/pretreatments.safetensors")
    tensors = Dictionary(
      uniqueKeysWithValues: try Safetensors.read(file).tensors.map { ($0.0, $0.1) })
    spectra = try #require(tensors["spectra"]).values
    wavelengths = try #require(tensors["wavelengths"]).values.map {
      Wavelength(nanometers: Double($0))
    }
  }

  private func treated(_ recipe: SpectralRecipe) -> [Float] {
    var treated = spectra
    recipe.apply(to: &treated, bands: bands, wavelengths: wavelengths)
    return treated
  }

  @Test(
    "Savitzky-Golay filters of every window, order and derivative are SciPy's",
    arguments: [
      (11, 2, 0), (11, 2, 1), (11, 2, 2), (5, 3, 0), (7, 4, 2), (15, 3, 1), (31, 6, 2), (9, 0, 0),
    ])
  func savitzkyGolay(window: Int, order: Int, derivative: Int) throws {
    let recipe = SpectralRecipe(steps: [
      .savitzkyGolay(window: window, order: order, derivative: derivative)
    ])
    expectClose(
      treated(recipe), try #require(tensors["savgol-\(window)-\(order)-\(derivative)"]).values,
      absolute: 2e-6, relative: 1e-5)
  }

  @Test(
    "each step is its formula in NumPy",
    arguments: [
      ([SpectralRecipe.Step.standardNormalVariate], "snv"),
      ([.continuumRemoval], "continuum-removal"), ([.absorbance(floor: 0.02)], "absorbance"),
      (
        [.standardNormalVariate, .savitzkyGolay(window: 7, order: 2, derivative: 1)], "snv-savgol"
      ),
    ])
  func steps(_ steps: [SpectralRecipe.Step], name: String) throws {
    expectClose(
      treated(SpectralRecipe(steps: steps)), try #require(tensors[name]).values, absolute: 1e-5,
      relative: 2e-5)
  }

  @Test(
    "fitted steps know the training spectra alone",
    arguments: [
      (SpectralRecipe.Step.scatterCorrection, "msc"),
      (.principalComponents(count: 4, axes: nil), "pca"),
    ])
  func fitted(step: SpectralRecipe.Step, name: String) throws {
    let unfitted = SpectralRecipe(steps: [step])
    #expect(unfitted.needsFitting && unfitted.problem(bands: bands) != nil)
    let recipe = unfitted.fitted(to: Array(spectra.prefix(25 * bands)), bands: bands)
    #expect(!recipe.needsFitting && recipe.problem(bands: bands) == nil)
    expectClose(
      treated(recipe), try #require(tensors[name]).values, absolute: 3e-5, relative: 3e-5)
    let stored = try JSONFile.decode(
      SpectralRecipe.self, from: JSONFile.encode(recipe), place: "recipe")
    #expect(stored == recipe)
  }

  @Test("line after line gives what all spectra together give, to the bit")
  func streaming() throws {
    let recipe = SpectralRecipe(steps: [
      .logMeanReflectance, .smoothed, .absorbance, .standardNormalVariate,
      .principalComponents(count: 5, axes: nil),
    ]).fitted(to: spectra, bands: bands)
    var treatment = try SpectralTreatment(recipe, wavelengths: wavelengths)
    #expect(treatment.channels == 6)
    var found: [Float] = []
    var row = [Float](repeating: 0, count: 6)
    for start in stride(from: 0, to: spectra.count, by: bands) {
      var target = row.mutableSpan
      treatment.apply(to: Array(spectra[start..<(start + bands)]).span, into: &target)
      found += row
    }
    #expect(found == treated(recipe))
  }
}

@Suite("Spectral recipes in JSON")
struct SpectralRecipeCoding {
  static func recipe(_ steps: String) throws -> SpectralRecipe {
    try JSONFile.decode(
      SpectralRecipe.self, from: Data("{ steps: [\(steps)] }".utf8), place: "recipe")
  }

  @Test(
    "a step is its name, or its name with settings",
    arguments: [
      (#""snv""#, SpectralRecipe.Step.standardNormalVariate), (#""log-mean""#, .logMeanReflectance),
      (#""savitzky-golay""#, .smoothed), (#""savitzky-golay-1""#, .firstDerivative),
      (#""savitzky-golay-2""#, .secondDerivative), (#""msc""#, .scatterCorrection),
      (#""continuum-removal""#, .continuumRemoval), (#""absorbance""#, .absorbance),
      (#"{"absorbance":{"floor":0.25}}"#, .absorbance(floor: 0.25)),
      (#"{"pca":{"components":3}}"#, .principalComponents(count: 3, axes: nil)),
      (#"{"msc":{"reference":[0.5,1]}}"#, .scatterCorrection(reference: [0.5, 1])),
      (
        #"{"savitzky-golay":{"derivative":1,"order":3,"window":9}}"#,
        .savitzkyGolay(window: 9, order: 3, derivative: 1)
      ),
    ])
  func spelling(text: String, step: SpectralRecipe.Step) throws {
    #expect(try Self.recipe(text).steps == [step])
    #expect(try JSONFile.line(SpectralRecipe(steps: [step])) == #"{"steps":[\#(text)]}"#)
  }

  @Test(
    "what nobody knows is refused by name",
    arguments: [
      (
        "'snvv'",
        """
        recipe: 'steps.[0]': unknown step 'snvv'; known are absorbance, continuum-removal, \
        log-mean, msc, pca, savitzky-golay, savitzky-golay-1, savitzky-golay-2, snv
        """
      ),
      (
        "{ 'savitzky-golay': { window: 8 } }",
        "recipe: 'steps.[0].savitzky-golay.window': an odd number from 3 to 1001 was wanted"
      ),
      (
        "{ 'savitzky-golay': { windows: 9 } }",
        """
        recipe: 'steps.[0].savitzky-golay.windows': no such key; known here are derivative, \
        order, window
        """
      ),
      (
        "{ snv: {} }",
        "recipe: 'steps.[0].snv': the step 'snv' has no settings; write its name alone"
      ),
      (
        "{ snv: {}, msc: {} }",
        "recipe: 'steps.[0]': a step is its name, or an object with its name as the one key"
      ),
      (
        "{ pca: { components: 0 } }",
        "recipe: 'steps.[0].pca.components': a count of at least 1 was wanted"
      ),
    ])
  func refused(steps: String, message: String) {
    #expect(
      complaint { _ = try Self.recipe(steps) }
        == message + "\n  help: correct the file; nothing was changed")
  }

  @Test("spectra of other bands than a step was fitted to are refused")
  func otherBands() {
    let axis = [400, 500, 600].map { Wavelength(nanometers: $0) }
    let cases: [([SpectralRecipe.Step], String)] = [
      ([.scatterCorrection], "the step 'msc' is not fitted to training spectra"),
      (
        [.scatterCorrection(reference: [1, 2])],
        "the reference of 'msc' has 2 bands, the spectra have 3"
      ),
      (
        [
          .principalComponents(
            count: 1, axes: PrincipalComponents(center: [0, 0, 0], axes: [1, 0, 0])),
          .standardNormalVariate,
        ], "the step 'snv' follows 'pca', which leaves no bands"
      ),
      (
        [
          .principalComponents(
            count: 1, axes: PrincipalComponents(center: [0, 0], axes: [1, 0]))
        ], "'pca' has 1 components of 2 bands, 1 of 3 were wanted"
      ),
    ]
    for (steps, problem) in cases {
      #expect(
        complaint { _ = try SpectralTreatment(SpectralRecipe(steps: steps), wavelengths: axis) }
          == """
          pretreatment: \(problem)
            help: fit the recipe to training spectra of this camera
          """)
    }
  }
}
