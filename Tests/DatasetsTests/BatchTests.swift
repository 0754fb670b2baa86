import CameraCalibration
import Foundation
import Hyperspectral
import Imaging
import Samples
import Tensors
import TestSupport
import Testing

@testable import Datasets

/// Samples whose pixels tell where they are: color and spectra of `count` crops.
private func makeDataset(
  count: Int = 6, color: Int = 6, cube: Int = 3, steps: [SpectralRecipe.Step] = []
) -> PairedDataset {
  let bands = 4
  var recipe = SampleRecipe(
    colorSize: color, cubeSize: cube, cropMillimeters: 10, masksBackground: true,
    colorMean: [0.4, 0.5, 0.6], colorDeviation: [0.1, 0.2, 0.3],
    pretreatment: SpectralRecipe(steps: steps),
    wavelengths: (0..<bands).map { .init(nanometers: 500 + 100 * Double($0)) })
  recipe.bandMean = [Float](repeating: 0.3, count: recipe.spectralChannels)
  recipe.bandDeviation = [Float](repeating: 0.5, count: recipe.spectralChannels)
  var random = SplitMix64(seed: 3)
  return PairedDataset(
    classes: ["a", "b"],
    color: Tensor(normal: [count, color, color, 3], deviation: 1, using: &random),
    spectra: Tensor(
      normal: [count, cube, cube, recipe.spectralChannels], deviation: 1, using: &random),
    labels: (0..<count).map { $0 % 2 }, pieces: (0..<count).map { "p/\($0)" },
    groups: (0..<count).map { "g\($0)" }, recipe: recipe, calibration: "rig")
}

@Suite("Augmentation")
struct AugmentationTests {
  @Test("the eight turns of a square are a group: each has its inverse and keeps every pixel")
  func turns() {
    let size = 3
    var seen: Set<[Int]> = []
    for isMirrored in [false, true] {
      for quarters in 0..<4 {
        let turn = SquareTurn(isMirrored: isMirrored, quarters: quarters)
        let order = (0..<9).map { turn.source(row: $0 / 3, column: $0 % 3, size: size) }
        #expect(order.sorted() == Array(0..<9))
        seen.insert(order)
        var values = (0..<9).map { Float($0) }
        for _ in 0..<4 {
          SquareTurn(isMirrored: false, quarters: quarters)
            .apply(to: &values, at: 0, size: size, channels: 1)
        }
        #expect(values == (0..<9).map { Float($0) })
      }
    }
    #expect(seen.count == 8)
    var quarter = (0..<4).map { Float($0) }
    SquareTurn(isMirrored: false, quarters: 1).apply(to: &quarter, at: 0, size: 2, channels: 1)
    #expect(quarter == [2, 0, 3, 1])
  }

  @Test("both crops are turned alike, whatever their sizes")
  func sharedGeometry() {
    // Each pixel holds its place on the square in shares of its side, in both crops.
    func places(_ size: Int) -> [Float] {
      (0..<(size * size)).flatMap { pixel -> [Float] in
        [(Float(pixel % size) + 0.5) / Float(size), (Float(pixel / size) + 0.5) / Float(size), 1]
      }
    }
    let recipe = SampleRecipe(
      colorSize: 6, cubeSize: 3, cropMillimeters: 10, masksBackground: false,
      wavelengths: [500, 600, 700].map { .init(nanometers: $0) }, bandMean: [0, 0, 0],
      bandDeviation: [1, 1, 1])
    let count = 64
    var batch = PairedBatch(
      color: Tensor(
        shape: [count, 6, 6, 3], values: (0..<count).flatMap { _ in places(6) }),
      spectra: Tensor(
        shape: [count, 3, 3, 3], values: (0..<count).flatMap { _ in places(3) }),
      labels: [Int?](repeating: 0, count: count), samples: Array(0..<count))
    var random = SplitMix64(seed: 1)
    Augmentation.geometry.apply(to: &batch, recipe: recipe, using: &random)
    var kinds: Set<[Float]> = []
    for sample in 0..<count {
      let color = batch.color.rows([sample]).values
      let spectra = batch.spectra.rows([sample]).values
      kinds.insert(spectra)
      for pixel in 0..<9 {
        // The mean of the four color pixels under a cube pixel is that pixel's place.
        let (row, column) = (pixel / 3 * 2, pixel % 3 * 2)
        for channel in 0..<2 {
          let four = [0, 1, 6, 7].map { color[((row * 6 + column) + $0) * 3 + channel] }
          expectClose(
            [four.reduce(0, +) / 4], [spectra[pixel * 3 + channel]], absolute: 1e-6)
        }
      }
    }
    #expect(kinds.count == 8)
  }

