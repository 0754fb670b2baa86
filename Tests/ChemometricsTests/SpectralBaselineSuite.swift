import Tensors
import TestSupport
import Testing

@testable import Chemometrics

@Suite("Spectral baselines")
struct SpectralBaselineSuite {
  /// Three classes along different bands, with noise.
  private func spectra(_ count: Int, seed: UInt64) -> (Tensor, [Int]) {
    var random = SplitMix64(seed: seed)
    var values: [Float] = []
    var labels: [Int] = []
    for number in 0..<count {
      labels.append(number % 3)
      for band in 0..<10 {
        values.append((band / 3 == number % 3 ? 1 : 0) + Float(random.nextNormal()) * 0.3)
      }
    }
    return (Tensor(shape: [count, 10], values: values), labels)
  }

  private func accuracy(_ scores: Tensor, _ truth: [Int]) -> Double {
    let hits = truth.indices.count { row in
      let own = scores.values[(row * scores.rowCount)..<((row + 1) * scores.rowCount)]
      return own.indices.max { own[$0] < own[$1] } == row * scores.rowCount + truth[row]
    }
    return Double(hits) / Double(truth.count)
  }

  @Test(
    "name most spectra of separable classes", arguments: ["angle", "discriminant", "nearest"])
  func separable(name: String) {
    let (training, labels) = spectra(60, seed: 1)
    let (test, truth) = spectra(90, seed: 2)
    let model: any SpectralBaseline =
      switch name {
      case "angle": SpectralAngleMapper(training, labels: labels, classes: 3)
      case "nearest": NearestNeighbor(training, labels: labels, classes: 3)
      default: PrincipalDiscriminant(training, labels: labels, classes: 3, components: 5)
      }
    #expect(accuracy(model.scores(test), truth) > 0.9)
  }

  @Test("the nearest neighbor's scores are distances, whatever the number of bands")
  func nearest() {
    for bands in [1, 15, 16, 17, 40] {
      var random = SplitMix64(seed: 9)
      let known = Tensor(normal: [12, bands], deviation: 1, using: &random)
      let asked = Tensor(normal: [5, bands], deviation: 1, using: &random)
      let labels = (0..<12).map { $0 % 3 }
      let found = NearestNeighbor(known, labels: labels, classes: 4).scores(asked)
      for row in 0..<5 {
        for label in 0..<4 {
          let nearest = (0..<12).filter { labels[$0] == label }.map { number in
            (0..<bands).reduce(Float(0)) { sum, band in
              let difference =
                known.values[number * bands + band] - asked.values[row * bands + band]
              return sum + difference * difference
            }
          }.min()
          let wanted = nearest.map { -$0 } ?? -.greatestFiniteMagnitude
          expectClose(found.values[row * 4 + label], wanted, absolute: 1e-5, relative: 1e-5)
        }
      }
    }
  }

  @Test("a class without samples never wins")
  func emptyClass() {
    let (training, labels) = spectra(60, seed: 1)
    let model = PrincipalDiscriminant(training, labels: labels, classes: 4)
    #expect(accuracy(model.scores(training), labels) > 0.8)
    #expect((0..<60).allSatisfy { model.scores(training).values[$0 * 4 + 3] < -1e8 })
  }
}
