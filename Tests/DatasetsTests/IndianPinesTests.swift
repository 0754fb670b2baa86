import Datasets
import Diagnostics
import Foundation
import Hyperspectral
import Imaging
import Samples
import TestSupport
import Testing

@Suite("Indian Pines")
struct IndianPinesTests {
  static let catalog = Result {
    try SampleCatalog.open(sampleData.appending(path: "IndianPines"))
  }

  @Test("the shipped scene holds 10,249 labelled pixels of 16 classes")
  func counts() throws {
    let catalog = try Self.catalog.get()
    #expect(catalog.entries.count == 10_249)
    var counts = [Int](repeating: 0, count: 16)
    for entry in catalog.entries { counts[try #require(entry.label)] += 1 }
    #expect(
      counts == [
        46, 1428, 830, 237, 483, 730, 28, 478, 20, 972, 2455, 593, 205, 1265, 386, 93,
      ])
    // Counted in the publisher's label map: background 10,776 pixels of 145 × 145.
    #expect(145 * 145 - catalog.entries.count == 10_776)
  }

  @Test(
    "ten percent drawn at random leak as published",
    arguments: [(5, 0.87, 0.99), (9, 0.99, 1.0), (15, 1.0, 1.0)])
  func randomLeak(patch: Int, trainingCenter: Double, sharedPixel: Double) throws {
    let catalog = try Self.catalog.get()
    var leaks: [Leak] = []
    for seed in 1...6 {
      let plan = SplitPlan(
        method: .random, seed: UInt64(seed), testShare: 0.9, validationShare: 0,
        calibrationShare: 0)
      let split = try catalog.split(by: plan, patch: patch, purpose: .flatteringFigure).split
      #expect(split.isLeaky)
      #expect(abs(split.training.count - 1_025) <= 8)
      leaks.append(split.leak)
    }
    // The published fractions are of one draw; draws differ by about a hundredth.
    let count = Double(leaks.count)
    #expect(
      abs(leaks.reduce(0) { $0 + $1.trainingCenter } / count - trainingCenter) <= 0.01)
    #expect(abs(leaks.reduce(0) { $0 + $1.sharedPixel } / count - sharedPixel) <= 0.01)
  }