  @Test("photometry is that of light before standardization")
  func photometry() {
    let dataset = makeDataset()
    let recipe = dataset.recipe
    var augmentation = Augmentation.none
    augmentation.spectra.gain = 0.2
    augmentation.color.exposure = 0.3
    var batch = dataset.batch([0, 1, 2])
    var random = SplitMix64(seed: 8)
    augmentation.apply(to: &batch, recipe: recipe, using: &random)
    for sample in 0..<3 {
      let old = dataset.spectra.rows([sample]).values.map { $0 * 0.5 + 0.3 }
      let new = batch.spectra.rows([sample]).values.map { $0 * 0.5 + 0.3 }
      let gain = new[0] / old[0]
      #expect(gain > 0.8 && gain < 1.2 && abs(gain - 1) > 1e-4)
      expectClose(new, old.map { $0 * gain }, absolute: 1e-5)
      func share(_ values: [Float]) -> [Float] {
        values.enumerated().map {
          $0.element * recipe.colorDeviation[$0.offset % 3] + recipe.colorMean[$0.offset % 3]
        }
      }
      let before = share(dataset.color.rows([sample]).values)
      let after = share(batch.color.rows([sample]).values)
      expectClose(after, before.map { $0 * (after[0] / before[0]) }, absolute: 1e-5)
    }
  }

  @Test("after the standard normal variate a gain moves the logarithm of the mean alone")
  func gainAfterNormalVariate() {
    let dataset = makeDataset(steps: [.standardNormalVariate, .logMeanReflectance])
    var augmentation = Augmentation.none
    augmentation.spectra.gain = 0.2
    augmentation.spectra.offset = 0.1
    var batch = dataset.batch([0])
    var random = SplitMix64(seed: 8)
    augmentation.apply(to: &batch, recipe: dataset.recipe, using: &random)
    let changes = zip(batch.spectra.values, dataset.spectra.rows([0]).values).map { $0 - $1 }
    for (place, change) in changes.enumerated() {
      if place % 5 == 4 {
        #expect(abs(change) > 1e-4)
        #expect(abs(change - changes[4]) < 1e-6)
      } else {
        #expect(change == 0)
      }
    }
  }

  @Test("background stays 0 under every change, and blur does not spread it")
  func background() {
    let dataset = makeDataset()
    var batch = dataset.batch([0, 1, 2, 3])
    for sample in 0..<4 {
      for place in 0..<(18 * 3) { batch.color.values[sample * 108 + place] = 0 }
      for place in 0..<12 { batch.spectra.values[sample * 36 + place] = 0 }
      for place in (18 * 3)..<108 { batch.color.values[sample * 108 + place] = 0.7 }
    }
    var augmentation = Augmentation.standard
    (augmentation.flips, augmentation.quarterTurns) = (false, false)
    augmentation.color = .init(blurProbability: 1)
    var random = SplitMix64(seed: 2)
    augmentation.apply(to: &batch, recipe: dataset.recipe, using: &random)
    for sample in 0..<4 {
      let color = batch.color.rows([sample]).values
      #expect(color[..<54].allSatisfy { $0 == 0 })
      #expect(color[54...].allSatisfy { abs($0 - 0.7) < 1e-6 })
      #expect(batch.spectra.rows([sample]).values[..<12].allSatisfy { $0 == 0 })
      #expect(batch.spectra.rows([sample]).values[12...].contains { $0 != 0 })
    }
  }

  @Test("a lost band is at its mean in all pixels of the sample")
  func dropout() {
    let dataset = makeDataset(count: 40)
    var augmentation = Augmentation.none
    augmentation.spectra.bandDropout = 0.25
    var batch = dataset.batch(Array(0..<40))
    var random = SplitMix64(seed: 2)
    augmentation.apply(to: &batch, recipe: dataset.recipe, using: &random)
    var lost = 0
    for sample in 0..<40 {
      let values = batch.spectra.rows([sample]).values
      for band in 0..<4 {
        let own = stride(from: band, to: values.count, by: 4).map { values[$0] }
        let isLost = own.allSatisfy { $0 == 0 }
        #expect(isLost || !own.contains(0))
        if isLost { lost += 1 }
      }
    }
    #expect((25...55).contains(lost))
  }

  @Test("the same draw gives the same bits, another draw others")
  func deterministic() {
    let dataset = makeDataset(count: 12)
    func make(_ draw: Int) -> PairedBatch {
      var batch = dataset.batch(Array(0..<12))
      var random = SplitMix64(seed: 9, purpose: "draw \(draw)")
      Augmentation.standard.apply(to: &batch, recipe: dataset.recipe, using: &random)
      return batch
    }
    #expect(make(3) == make(3))
    #expect(make(3) != make(4))
  }
}

