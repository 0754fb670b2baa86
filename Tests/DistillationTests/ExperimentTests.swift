import Diagnostics
import Foundation
import NeuralNetworks
import TestSupport
import Testing

@testable import Distillation

@Suite("Experiment file")
struct ExperimentTests {
  private func read(_ text: String) throws -> Experiment {
    let experiment = try JSONFile.decode(
      Experiment.self, from: Data(text.utf8), place: "scrap.json5")
    try experiment.check(place: "scrap.json5")
    return experiment
  }

  @Test("names only what it changes")
  func defaults() throws {
    let found = try read("{ training: { steps: 50 } }")
    var wanted = Experiment()
    wanted.training.steps = 50
    #expect(found == wanted)
  }

  @Test("is the same when it is written and read again")
  func again() throws {
    let found = try read(
      "{ distillation: { preset: 'garcia-2018', hint: 'orthonormal' }, arms: ['student'] }")
    #expect(found.distillation.hint == .orthonormal && found.distillation.temperature == 10)
    #expect(try read(String(decoding: JSONFile.encode(found), as: UTF8.self)) == found)
  }

  @Test(
    "a setting that nobody reads, or that cannot work, is refused by name",
    arguments: [
      ("{ steps: 3 }", "'steps': no such key; known here are arms, baselines, data,"),
      ("{ training: { optimizer: { rate: 1 } } }", "'training.optimizer.rate': no such key"),
      ("{ data: { recipe: { colourSize: 1 } } }", "'data.recipe.colourSize': no such key"),
      (
        "{ data: { recipe: { colorSize: 8, cubeSize: 8, bands: { step: 2 } } } }",
        "'data.recipe.bands.step': no such key"
      ),
      (
        "{ data: { split: { method: 'groups', classMinimum: { training: 1, test: 1, all: 1 } } } }",
        "'data.split.classMinimum.all': no such key"
      ),
      (
        "{ network: { stages: [{ filters: 8, kernel: 3 }] } }",
        "'network.stages.[0].kernel': no such key"
      ),
      ("{ distillation: { preset: 'garcia-2017' } }", "'distillation.preset': "),
      ("{ name: '../up' }", "'name' is '../up', a name that a folder can have was wanted"),
      ("{ seeds: [] }", "'seeds' is empty, at least one was wanted"),
      ("{ arms: ['color', 'color'] }", "'arms' is naming an arm twice, each once was wanted"),
      ("{ training: { steps: 10 } }", "'training.warmUpSteps' is 20, 0 to all of"),
      ("{ training: { labelSmoothing: 2 } }", "'training.labelSmoothing' is 2.0, a number from"),
      ("{ training: { checkpointSeconds: NaN } }", "'training.checkpointSeconds' is nan, a number"),
      (
        "{ training: { optimizer: { learningRate: Infinity } } }",
        "'training.optimizer': learningRate is inf, a number above 0 was wanted"
      ),
      ("{ network: { stages: [] } }", "'network.stages' is 0 stages, 1 to 16 was wanted"),
      (
        "{ network: { compactStages: [{ filters: 8, stride: 3 }] } }",
        "'network.compactStages[0].stride' is 3, a number from 1 to 2 was wanted"
      ),
      ("{ distillation: { hintOnlyShare: -1 } }", "'distillation.hintOnlyShare' is -1.0, a number"),
      ("{ data: { centerPixelNoise: -0.1 } }", "'data.centerPixelNoise' is -0.1, a number"),
    ])
  func refused(text: String, problem: String) {
    let error = #expect(throws: Complaint.self) { try read(text) }
    let found = error.map { "\($0.place): \($0.problem)" } ?? ""
    #expect(found.hasPrefix("scrap.json5: \(problem)"), "\(found)")
  }

  @Test("arms that learn from spectra bring the classical ones along")
  func baselines() throws {
    #expect(
      try read("{ arms: ['student', 'linear-discriminant'] }").arms
        == [.student, .linearDiscriminant, .spectralAngle])
    #expect(try read("{ arms: ['color', 'two-color'] }").arms == [.color, .twoColor])
  }

  @Test("published constants are chosen by name")
  func presets() throws {
    let mean = try read("{ distillation: { preset: 'garcia-2018' } }").distillation
    #expect(mean.temperature == 10 && mean.softWeight == 1 && mean.soft == .published)
    #expect(mean.hint == .logistic && mean.hintReduction == .mean && mean.hintWeight == nil)
    #expect(!mean.keepsHint && !mean.keepsTeacher && mean.start == .spectral)
    let sum = try read("{ distillation: { preset: 'garcia-2018-sum' } }").distillation
    #expect(sum.hintReduction == .sum && sum.hintWeight == 0.02)
    let later = try read("{ distillation: { preset: 'garcia-2020' } }").distillation
    #expect(later.soft == .hinton && later.hintWeight == 0.01 && later.temperature == 10)
  }

  @Test("every preset, loss and hint trains", arguments: TrainedSettings.allCases)
  func trains(settings: TrainedSettings) throws {
    try withTemporaryFolder { folder in
      try Engine.onDedicatedThreadBlocking(threads: 1) { engine in
        var experiment = TinyPairs.experiment(arms: [.student])
        experiment.seeds = [1]
        experiment.distillation = settings.distillation
        experiment.network.joining = settings == .preset(.garcia2018) ? .product : .mean
        let run = TinyPairs.run(experiment, in: folder)
        try run.fit(on: engine) { _, _ in }
        let found = try #require(try run.predictions(.student, 1))
        let logits = try #require(found.logits[.test])
        #expect(logits.values.allSatisfy { $0.isFinite })
        #expect(found.imagination?.spectra.shape == [30, 8])
      }
    }
  }

  /// What may stand in `distillation`.
  enum TrainedSettings: Equatable, CaseIterable, CustomTestStringConvertible {
    case preset(DistillationSettings.Preset)
    case hint(DistillationSettings.HintForm)
    case soft(DistillationSettings.SoftLoss)

    static var allCases: [Self] {
      DistillationSettings.Preset.allCases.map { .preset($0) }
        + DistillationSettings.HintForm.allCases.map { .hint($0) }
        + DistillationSettings.SoftLoss.allCases.map { .soft($0) }
    }

    var distillation: DistillationSettings {
      var settings = DistillationSettings()
      switch self {
      case .preset(let preset): settings = preset.settings
      case .hint(let form): settings.hint = form
      case .soft(let loss): settings.soft = loss
      }
      return settings
    }

    var testDescription: String { "\(self)" }
  }
}
