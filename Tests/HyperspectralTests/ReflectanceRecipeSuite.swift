import Diagnostics
import Foundation
import Tensors
import TestSupport
import Testing
import Units

@testable import Hyperspectral

@Suite("Reflectance recipe")
struct ReflectanceRecipeSuite {
  static func recipe(_ text: String) throws -> ReflectanceRecipe {
    try JSONFile.decode(ReflectanceRecipe.self, from: Data(text.utf8), place: "recipe.json")
  }

  @Test("what is left out has its default, and what is stored comes back")
  func stored() throws {
    #expect(try Self.recipe("{}") == ReflectanceRecipe())
    let recipe = try Self.recipe(
      """
      {
        version: 1,
        radiometry: {
          integrationTimes: { sample: 4, white: 8, dark: 4, bias: 60 },
          tile: [[900, 0.985], [1700, 0.97]], defects: { sigmas: 6, known: [[3, 1]] },
        },
        distortion: { smileNanometers: [0, 0, 1.5], keystoneColumns: [0.3] },
        bands: {
          ranges: [[950, 1650]], binning: 2, resampling: [{ nanometers: 1000, fullWidth: 8 }],
        },
        pretreatment: { steps: ["snv", "log-mean"] },
      }
      """)
    let tile = recipe.radiometry.tile
    expectClose(tile(Wavelength(nanometers: 1300)), 0.9775, absolute: 1e-12)
    #expect(tile(Wavelength(nanometers: 400)) == 0.985)
    #expect(recipe.bands.resampling == [.init(nanometers: 1000, fullWidth: 8)])
    let again = try JSONFile.decode(
      ReflectanceRecipe.self, from: JSONFile.encode(recipe), place: "again")
    #expect(again == recipe && again != ReflectanceRecipe())
  }

  @Test(
    "a version, key or value that means nothing is refused by name",
    arguments: [
      ("{ version: 2 }", "'version': version 1 was wanted"),
      (
        "{ smile: [] }",
        "'smile': no such key; known here are bands, distortion, pretreatment, radiometry,"
          + " references, version, wavelengths"
      ),
      (
        "{ radiometry: { tile: [[400]] } }",
        "'radiometry.tile': pairs of nanometers and reflectance above 0 were wanted"
      ),
      ("{ radiometry: { ceiling: 0 } }", "'radiometry.ceiling': a reflectance above 0 was wanted"),
      ("{ bands: { binning: 0 } }", "'bands.binning': a count of at least 1 was wanted"),
      (
        "{ bands: { ranges: [[500, 400]] } }",
        "'bands.ranges': pairs of rising wavelengths was wanted"
      ),
      (
        "{ pretreatment: { steps: ['fft'] } }",
        "'pretreatment.steps.[0]': unknown step 'fft'; known are absorbance, continuum-removal,"
          + " log-mean, msc, pca, savitzky-golay, savitzky-golay-1, savitzky-golay-2, snv"
      ),
    ])
  func refused(text: String, problem: String) {
    #expect(
      complaint { _ = try Self.recipe(text) }
        == "recipe.json: \(problem)\n  help: correct the file; nothing was changed")
  }

  @Test("damaged recipes are refused and never trap")
  func damaged() throws {
    var recipe = ReflectanceRecipe()
    recipe.bands.resampling = [.init(nanometers: 700, fullWidth: 20)]
    recipe.pretreatment.steps = [.absorbance(floor: 0.01), .smoothed, .standardNormalVariate]
    expectNoTrap(reading: try JSONFile.encode(recipe), headerCount: 60) { bytes in
      _ = try JSONFile.decode(ReflectanceRecipe.self, from: bytes, place: "damaged")
    }
  }

  @Test("bands that the camera does not have are refused in words")
  func missingBands() throws {
    var random = SplitMix64(seed: 2)
    let camera = MadeUpCamera(samples: 3, bands: 5, using: &random)
    func complaintOf(_ change: (inout BandPlan) -> Void) -> String {
      var recipe = ReflectanceRecipe()
      change(&recipe.bands)
      return complaint { _ = try camera.calibration(recipe) }
    }
    #expect(
      complaintOf { $0.numbers = [1, 5] } == """
        camera: has 5 bands, the recipe keeps band 5
          help: use the camera that the recipe was made for, or choose bands that this one has
        """)
    #expect(
      complaintOf { $0.ranges = [[500, 600]] } == """
        camera: has no band in the ranges that the recipe keeps
          help: use the camera that the recipe was made for, or choose bands that this one has
        """)
    #expect(
      complaintOf { $0.resampling = [.init(nanometers: 430)] } == """
        camera: sees 400.0 to 420.0 nm, the recipe resamples onto 430.0 nm
          help: leave that band out, or use a camera that sees it
        """)
  }
}

