import Datasets
import Tensors
import TestSupport
import Testing

@testable import Distillation

@Suite("Classical arms")
struct ClassicalArmsTests {
  @Test(
    "every classical arm judges by mean spectra and by pixels, far above chance",
    arguments: [Arm.spectralAngle, .linearDiscriminant, .leastSquares, .logisticRegression],
    BaselineSettings.Unit.allCases)
  func judged(arm: Arm, unit: BaselineSettings.Unit) throws {
    try withTemporaryFolder { folder in
      var experiment = TinyPairs.experiment(arms: [arm])
      experiment.baselines.unit = unit
      let run = TinyPairs.run(experiment, in: folder)
      let found = try run.classical(arm, TinyPairs.split, seed: 1)
      let logits = try #require(found.logits[.test])
      #expect(logits.shape == [30, 3])
      let right = TinyPairs.split.test.enumerated().count { place, row in
        let scores = logits.values[(3 * place)..<(3 * place + 3)]
        return run.dataset.labels[row]
          == scores.indices.max { scores[$0] < scores[$1] }
          .map { $0 - scores.startIndex }
      }
      #expect(right >= 27, "\(right) of 30")
    }
  }

  @Test("pixels off the object are left out, but no object is without a spectrum")
  func offTheObject() {
    // Two objects of two pixels: of the first one pixel is off, of the second both.
    let crops = Tensor(
      shape: [2, 1, 2, 3], values: [1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    let pixels = ObjectSpectra(of: crops, unit: .pixels)
    #expect(pixels.spectra.values == [1, 2, 3, 0, 0, 0] && pixels.objects == [0, 1])
    let means = ObjectSpectra(of: crops, unit: .mean)
    #expect(means.spectra.values == [1, 2, 3, 0, 0, 0] && means.objects == [0, 1])
    let whole = ObjectSpectra(
      of: Tensor(shape: [1, 1, 2, 3], values: [1, 2, 3, 3, 4, 5]), unit: .mean)
    #expect(whole.spectra.values == [2, 3, 4])
    let scores = pixels.mean(
      of: Tensor(shape: [2, 2], values: [1, 0, 0.25, 0.75]), objects: 2)
    #expect(scores.values == [1, 0, 0.25, 0.75])
  }
}
