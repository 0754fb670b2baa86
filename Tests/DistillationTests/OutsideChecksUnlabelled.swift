import NeuralNetworks
import Tensors
import TestSupport
import Testing

@Suite("Unlabelled pairs", .tags(.slow), .enabled(if: isOptimized, notOptimized))
struct UnlabelledPairsTests {
  /// What a student can learn from, beside its 200 labelled samples.
  private enum Lesson: Int, CaseIterable {
    /// Nothing else.
    case labels
    /// A teacher's logits for the same samples.
    case distillation
    /// 2000 more samples, labelled by the student itself.
    case itself
    /// 2000 more pairs, labelled by the teacher.
    case teacher
    /// 2000 more samples with their true labels.
    case oracle
  }

  /// How many of 40 decisive features both sensors see, the accuracy without a teacher, and the
  /// gains by distillation, by self-training, by the teacher's labels and by the true ones.
  ///
  /// Accuracies below 40: Xue et al., *The Modality Focusing Hypothesis*, table 2; the rest was
  /// computed once with NumPy on random planes. A plane moves accuracies by points, gains little.
  private static let wanted: [(shared: Int, alone: Double, gains: [Double])] = [
    (10, 59.29, [0.2, 0, 4.6, 7.0]), (20, 67.64, [0.1, 0, 4.3, 6.3]),
    (30, 76.46, [0.1, 0, 3.6, 6.2]), (40, 89.6, [0.6, 0, 1.1, 8.5]),
  ]

  @Test(
    "the teacher's labels for unlabelled pairs are worth most of the true ones",
    arguments: [0, 1, 2, 3])
  func gains(number: Int) throws {
    let (shared, alone, gains) = Self.wanted[number]
    let repetitions = try Repetitions(20, "unlabelled") { random, engine in
      try Self.accuracies(shared: shared, &random, engine)
    }
    let means = repetitions.means
    #expect(abs(means[0] - 89.7) <= 1.5, "the teacher: \(repetitions.description)")
    #expect(abs(means[1] - alone) <= 1.5, "the student: \(repetitions.description)")
    let found = means.dropFirst(2).map { $0 - means[1] }
    for (found, gain) in zip(found, gains) {
      #expect(abs(found - gain) <= 1.5, "\(found), wanted \(gains)")
    }
    // Self-training gives nothing, distillation on the same samples little, the teacher's labels
    // much, the true ones most.
    let (distilled, itself, teacher, oracle) = (found[0], found[1], found[2], found[3])
    #expect(abs(itself) < 0.1 && itself < distilled && distilled < teacher && teacher < oracle)
  }

  /// The accuracies of the teacher and of the student after each lesson.
  private static func accuracies(
    shared: Int, _ random: inout SplitMix64, _ engine: Engine
  ) throws -> [Double] {
    let plane = [Double](repeating: 1, count: 40)
    func draw(_ rows: Int) -> Pairs {
      TwoSensors.nested(
        decisive: 40, teacher: 40, student: shared, rows, plane, using: &random)
    }
    let (learned, more, tested) = (draw(200), draw(2000), draw(2000))
    let teacher = try LinearModel.labelled(
      learned.teacher, learned.labels, using: &random, engine: engine)
    let alone = try LinearModel.labelled(
      learned.student, learned.labels, using: &random, engine: engine)
    let known = oneHot(learned.labels)
    let inputs = Tensor.stacked([learned.student, more.student])
    // A fifth of the steps at five times the pace: momentum 0.9 at half the rate.
    let training = LinearModel.Training.descent(rate: 0.05, steps: 200, momentum: 0.9)
    func student(_ rest: Tensor) throws -> LinearModel {
      let targets = Tensor.stacked([known, rest])
      return try LinearModel(on: [inputs], training, using: &random, engine: engine) { logits, _ in
        softCrossEntropy(logits, targets: targets)
      }
    }
    let students = try Lesson.allCases.map { lesson in
      switch lesson {
      case .labels: alone
      case .distillation:
        try LinearModel.distilled(
          learned.student, learned.labels, teacher: try teacher.logits(learned.teacher),
          using: &random, engine: engine)
      case .itself: try student(softened(try alone.logits(more.student)))
      case .teacher: try student(softened(try teacher.logits(more.teacher)))
      case .oracle: try student(oneHot(more.labels))
      }
    }
    return [try teacher.accuracy(tested.teacher, tested.labels)]
      + (try students.map { try $0.accuracy(tested.student, tested.labels) })
  }

  private static func oneHot(_ labels: [Int]) -> Tensor {
    Tensor(shape: [labels.count, 2], values: labels.flatMap { $0 == 0 ? [1, 0] : [0, 1] })
  }
}
