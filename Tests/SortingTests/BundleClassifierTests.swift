import Bundles
import Models
import NeuralNetworks
import Samples
import Tensors
import TestSupport
import Testing

@testable import Sorting

@Suite("Bundle classifier")
struct BundleClassifierTests {
  private static func bundle(cropMillimeters: Double?, on engine: Engine) throws -> StudentBundle {
    var architecture = Architecture(colorSize: 12, cubeSize: 12, bands: 4, classes: 3)
    architecture.compactStem = 8
    architecture.compactStages = [.init(filters: 8, stride: 2)]
    let graph = Networks.compact(architecture)
    var random = SplitMix64(seed: 7)
    let parameters = Parameters(initializing: graph, using: &random)
    let color = Tensor(normal: [2, 12, 12, 3], deviation: 1, using: &random)
    let recipe = SampleRecipe(
      colorSize: 12, cubeSize: 12, cropMillimeters: cropMillimeters, masksBackground: true)
    let contents = StudentBundle.Contents(
      name: "small", network: .compact, joining: .mean, architecture: architecture,
      classes: TestLine.classes, recipe: recipe, temperature: 2, thresholds: [0.1, 0.2, 0.3],
      energyLimit: 5, calibration: "none", origin: [:])
    return StudentBundle(
      contents: contents, parameters: parameters,
      golden: (color, Tensor(shape: [2, 3], repeating: 0)))
  }

  @Test(
    "gives the logits of the bundle's own plan, for any number of crops", arguments: [1, 7, 8, 19])
  func logits(count: Int) throws {
    let (found, wanted) = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      let bundle = try Self.bundle(cropMillimeters: 36, on: engine)
      let classifier = try BundleClassifier(bundle, threads: 1)
      var random = SplitMix64(seed: UInt64(count))
      let crops = Tensor(normal: [count, 12, 12, 3], deviation: 1, using: &random)
      var logits = [Float](repeating: .nan, count: count * 3 + 5)
      try classifier.classify(crops.values + [1, 2, 3], count: count, into: &logits)
      let wanted = try bundle.plan(batch: count, on: engine)(["color": crops])["logits"]
      return (Array(logits.prefix(count * 3)), wanted?.values ?? [])
    }
    expectClose(found, wanted, absolute: 1e-5, relative: 1e-5)
  }

  @Test("made on one thread, it gives the same on another, warm")
  func moved() throws {
    let classifier = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      try BundleClassifier(Self.bundle(cropMillimeters: 36, on: engine), threads: 2)
    }
    var random = SplitMix64(seed: 3)
    let crops = Tensor(normal: [9, 12, 12, 3], deviation: 1, using: &random).values
    let results = try (0..<2).map { _ in
      try Engine.onDedicatedThreadBlocking(threads: 1) { _ in
        var recipe = try LoadedRecipe(classifier, SortingRecipe(ejected: ["copper"]))
        try recipe.warm(pieces: 9)
        try classifier.classify(crops, count: 9, into: &recipe.logits)
        return recipe.logits
      }
    }
    #expect(results[0] == results[1] && Set(results[0]).count > 9)
  }

  @Test("takes temperature, thresholds, limit and recipe from the bundle")
  func rule() throws {
    let (rule, recipe) = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      let classifier = try BundleClassifier(
        Self.bundle(cropMillimeters: 36, on: engine), threads: 1)
      return (classifier.rule, classifier.recipe)
    }
    #expect(rule.classes == TestLine.classes)
    #expect(rule.temperature == 2)
    #expect(rule.thresholds == [0.1, 0.2, 0.3])
    #expect(rule.energyLimit == 5)
    #expect(recipe.cropMillimeters == 36)
  }

  @Test("a bundle that was trained on a scene is refused")
  func scene() throws {
    let text = complaint {
      try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        _ = try BundleClassifier(Self.bundle(cropMillimeters: nil, on: engine), threads: 1)
      }
    }
    #expect(text.contains("was trained on a scene"))
  }
}
