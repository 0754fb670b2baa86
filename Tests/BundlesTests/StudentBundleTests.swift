import Diagnostics
import Foundation
import Models
import NeuralNetworks
import Samples
import Tensors
import TestSupport
import Testing

@testable import Bundles

@Suite("Student bundle")
struct StudentBundleTests {
  static let classes = ["copper", "brass", "zinc"]

  /// A small bundle whose golden logits are what its network gives.
  private func make() throws -> StudentBundle {
    let architecture = Architecture(
      colorSize: 8, cubeSize: 8, bands: 4, classes: 3,
      compactStem: 16, compactStages: [.init(filters: 16, stride: 2)])
    var random = SplitMix64(seed: 8)
    let parameters = Parameters(
      initializing: Networks.compact(architecture), using: &random)
    let contents = StudentBundle.Contents(
      name: "small", network: .compact, joining: .mean, architecture: architecture,
      classes: Self.classes,
      recipe: SampleRecipe(
        colorSize: 8, cubeSize: 8, cropMillimeters: 40, masksBackground: true), temperature: 1.5,
      thresholds: [0.5, 0.5, 0.5], energyLimit: nil, calibration: "rig/2026-01-01/0", origin: [:])
    let color = Tensor(normal: [3, 8, 8, 3], deviation: 1, using: &random)
    let draft = StudentBundle(
      contents: contents, parameters: parameters, golden: (color, Tensor(shape: [3, 3])))
    let logits = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
      try draft.plan(batch: 3, on: engine)(["color": color])["logits"]
    }
    return StudentBundle(
      contents: contents, parameters: parameters, golden: (color, try #require(logits)))
  }

  private func withBundle(_ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "bundle")
      try make().write(to: place, card: "# small\n")
      try body(place)
    }
  }

  private func problem(of folder: URL) throws -> String? {
    do {
      _ = try StudentBundle.read(folder)
      return nil
    } catch let error as any Explained {
      return error.problem
    }
  }

  @Test("comes back as it was written and passes its self-test")
  func roundTrip() throws {
    try withBundle { place in
      let written = try make()
      let found = try StudentBundle.read(place)
      #expect(found.parameters == written.parameters)
      #expect(found.contents.classes == Self.classes)
      let worst = try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        try StudentBundle.open(place, on: engine).selfTest(on: engine, place: "bundle")
      }
      #expect(worst < 1e-5)
      // Written again over itself: the newer one takes its place whole.
      try written.write(to: place, card: "# small again\n")
      let again = try StudentBundle.read(place)
      #expect(again.contents.name == "small")
    }
  }

  @Test(
    "a changed byte is refused by the name of the file",
    arguments: ["weights.safetensors", "golden.safetensors", "CARD.md", "bundle.json"])
  func altered(name: String) throws {
    try withBundle { place in
      let file = place.appending(path: name)
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count - 2] ^= 1
      try bytes.write(to: file)
      let found = try #require(try problem(of: place))
      #expect(found.hasPrefix("\(name) was altered: its digest is "))
    }
  }

  @Test(
    "a missing file is named", arguments: ["weights.safetensors", "golden.safetensors", "CARD.md"])
  func missing(name: String) throws {
    try withBundle { place in
      try FileManager.default.removeItem(at: place.appending(path: name))
      let found = try problem(of: place)
      #expect(found == "\(name) is missing")
    }
  }

  @Test("a seal that is no digest is refused by its name")
  func seal() throws {
    try withBundle { place in
      try AtomicFile.write("no digest\n", to: place.appending(path: "SEAL"))
      let found = try problem(of: place)
      #expect(found == "SEAL was altered: it holds no SHA-256 digest")
    }
  }

  /// Values that a network or a line cannot work with, put into a bundle before it is sealed.
  private static let senseless:
    [(name: String, change: @Sendable (inout StudentBundle.Contents) -> Void)] = [
      ("temperature", { $0.temperature = 0 }), ("temperature", { $0.temperature = .infinity }),
      ("thresholds", { $0.thresholds[0] = 2 }), ("energyLimit", { $0.energyLimit = .nan }),
      ("recipe.colorMean", { $0.recipe.colorMean = [1] }),
      ("recipe.colorDeviation", { $0.recipe.colorDeviation[1] = 0 }),
      ("recipe.cropMillimeters", { $0.recipe.cropMillimeters = -4 }),
      ("architecture.colorSize", { $0.architecture.colorSize = -8 }),
      ("architecture.cubeSize", { $0.architecture.cubeSize = 5 }),
      ("architecture.compactStem", { $0.architecture.compactStem = -3 }),
      ("architecture.compactStages", { $0.architecture.compactStages = [] }),
      ("architecture.compactStages", { $0.architecture.compactStages[0].stride = 7 }),
      ("architecture.stages", { $0.architecture.stages[0].filters = 1_000_000_000_000 }),
    ]

  @Test(
    "a sealed bundle without sense is refused by the value's name", arguments: senseless.indices)
  func values(index: Int) throws {
    let (name, change) = Self.senseless[index]
    var contents = try make().contents
    change(&contents)
    let error = #expect(throws: BundleError.self) { try contents.check(place: "bundle") }
    #expect(error?.problem.hasPrefix("'\(name)' in bundle.json is ") == true, "\(error as Any)")
  }

  @Test("a folder that is no bundle is said to be none")
  func notABundle() throws {
    try withTemporaryFolder { folder in
      let found = try problem(of: folder)
      #expect(found == "not a bundle: it has no bundle.json and SEAL")
    }
  }

  @Test("weights that do what they did not do before fail the self-test")
  func selfTest() throws {
    let good = try make()
    var logits = good.golden.logits
    logits.values[0] += 1
    let bad = StudentBundle(
      contents: good.contents, parameters: good.parameters,
      golden: (good.golden.color, logits))
    #expect(throws: BundleError.self) {
      try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        try bad.selfTest(on: engine, place: "bundle")
      }
    }
  }

  @Test("damaged bundles are refused, whatever the damage")
  func fuzz() throws {
    try withBundle { place in
      var random = SplitMix64(seed: 12)
      for name in ["bundle.json", "weights.safetensors", "SEAL"] {
        let file = place.appending(path: name)
        let whole = try Data(contentsOf: file)
        for _ in 0..<40 {
          var bytes = whole
          bytes[random.nextIndex(below: bytes.count)] ^= UInt8(1 << random.nextIndex(below: 8))
          try bytes.prefix(1 + random.nextIndex(below: bytes.count)).write(to: file)
          let found = try problem(of: place)
          #expect(found != nil)
        }
        try whole.write(to: file)
      }
    }
  }
}
