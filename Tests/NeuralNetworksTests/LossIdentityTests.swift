import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

@Suite("Identities of losses")
struct LossIdentityTests {
  @Test("distillation is TCKD + (1 - p(y)) NCKD", arguments: [1, 2, 4] as [Float])
  func decoupling(temperature: Float) {
    var random = SplitMix64(seed: 3, purpose: "decoupling")
    for classes in [2, 3, 7] {
      for _ in 0..<50 {
        let logits = Tensor(normal: [1, classes], deviation: 2, using: &random)
        let teacher = Tensor(normal: [1, classes], deviation: 2, using: &random)
        let label = random.nextIndex(below: classes)
        let whole = distillation(logits, teacher: teacher, temperature: temperature)
        let confidence = softened(teacher, temperature: temperature).values[label]
        let parts = decoupledDistillation(
          logits, labels: [label], teacher: teacher, temperature: temperature,
          weights: DecoupledWeights(target: 1, rest: 1 - confidence))
        expectClose(parts.value, whole.value, absolute: 1e-6, relative: 1e-6)
        expectClose(parts.gradient, whole.gradient, absolute: 1e-6, relative: 1e-6)
      }
    }
  }

  @Test("with two classes the rest of a decoupled distillation is nothing")
  func decouplingOfTwo() {
    var random = SplitMix64(seed: 4, purpose: "decoupling")
    let logits = Tensor(normal: [8, 2], deviation: 2, using: &random)
    let teacher = Tensor(normal: [8, 2], deviation: 2, using: &random)
    let rest = decoupledDistillation(
      logits, labels: [0, 1, 0, 1, 0, 1, 0, 1], teacher: teacher,
      weights: DecoupledWeights(target: 0, rest: 8))
    #expect(rest == LossValue(value: 0, gradient: Tensor(shape: [8, 2])))
  }

  @Test("with two classes logit standardization hears only which class is ahead")
  func standardizationOfTwo() {
    var random = SplitMix64(seed: 5, purpose: "standardization")
    // ±0.7071 against ∓0.7071 at T = 1: the one value that disagreement can have.
    let high = 1 / (1 + exp(-2.0.squareRoot()))
    let disagreement = Float(2.0.squareRoot() * (2 * high - 1))
    for _ in 0..<50 {
      let logits = Tensor(normal: [1, 2], deviation: 3, using: &random)
      let teacher = Tensor(normal: [1, 2], deviation: 3, using: &random)
      let agrees =
        (logits.values[0] > logits.values[1]) == (teacher.values[0] > teacher.values[1])
      let loss = logitStandardized(logits, teacher: teacher, temperature: 1)
      expectClose(loss.value, agrees ? 0 : disagreement, absolute: 1e-5)
      expectClose(loss.gradient.values, [0, 0], absolute: 1e-5)
    }
  }

  @Test("similarities do not see a rotation or a common scale of the features")
  func similarityInvariance() {
    var random = SplitMix64(seed: 6, purpose: "similarity")
    let features = Tensor(normal: [5, 4], deviation: 1, using: &random)
    let teacher = Tensor(normal: [5, 3], deviation: 1, using: &random)
    let rotation = VkD(studentChannels: 4, teacherChannels: 4, using: &random).projector
    var turned = Tensor(shape: [5, 4])
    for row in 0..<5 {
      for output in 0..<4 {
        turned.values[row * 4 + output] = (0..<4).reduce(0) {
          $0 + 3 * rotation.values[output * 4 + $1] * features.values[row * 4 + $1]
        }
      }
    }
    let loss = similarityPreserving(features, teacher: teacher)
    expectClose(
      similarityPreserving(turned, teacher: teacher).value, loss.value, absolute: 1e-6)
    #expect(loss.value > 0.01)
    expectClose(similarityPreserving(turned, teacher: features).value, 0, absolute: 1e-9)
  }

  @Test("samples of equal entropy count as in the plain similarity loss")
  func equalEntropies() {
    var random = SplitMix64(seed: 7, purpose: "similarity")
    let features = Tensor(normal: [5, 4], deviation: 1, using: &random)
    let teacher = Tensor(normal: [5, 3], deviation: 1, using: &random)
    let plain = similarityPreserving(features, teacher: teacher)
    for probabilities in [Tensor(shape: [5, 2], repeating: 0.5), Tensor(shape: [5, 2])] {
      let weighted = similarityPreserving(
        features, teacher: teacher, weights: .entropy(teacherProbabilities: probabilities))
      expectClose(weighted.value, plain.value, absolute: 1e-7)
    }
  }
}

@Suite("Orthonormal projector")
struct ProjectorTests {
  @Test(
    "the shorter side is orthonormal, at first and after each step",
    arguments: [(6, 4), (4, 6), (5, 5), (1, 3)])
  func orthonormality(student: Int, teacher: Int) {
    var random = SplitMix64(seed: 8, purpose: "projector")
    var projection = VkD(studentChannels: student, teacherChannels: teacher, using: &random)
    let features = Tensor(normal: [8, student], deviation: 1, using: &random)
    let target = Tensor(normal: [8, teacher], deviation: 1, using: &random)
    for _ in 0..<5 {
      expectOrthonormal(projection.projector)
      let before = projection.projector
      let (_, gradient) = projection(features, teacher: target)
      #expect(gradient.shape == [teacher, student])
      projection.step(along: gradient, rate: 0.5)
      #expect(projection.projector != before || student == 1)
    }
    expectOrthonormal(projection.projector)
  }

  @Test("loss, both gradients and a step are PyTorch's", .tags(.golden))
  func golden() throws {
    let goldens = try LossGoldens.read()
    var projection = VkD(projector: goldens.projector.tensor)
    let wanted = try #require(goldens.cases["projection.projector"])
    let (loss, gradient) = projection(goldens.pooled.tensor, teacher: goldens.wide.tensor)
    expectClose(loss.value, wanted.value, absolute: 1e-6)
    expectClose(gradient, wanted.gradient.tensor, absolute: 1e-6, relative: 1e-5)
    projection.step(along: gradient, rate: 0.3)
    expectClose(projection.projector, goldens.moved.tensor, absolute: 1e-6)
  }

  @Test("steps lower the loss")
  func descent() {
    var random = SplitMix64(seed: 9, purpose: "projector")
    let features = Tensor(normal: [32, 6], deviation: 1, using: &random)
    let hidden = VkD(studentChannels: 6, teacherChannels: 6, using: &random)
    var target = Tensor(shape: [32, 6])
    for row in 0..<32 {
      for output in 0..<6 {
        target.values[row * 6 + output] = (0..<6).reduce(0) {
          $0 + hidden.projector.values[output * 6 + $1] * features.values[row * 6 + $1]
        }
      }
    }
    var projection = VkD(studentChannels: 6, teacherChannels: 6, using: &random)
    let first = projection(features, teacher: target).loss.value
    for _ in 0..<200 {
      projection.step(along: projection(features, teacher: target).projectorGradient, rate: 1)
    }
    #expect(projection(features, teacher: target).loss.value < 0.5 * first)
  }

  private func expectOrthonormal(_ matrix: Tensor) {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let (count, length) = rows <= columns ? (rows, columns) : (columns, rows)
    let (step, pitch) = rows <= columns ? (columns, 1) : (1, columns)
    for first in 0..<count {
      for second in 0..<count {
        let product = (0..<length).reduce(0.0) {
          $0 + Double(matrix.values[first * step + $1 * pitch])
            * Double(matrix.values[second * step + $1 * pitch])
        }
        expectClose(product, first == second ? 1 : 0, absolute: 1e-6)
      }
    }
  }
}