@Suite("Bands made of bands")
struct BandMixingSuite {
  static func mixing(_ centers: [Double]) -> BandMixing {
    BandMixing(
      identity: centers.map { Wavelength(nanometers: $0) }, of: Array(centers.indices))
  }

  static func golden() throws -> [String: Tensor] {
    let file = sampleData.appending(path: "Golden/spectra/bands.safetensors")
    return Dictionary(
      uniqueKeysWithValues: try Safetensors.read(file).tensors.map { ($0.0, $0.1) })
  }

  @Test(
    "another camera's bands collect what NumPy's responses collect", .tags(.golden),
    arguments: [true, false])
  func resampling(isGaussian: Bool) throws {
    let golden = try Self.golden()
    let centers = try #require(golden["wavelengths"]).values.map { Double($0) }
    let targets = try #require(golden["targets"]).values.map { Double($0) }
    let widths = try #require(golden["widths"]).values.map { Double($0) }
    var mixing = Self.mixing(centers)
    try mixing.resample(
      onto: zip(targets, widths).map {
        .init(nanometers: $0, fullWidth: isGaussian ? $1 : nil)
      }, place: "camera")
    let spectra = try #require(golden["spectra"]).values
    var found = [Float](repeating: 0, count: spectra.count / centers.count * targets.count)
    mixing.apply(to: spectra, bands: centers.count, into: &found)
    expectClose(
      found, try #require(golden[isGaussian ? "gaussian" : "linear"]).values, absolute: 1e-5)
    #expect(mixing.rows.map(\.wavelength.nanometers) == targets)
  }

  @Test("bins are means of neighbors, the last one smaller, and masked bands count for nothing")
  func binning() {
    var mixing = Self.mixing([400, 410, 420, 430, 440])
    mixing.bin(2)
    #expect(mixing.rows.map(\.wavelength.nanometers) == [405, 425, 440])
    #expect(mixing.leaveOut { $0 == 1 || $0 == 4 } == [2])
    var found = [Float](repeating: 9, count: 3)
    mixing.apply(to: [1, 7, 3, 5, 8], bands: 5, into: &found)
    #expect(found == [1, 4, 0])
  }
}

@Suite("Smile and keystone")
struct DetectorDistortionSuite {
  /// A calibration whose reflectance is the count itself.
  static func corrected(
    _ distortion: DetectorDistortion, samples: Int, bands: Int, masked: Set<Int> = [],
    _ scene: (_ sample: Double, _ nanometers: Double) -> Double
  ) throws -> [[Float]] {
    let axis = (0..<bands).map { Wavelength(nanometers: 500 + 4 * Double($0)) }
    func cube(_ value: (Int, Int) -> Double) -> Cube<RawCounts> {
      Cube(
        lines: 1, samples: samples, wavelengths: axis,
        values: (0..<(samples * bands)).map { Float(value($0 / bands, $0 % bands)) })
    }
    var recipe = ReflectanceRecipe()
    recipe.distortion = distortion
    recipe.radiometry.defects.sigmas = 0
    // What the bent camera sees of the scene.
    let seen = cube { sample, band in
      scene(
        Double(sample) - distortion.keystone(band: band, of: bands),
        axis[band].nanometers + distortion.smile(sample: Double(sample), of: samples))
    }
    let (result, report) = try reflectance(
      of: seen, dark: cube { _, _ in 0 }, white: cube { masked.contains($1) ? 0 : 1 },
      recipe: recipe)
    #expect(report.maskedBands == masked.sorted())
    return (0..<samples).map { result.spectrum(line: 0, sample: $0) }
  }

  @Test("a straight scene comes out straight again")
  func undone() throws {
    let distortion = DetectorDistortion(
      smileNanometers: [0.4, -0.3, 2.9], keystoneColumns: [0.3, 1.6])
    func scene(_ sample: Double, _ nanometers: Double) -> Double {
      0.1 + 0.02 * sample + 0.003 * (nanometers - 500)
    }
    let found = try Self.corrected(distortion, samples: 23, bands: 17, scene)
    // Beyond the detector's border there is nothing to take from.
    for sample in 3..<20 {
      for band in 2..<15 {
        expectClose(
          found[sample][band], Float(scene(Double(sample), 500 + 4 * Double(band))),
          // Between two columns smile is not quite a straight line.
          absolute: 5e-5, "sample \(sample), band \(band)")
      }
    }
  }

  @Test("a masked band lends nothing to its neighbors")
  func masked() throws {
    let found = try Self.corrected(
      DetectorDistortion(smileNanometers: [1]), samples: 3, bands: 6, masked: [2]
    ) { _, _ in 0.5 }
    for spectrum in found { #expect(spectrum == [0.5, 0.5, 0, 0.5, 0.5, 0.5]) }
  }
}
