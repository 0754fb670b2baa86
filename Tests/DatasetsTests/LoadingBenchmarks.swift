import CameraCalibration
import Datasets
import Imaging
import Samples
import Tensors
import TestSupport
import Testing

@Suite("Loading benchmarks", .tags(.benchmark), .serialized)
struct LoadingBenchmarks {
  @Test("patches of a scene, 7 × 7 × 165")
  func patches() throws {
    let folder = try RecordingFolder.open(sampleData.appending(path: "IndianPines"))
    try Benchmark("paired patches of 7 × 7 × (3 + 165), from disk", unit: "patches").measure(
      small: 593, full: 10_249,
      setUp: { count in
        let catalog = try SampleCatalog.open(folder)
        return count == 10_249 ? catalog : catalog.keeping([11])
      },
      work: { catalog in
        let dataset = try PairedDataset.load(
          catalog, options: .scene(patch: 7), fittingOn: Array(0..<400))
        #expect(dataset.count == catalog.entries.count)
        return dataset.spectra.values[100]
      })
  }

  @Test("live color crops, 64 × 64 from 0.25 mm pixels")
  func liveCrops() throws {
    let registration = try Registration(
      RigCalibration(
        rig: "bench", date: "2026-01-31",
        color: .init(matrix: [0.25, 0.001, 0, -0.001, 0.25, 0, 0, 0, 1]),
        cube: .init(scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0), beltWidthMillimeters: 300,
        valveBarMillimeters: 0, registrationErrorMillimeters: 0), place: "bench")
    let recipe = SampleRecipe(
      colorSize: 64, cubeSize: 32, cropMillimeters: 40, masksBackground: true)
    let picture = Picture(width: 800, height: 600, repeating: 90)
    var map = LabelMap(width: 800, height: 600)
    for y in 200..<300 { for x in 300..<420 { map[x, y] = 1 } }
    let piece = PieceRegion(number: 1, columns: 300...419, rows: 200...299, pixelCount: 12_000)
    Benchmark("live color crops of 64 × 64 × 3", unit: "crops").measure(
      small: 2, full: 200,
      setUp: { (count: $0, crop: [Float](repeating: 0, count: recipe.colorCount)) },
      work: { input in
        for _ in 0..<input.count {
          recipe.colorCrop(
            of: piece, in: picture, mask: map, through: registration, into: &input.crop)
        }
        return input.crop[recipe.colorCount / 2]
      })
  }

  @Test("augmentation, 7 × 7 × (3 + 165)")
  func augmentation() throws {
    let catalog = try SampleCatalog.open(sampleData.appending(path: "IndianPines")).keeping([11])
    let dataset = try PairedDataset.load(
      catalog, options: .scene(patch: 7), fittingOn: Array(0..<400))
    Benchmark("augmented pairs of 7 × 7 × (3 + 165)", unit: "pairs").measure(
      small: 64, full: 512, setUp: { Array(0..<$0) },
      work: { samples in
        var batch = dataset.batch(samples)
        var random = SplitMix64(seed: 1)
        Augmentation.standard.apply(to: &batch, recipe: dataset.recipe, using: &random)
        return batch.spectra.values[50] + batch.color.values[50]
      })
  }
}
