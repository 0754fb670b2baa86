import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// A loss of one tensor, all else held, under the name of its golden.
struct JudgedLoss: Sendable, CustomTestStringConvertible {
  let name: String
  /// What is judged in the golden batch.
  let subject: @Sendable (LossGoldens) -> Tensor
  let loss: @Sendable (Tensor, LossGoldens) -> LossValue

  var testDescription: String { name }

  static let all: [JudgedLoss] = ofLogits + ofFeatures

  static let ofLogits: [JudgedLoss] = [
    onLogits("crossEntropy") { crossEntropy($0, labels: $1.labels) },
    onLogits("crossEntropy.smoothed") { crossEntropy($0, labels: $1.labels, smoothing: 0.1) },
    onLogits("crossEntropy.weighted") {
      crossEntropy($0, labels: $1.labels, weights: $1.weights)
    },
    onLogits("softCrossEntropy") { softCrossEntropy($0, targets: $1.targets.tensor) },
    onLogits("distillation") { distillation($0, teacher: $1.teacher.tensor, temperature: 4) },
    onLogits("generalized.squared") {
      generalizedDistillation(
        $0, labels: $1.labels, teacher: $1.teacher.tensor, imitation: 0.75,
        softening: Softening(temperature: 2))
    },
    onLogits("generalized.plain") {
      generalizedDistillation(
        $0, labels: $1.labels, teacher: $1.teacher.tensor, imitation: 0.5,
        softening: Softening(temperature: 10, scale: .none))
    },
    onLogits("confidence.batch") {
      confidenceWeightedDistillation($0, labels: $1.labels, teacher: $1.teacher.tensor)
    },
    onLogits("confidence.sample") {
      confidenceWeightedDistillation(
        $0, labels: $1.labels, teacher: $1.teacher.tensor, scope: .sample)
    },
    onLogits("decoupled") {
      decoupledDistillation($0, labels: $1.labels, teacher: $1.teacher.tensor)
    },
    onLogits("standardized") { logitStandardized($0, teacher: $1.teacher.tensor) },
  ]

  static let ofFeatures: [JudgedLoss] = [
    onFeatures("hint.logistic") { hallucinationHint($0, teacher: $1.spectral.tensor) },
    onFeatures("hint.logisticSum") {
      hallucinationHint($0, teacher: $1.spectral.tensor, form: .logistic, reduction: .sum)
    },
    onFeatures("hint.standardized") {
      hallucinationHint(
        $0, teacher: $1.spectral.tensor, form: .standardized(deviation: $1.deviation))
    },
    onFeatures("hint.smoothL1") {
      hallucinationHint($0, teacher: $1.spectral.tensor, form: .smoothL1)
    },
    onFeatures("hint.squared") {
      hallucinationHint($0, teacher: $1.spectral.tensor, form: .squared)
    },
    onFeatures("similarity.uniform") { similarityPreserving($0, teacher: $1.other.tensor) },
    onFeatures("similarity.entropy") {
      similarityPreserving(
        $0, teacher: $1.other.tensor,
        weights: .entropy(teacherProbabilities: softened($1.teacher.tensor)))
    },
    JudgedLoss(name: "projection", subject: { $0.pooled.tensor }) {
      VkD(projector: $1.projector.tensor)($0, teacher: $1.wide.tensor).loss
    },
  ]

  private static func onLogits(
    _ name: String, _ loss: @escaping @Sendable (Tensor, LossGoldens) -> LossValue
  ) -> JudgedLoss {
    JudgedLoss(name: name, subject: { $0.logits.tensor }, loss: loss)
  }

  private static func onFeatures(
    _ name: String, _ loss: @escaping @Sendable (Tensor, LossGoldens) -> LossValue
  ) -> JudgedLoss {
    JudgedLoss(name: name, subject: { $0.features.tensor }, loss: loss)
  }
}

@Suite("Losses")
struct LossTests {
  let goldens: LossGoldens

  init() throws { goldens = try LossGoldens.read() }

  @Test(
    "value and gradient are PyTorch's", .tags(.golden), arguments: JudgedLoss.all)
  func golden(judged: JudgedLoss) throws {
    let wanted = try #require(goldens.cases[judged.name])
    let found = judged.loss(judged.subject(goldens), goldens)
    expectClose(found.value, wanted.value, absolute: 1e-6, relative: 1e-5)
    expectClose(found.gradient, wanted.gradient.tensor, absolute: 1e-6, relative: 1e-5)
  }