  @Test("asking for figures from a random split is refused with both fractions")
  func refusal() throws {
    let catalog = try Self.catalog.get()
    var plan = SplitPlan(method: .random, testShare: 0.9, validationShare: 0, calibrationShare: 0)
    plan.seed = 3
    let message = complaint { _ = try catalog.split(by: plan, patch: 5) }
    let shown = try catalog.split(by: plan, patch: 5, purpose: .flatteringFigure)
    #expect(
      message == """
        SampleData/IndianPines/manifest.json: \(shown.split.leak.sentence); none was wanted
          help: split by blocks with a guard band (method 'blocks'), or ask for the flattering \
        figure alone, which is shown and never counted
        """)
    #expect(message.contains("% of the test patches contain a training center of their class"))
    #expect(message.contains("% share a pixel with a training patch"))
  }

  @Test("blocks with a guard band share no pixel at all", arguments: [5, 7, 9])
  func guardBand(patch: Int) throws {
    let catalog = try Self.catalog.get()
    var plan = SplitPlan(method: .blocks, seed: 2)
    plan.classMinimum = .init(training: 20, test: 20)
    let planned = try catalog.split(by: plan, patch: patch)
    #expect(planned.split.leak == Leak())
    #expect(planned.split.standing == .clean)
    #expect(planned.guarded > 0)
    let all =
      planned.split.training.count + planned.split.validation.count
      + planned.split.calibration.count + planned.split.test.count + planned.guarded
    #expect(all == planned.catalog.entries.count)
    plan.guardBand = 0
    #expect(throws: LeakRefused.self) { try catalog.split(by: plan, patch: patch) }
  }

  @Test("patches are those that the same recipe cuts live, bit by bit")
  func sameBits() throws {
    let catalog = try Self.catalog.get().keeping([0, 3])
    let training = Array(0..<50)
    let dataset = try PairedDataset.load(
      catalog, options: .scene(patch: 5, pretreatment: SpectralRecipe(steps: [])),
      fittingOn: training)
    #expect(dataset.color.shape == [283, 5, 5, 3])
    #expect(dataset.spectra.shape == [283, 5, 5, 165])
    let recording = catalog.folder.manifest.recordings[0]
    let recipe = dataset.recipe
    let scene = try PreparedScene(
      PictureFile.read(catalog.folder.url(of: recording.color)),
      catalog.folder.reflectance(of: recording), recipe: recipe, place: "cube.hdr")
    var color = [Float](repeating: 0, count: recipe.colorCount)
    var spectra = [Float](repeating: 0, count: recipe.cubeCount)
    for number in stride(from: 0, to: dataset.count, by: 17) {
      let entry = catalog.entries[number]
      recipe.colorPatch(of: scene, column: entry.column, row: entry.row, into: &color)
      recipe.cubePatch(of: scene, column: entry.column, row: entry.row, into: &spectra)
      #expect(dataset.color.rows([number]).values.map(\.bitPattern) == color.map(\.bitPattern))
      #expect(
        dataset.spectra.rows([number]).values.map(\.bitPattern) == spectra.map(\.bitPattern))
    }
    let again = try PairedDataset.load(catalog, recipe: recipe)
    #expect(again.spectra == dataset.spectra)
  }

  @Test("what pretreatment is fitted to are the training samples' pixels, and nothing else")
  func fittedPretreatment() throws {
    let catalog = try Self.catalog.get().keeping([0, 3])
    let steps: [SpectralRecipe.Step] = [
      .scatterCorrection, .principalComponents(count: 4, axes: nil),
    ]
    func load(_ steps: [SpectralRecipe.Step], _ training: [Int]) throws -> PairedDataset {
      try PairedDataset.load(
        catalog,
        options: .scene(
          patch: 3, pretreatment: SpectralRecipe(steps: steps), bands: BandChoice(every: 16)),
        fittingOn: training)
    }
    let dataset = try load(steps, Array(0..<50))
    let plain = try load([], Array(0..<50))
    let bands = plain.recipe.wavelengths.count
    // Undoing the standardization gives the reflectances that the steps were fitted to.
    let training = plain.spectra.rows(Array(0..<50)).values.enumerated().map { place, value in
      value * plain.recipe.bandDeviation[place % bands] + plain.recipe.bandMean[place % bands]
    }
    let wanted = SpectralRecipe(steps: steps).fitted(to: training, bands: bands)
    guard case .scatterCorrection(let found?) = dataset.recipe.pretreatment.steps[0],
      case .scatterCorrection(let reference?) = wanted.steps[0]
    else {
      Issue.record("the scatter correction is not fitted")
      return
    }
    expectClose(found, reference, absolute: 1e-5, relative: 1e-5)
    #expect(dataset.spectra.shape == [283, 3, 3, 4])
    #expect(try load(steps, Array(50..<100)).recipe.pretreatment != dataset.recipe.pretreatment)
    let again = try PairedDataset.load(catalog, recipe: dataset.recipe)
    #expect(again.spectra == dataset.spectra)
  }

  @Test("the training samples have mean 0 and deviation 1, the others need not")
  func fittedOnTraining() throws {
    let catalog = try Self.catalog.get().keeping([0, 3])
    let training = Array(0..<50)
    let dataset = try PairedDataset.load(
      catalog, options: .scene(patch: 3, bands: BandChoice(every: 16)), fittingOn: training)
    func mean(_ samples: [Int], band: Int) -> Double {
      let values = dataset.spectra.rows(samples).values
      let channels = dataset.recipe.spectralChannels
      let own = stride(from: band, to: values.count, by: channels).map { Double(values[$0]) }
      return own.reduce(0, +) / Double(own.count)
    }
    let all = Array(0..<dataset.count)
    for band in 0..<dataset.recipe.spectralChannels {
      #expect(abs(mean(training, band: band)) < 1e-4)
      #expect(abs(mean(all, band: band)) > 1e-3)
    }
  }
}

@Suite("Published training mask")
struct TrainingMaskTests {
  static let maskFile = sharedData?.appending(path: "indian-pines/indianpines_disjoint_dset.mat")

  /// The mask as published: a MATLAB 5 file with one uncompressed 145 × 145 matrix of bytes, column
  /// by column, behind a tag that says so.
  static func published() throws -> [UInt8] {
    let file = try #require(maskFile)
    let bytes = [UInt8](try Data(contentsOf: file))
    try #require(bytes.count == 21_248)
    #expect(Array(bytes[208..<216]) == [2, 0, 0, 0, 0x21, 0x52, 0, 0])
    let columns = bytes[216..<(216 + 145 * 145)]
    return (0..<(145 * 145)).map { pixel in
      columns[216 + pixel % 145 * 145 + pixel / 145]
    }
  }