@Suite("Paired batches")
struct PairedBatchTests {
  @Test("hidden labels are left out of a batch")
  func hidden() {
    let batch = makeDataset().batch([4, 1, 3], hidingLabelsOf: [1])
    #expect(batch.labels == [0, nil, 1])
    #expect(batch.samples == [4, 1, 3])
  }

  @Test("a reduced cube crop is the noisy center everywhere, and color is untouched")
  func reduced() {
    let dataset = makeDataset(count: 400)
    var random = SplitMix64(seed: 6)
    let reduced = dataset.reducedToCenterSpectra(noise: 0.1, using: &random)
    #expect(reduced.color == dataset.color)
    var squares = 0.0
    for sample in 0..<400 {
      let values = reduced.spectra.rows([sample]).values
      let center = dataset.spectra.rows([sample]).values[16..<20]
      for pixel in 1..<9 { #expect(values[(pixel * 4)..<(pixel * 4 + 4)] == values[0..<4]) }
      for (new, old) in zip(values[0..<4], center) { squares += Double((new - old) * (new - old)) }
    }
    expectClose([(squares / 1600).squareRoot()], [0.1], absolute: 0.01)
  }
}

@Suite("Belt recordings as samples")
struct BeltSamplesTests {
  static let options = RecipeOptions(colorSize: 8, cubeSize: 4, cropMillimeters: 16)

  @Test("rows of the dataset are the crops that the live line cuts, bit by bit")
  func sameBits() throws {
    try withTemporaryFolder { folder in
      try BeltFixture.write(in: folder).seal(in: folder)
      let (dataset, planned) = try PairedDataset.load(
        folder, options: Self.options, plan: SplitTests.threeDays)
      let recipe = dataset.recipe
      #expect(dataset.count == 24)
      #expect(dataset.calibration == (try BeltFixture.calibration.id))
      #expect(dataset.color.shape == [24, 8, 8, 3] && dataset.spectra.shape == [24, 4, 4, 4])
      let registration = try Registration(BeltFixture.calibration, place: "rig")
      for (number, entry) in planned.catalog.entries.enumerated() {
        let recording = planned.catalog.folder.manifest.recordings[entry.recording]
        let picture = try PictureFile.read(folder.appending(path: recording.color))
        let map = try LabelMapFile.read(folder.appending(path: "\(recording.id)/pieces.png"))
        var live = [Float](repeating: 5, count: recipe.colorCount)
        recipe.colorCrop(
          of: entry.region, in: picture, mask: map, through: registration, into: &live)
        #expect(
          dataset.color.rows([number]).values.map(\.bitPattern) == live.map(\.bitPattern))
        #expect(live.contains { $0 != 0 } && live.contains(0))
      }
    }
  }

  @Test("a piece outside the cube stops loading and is named")
  func outside() throws {
    try withTemporaryFolder { folder in
      var manifest = try BeltFixture.write(in: folder)
      var calibration = BeltFixture.calibration
      calibration.cube = .init(scaleX: 1.6, scaleY: 2, shiftX: 0.5, shiftY: 0.5)
      try calibration.write(to: folder.appending(path: "narrow.json"))
      manifest.recordings[2].calibration = "narrow.json"
      try manifest.seal(in: folder)
      let message = complaint {
        _ = try PairedDataset.load(folder, options: Self.options, plan: SplitTests.threeDays)
      }
      #expect(
        message.hasSuffix(
          """
          manifest.json: 24 pieces in, 22 used: r2/2 (part of it lies outside the cube); r2/4 \
          (part of it lies outside the cube)
            help: correct the labels, or list the pieces under 'exclude' with the reason
          """))
    }
  }

  @Test("a recipe for scenes is refused for a belt and the other way round")
  func layouts() throws {
    try withTemporaryFolder { folder in
      try BeltFixture.write(in: folder).seal(in: folder)
      let message = complaint {
        _ = try PairedDataset.load(
          folder, options: .scene(patch: 3), plan: SplitTests.threeDays)
      }
      #expect(message.contains("a belt recording, but the recipe has no 'cropMillimeters'"))
    }
    let scene = try SampleCatalog.open(sampleData.appending(path: "IndianPines"))
    #expect(
      complaint {
        _ = try PairedDataset.load(scene, options: Self.options, fittingOn: [0, 1])
      }.contains("a scene, but the recipe crops 16.0 mm of a belt"))
  }
}