  @Test("the gradient is the slope of the value", arguments: JudgedLoss.all)
  func gradient(judged: JudgedLoss) {
    let subject = judged.subject(goldens)
    let all = Array(0..<subject.count)
    // A unit step of a Float value hides the slope; the sum over many steps does not.
    let slopes = GradientCheck.numeric(subject.values, at: all) {
      Double(judged.loss(Tensor(shape: subject.shape, values: $0), goldens).value)
    }
    expectClose(
      judged.loss(subject, goldens).gradient, Tensor(shape: subject.shape, values: slopes),
      absolute: GradientCheck.tolerance, relative: GradientCheck.tolerance)
  }

  @Test("the gradient has the shape of what is judged", arguments: JudgedLoss.all)
  func shape(judged: JudgedLoss) {
    let subject = judged.subject(goldens)
    let loss = judged.loss(subject, goldens)
    #expect(loss.gradient.shape == subject.shape)
    #expect(loss.value.isFinite && loss.value >= 0)
  }

  @Test("every golden is compared")
  func completeness() {
    let compared = Set(JudgedLoss.all.map(\.name) + ["projection.projector"])
    #expect(compared == Set(goldens.cases.keys))
  }

  @Test("a loss against itself is zero, and so is its gradient")
  func agreement() {
    let (logits, features) = (goldens.logits.tensor, goldens.features.tensor)
    let losses = [
      distillation(logits, teacher: logits, temperature: 4),
      decoupledDistillation(logits, labels: goldens.labels, teacher: logits),
      logitStandardized(logits, teacher: logits),
      hallucinationHint(features, teacher: features),
      similarityPreserving(features, teacher: features),
    ]
    for loss in losses {
      expectClose(loss.value, 0, absolute: 1e-12)
      expectClose(loss.gradient, Tensor(shape: loss.gradient.shape), absolute: 1e-9)
    }
  }

  @Test("logits of any size give finite losses")
  func largeLogits() {
    let logits = Tensor(shape: [2, 3], values: [1e4, -1e4, 0, -3e38, 3e38, 0])
    let teacher = Tensor(shape: [2, 3], values: [-1e4, 1e4, 0, 0, 0, 0])
    let losses = [
      crossEntropy(logits, labels: [0, 1]),
      distillation(teacher, teacher: Tensor(shape: [2, 3]), temperature: 1),
      decoupledDistillation(teacher, labels: [0, 1], teacher: teacher, temperature: 1),
      logitStandardized(Tensor(shape: [2, 3]), teacher: teacher),
    ]
    for loss in losses {
      #expect(loss.value.isFinite)
      #expect(!loss.gradient.values.contains { !$0.isFinite })
    }
    #expect(crossEntropy(logits, labels: [0, 1]).value == 0)
    expectClose(softened(logits).values, [1, 0, 0, 0, 1, 0], absolute: 0)
  }

  @Test("samples without weight change nothing")
  func noWeight() {
    let logits = goldens.logits.tensor
    let none = crossEntropy(
      logits, labels: goldens.labels, weights: [Float](repeating: 0, count: 6))
    #expect(none == LossValue(value: 0, gradient: Tensor(shape: logits.shape)))
    let first = crossEntropy(logits, labels: goldens.labels, weights: [1, 0, 0, 0, 0, 0])
    let alone = crossEntropy(logits.rows([0]), labels: [goldens.labels[0]])
    expectClose(first.value, alone.value, absolute: 1e-7)
    expectClose(first.gradient.rows([0]), alone.gradient, absolute: 1e-7)
  }

  @Test("losses add and scale with their gradients")
  func arithmetic() {
    let loss = LossValue(value: 2, gradient: Tensor(shape: [1, 2], values: [1, -3]))
    let sum = loss + 0.5 * loss
    #expect(sum == LossValue(value: 3, gradient: Tensor(shape: [1, 2], values: [1.5, -4.5])))
  }

  @Test("the mean of logits is taken element by element")
  func meanOfLogits() {
    let first = Tensor(shape: [1, 3], values: [1, 2, 3])
    let second = Tensor(shape: [1, 3], values: [3, -2, 0])
    #expect(mean(of: [first, second]) == Tensor(shape: [1, 3], values: [2, 0, 1.5]))
  }

  @Test("a label outside the classes traps")
  func wrongLabel() async {
    await #expect(processExitsWith: .failure) {
      _ = crossEntropy(Tensor(shape: [1, 3]), labels: [3])
    }
  }

  @Test("a teacher of another shape traps")
  func wrongTeacher() async {
    await #expect(processExitsWith: .failure) {
      _ = distillation(Tensor(shape: [1, 3]), teacher: Tensor(shape: [1, 2]), temperature: 1)
    }
    await #expect(processExitsWith: .failure) {
      _ = hallucinationHint(Tensor(shape: [1, 3]), teacher: Tensor(shape: [1, 2]))
    }
  }
}