  /// The shipped recording with the mask, sealed in a folder of its own.
  static func make(in folder: URL, mask: [UInt8], acceptedOverlap: String?) throws {
    let shipped = sampleData.appending(path: "IndianPines")
    for name in ["color.png", "cube.hdr", "cube.raw", "labels.png"] {
      try FileManager.default.copyItem(
        at: shipped.appending(path: name), to: folder.appending(path: name))
    }
    try LabelMapFile.write(
      LabelMap(width: 145, height: 145, labels: mask.map { UInt16($0) }),
      to: folder.appending(path: "mask.png"))
    var manifest = try RecordingFolder.open(shipped).manifest
    manifest.recordings[0].split = .init(
      trainingMask: "mask.png", acceptedOverlap: acceptedOverlap)
    try manifest.seal(in: folder)
  }

  @Test(
    "it leaves 5,432 training and 4,630 test pixels of 12 classes, and leaks as published",
    .enabled(if: maskFile != nil, "the published mask is not beside the package"))
  func counts() throws {
    let mask = try Self.published()
    #expect(mask.count { $0 != 0 } == 5_689)
    try withTemporaryFolder { folder in
      try Self.make(in: folder, mask: mask, acceptedOverlap: "published")
      let catalog = try SampleCatalog.open(folder)
      var plan = SplitPlan(method: .trainingMask, seed: 4)
      plan.classMinimum = .init(training: 50, test: 50)
      plan.labelsPerClass = 20
      let planned = try catalog.split(by: plan, patch: 7)
      let split = planned.split
      #expect(planned.catalog.classes.count == 12)
      #expect(split.training.count + split.validation.count + split.calibration.count == 5_432)
      #expect(split.test.count == 4_630)
      #expect(split.standing == .acceptedOverlap)
      #expect(planned.acceptedOverlap == "published")
      #expect(split.labelled.count == 240)
      #expect(split.validation.count > 400 && split.calibration.count > 250)
      for label in planned.catalog.classes.indices {
        let own = split.labelled.filter { planned.catalog.entries[$0].label == label }
        #expect(own.count == 20)
      }
    }
  }

  @Test(
    "the published fractions of overlap come out",
    .enabled(if: maskFile != nil, "the published mask is not beside the package"),
    arguments: [
      (5, 0.30, 0.71), (9, 0.59, 0.98), (15, 0.84, 1.0), (19, 0.93, 1.0), (25, 0.98, 1.0),
    ])
  func fractions(patch: Int, trainingCenter: Double, sharedPixel: Double) throws {
    let mask = try Self.published()
    let labels = try LabelMapFile.read(sampleData.appending(path: "IndianPines/labels.png"))
    var (training, test): ([LeakCheck.Center], [LeakCheck.Center]) = ([], [])
    for (pixel, label) in labels.labels.enumerated() {
      let center = LeakCheck.Center(
        column: pixel % 145, row: pixel / 145, label: label == 0 ? nil : Int(label))
      if mask[pixel] != 0 {
        training.append(center)
      } else if label != 0 {
        test.append(center)
      }
    }
    #expect(training.count == 5_689 && test.count == 4_711)
    let found = LeakCheck.overlaps(training: training, test: test, patch: patch)
    let total = Double(test.count)
    #expect(abs(Double(found.trainingCenter) / total - trainingCenter) <= 0.01)
    #expect(abs(Double(found.sharedPixel) / total - sharedPixel) <= 0.01)
  }

  @Test(
    "without a reason to accept the overlap the mask is refused",
    .enabled(if: maskFile != nil, "the published mask is not beside the package"))
  func refused() throws {
    let mask = try Self.published()
    try withTemporaryFolder { folder in
      try Self.make(in: folder, mask: mask, acceptedOverlap: nil)
      let catalog = try SampleCatalog.open(folder)
      #expect(throws: LeakRefused.self) {
        try catalog.split(by: SplitPlan(method: .trainingMask), patch: 7)
      }
      // With a guard band wide enough there is nothing to accept.
      var plan = SplitPlan(method: .trainingMask)
      plan.guardBand = 6
      plan.classMinimum = .init(training: 20, test: 20)
      let planned = try catalog.split(by: plan, patch: 7)
      #expect(planned.split.leak == Leak())
      #expect(planned.guarded > 1000)
    }
  }
}
