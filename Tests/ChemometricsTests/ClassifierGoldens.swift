import Foundation
import Tensors
import TestSupport
import Testing

@testable import Chemometrics

@Suite("Classifiers beside scikit-learn", .tags(.golden))
struct ClassifierGoldens {
  let training: Tensor
  let test: Tensor
  let labels: [Int]
  private let tensors: [String: Tensor]

  init() throws {
    let file = sampleData.appending(path: "Golden/chemometrics/classifiers.safetensors")
    tensors = Dictionary(
      uniqueKeysWithValues: try Safetensors.read(file).tensors.map { ($0.0, $0.1) })
    training = try #require(tensors["training"])
    test = try #require(tensors["test"])
    labels = try #require(tensors["labels"]).values.map { Int($0) }
  }

  @Test("memberships of PLS-DA are PLSRegression's", arguments: [1, 3, 7])
  func leastSquares(components: Int) throws {
    let model = PartialLeastSquares(
      training, labels: labels, classes: 4, components: components)
    let found = model.scores(test).values.map { $0 / 10 }
    expectClose(
      found, try #require(tensors["pls-\(components)"]).values, absolute: 2e-5, relative: 1e-4)
  }

  @Test("probabilities are LogisticRegression's", arguments: [0.05, 1])
  func logistic(strength: Double) throws {
    let model = LogisticRegression(training, labels: labels, classes: 4, strength: strength)
    #expect(model.isConverged)
    let scores = model.scores(test).values
    let found = stride(from: 0, to: scores.count, by: 4).flatMap { start -> [Double] in
      let odds = scores[start..<(start + 4)].map { exp(Double($0)) }
      return odds.map { $0 / odds.reduce(0, +) }
    }
    let name = strength == 1 ? "logistic-1" : "logistic-0.05"
    expectClose(
      found, try #require(tensors[name]).values.map { Double($0) }, absolute: 2e-5,
      relative: 1e-4)
  }

  @Test("discriminants on principal components are LinearDiscriminantAnalysis's")
  func discriminant() throws {
    let rows = try #require(tensors["equal"]).values.map { Int($0) }
    let model = PrincipalDiscriminant(
      training.rows(rows), labels: rows.map { labels[$0] }, classes: 4, components: 6)
    expectClose(
      model.scores(test), try #require(tensors["discriminant"]), absolute: 1e-3, relative: 1e-3)
  }

  @Test("a class without samples never wins, and one sample a class is enough")
  func few() throws {
    let rows = [0, 30, 52]
    let models: [any SpectralBaseline] = [
      PartialLeastSquares(training.rows(rows), labels: [0, 1, 2], classes: 4),
      LogisticRegression(training.rows(rows), labels: [0, 1, 2], classes: 4),
    ]
    for model in models {
      let scores = model.scores(training.rows(rows)).values
      #expect(!scores.contains { !$0.isFinite })
      for row in 0..<3 {
        let own = scores[(row * 4)..<(row * 4 + 4)]
        #expect(own.max() == scores[row * 4 + row] && own.last ?? 0 < -1e8)
      }
    }
  }

  @Test("the optimizer finds the bottom of a bent valley")
  func valley() {
    // Rosenbrock's function.
    let (found, isConverged) = minimum(
      of: { x, gradient in
        let (a, b) = (1 - x[0], x[1] - x[0] * x[0])
        gradient = [-2 * a - 400 * x[0] * b, 200 * b]
        return a * a + 100 * b * b
      }, from: [-1.2, 1], steps: 200)
    #expect(isConverged)
    expectClose(found, [1, 1], absolute: 1e-4)
  }
}
