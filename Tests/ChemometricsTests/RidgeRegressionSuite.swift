import Tensors
import TestSupport
import Testing

@testable import Chemometrics

@Suite("Ridge regression")
struct RidgeRegressionSuite {
  /// y = a · x + b with two targets.
  private func samples(_ count: Int, noise: Double) -> (x: Tensor, y: Tensor) {
    var random = SplitMix64(seed: 4)
    var (x, y): ([Float], [Float]) = ([], [])
    for _ in 0..<count {
      let own = (0..<3).map { _ in random.nextNormal() }
      x += own.map { Float($0) }
      y.append(Float(2 * own[0] - own[2] + 5 + noise * random.nextNormal()))
      y.append(Float(0.5 * own[1] - 1 + noise * random.nextNormal()))
    }
    return (Tensor(shape: [count, 3], values: x), Tensor(shape: [count, 2], values: y))
  }

  @Test("finds a linear law again where the penalty is small")
  func law() {
    let (x, y) = samples(50, noise: 0)
    expectClose(
      RidgeRegression(from: x, to: y, penalty: 1e-9)(x).values, y.values, absolute: 1e-5)
  }

  @Test("says the mean where the penalty is large")
  func mean() {
    let (x, y) = samples(50, noise: 0.1)
    let model = RidgeRegression(from: x, to: y, penalty: 1e9)
    let found = model(x).values
    expectClose(
      found, (0..<found.count).map { Float(model.center[$0 % 2]) }, absolute: 1e-4)
  }

  @Test("solves the normal equations of one feature")
  func oneFeature() {
    // Centered x: -1, 0, 1; squares 2, mean variance 2; (2 + 0.5 · 2) w = Σ x y = 4.
    let x = Tensor(shape: [3, 1], values: [1, 2, 3])
    let y = Tensor(shape: [3, 1], values: [0, 3, 4])
    let found = RidgeRegression(from: x, to: y, penalty: 0.5)(x).values
    let (weight, middle) = (Float(4) / 3, Float(7) / 3)
    expectClose(found, [middle - weight, middle, middle + weight], absolute: 1e-5)
  }

  @Test("has an answer with fewer samples than features, and with features that never change")
  func degenerate() {
    let few = Tensor(shape: [2, 3], values: [1, 0, 2, 0, 0, 1])
    let y = Tensor(shape: [2, 1], values: [1, 3])
    #expect(RidgeRegression(from: few, to: y)(few).values.allSatisfy { $0.isFinite })
    let constant = Tensor(shape: [2, 3], repeating: 1)
    expectClose(RidgeRegression(from: constant, to: y)(constant).values, [2, 2], absolute: 1e-6)
  }
}
