import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// Two sensors that see parts of what decides the label.
///
/// Source: Xue, Gao, Ren, Zhao, *The Modality Focusing Hypothesis*, ICLR 2023, section 4 and
/// appendix, arXiv:2206.06487; sizes from the authors' public program.
enum TwoSensors {
  /// Twenty decisive features: the student sees the first ten in 50 inputs, the teacher ten in 25
  /// inputs, of which `shared` are the student's too.
  static func withShared(
    _ shared: Int, _ rows: Int, _ plane: [Double], using random: inout SplitMix64
  ) -> Pairs {
    let decisive = normal(rows, 20, using: &random)
    var student = normal(rows, 50, using: &random)
    copy(0..<10, of: decisive, into: &student)
    var teacher = normal(rows, 25, using: &random)
    copy((10 - shared)..<(20 - shared), of: decisive, into: &teacher)
    let labels = margins(decisive, plane, columns: 0..<20).map { $0 > 0 ? 1 : 0 }
    return Pairs(teacher: teacher, student: student, labels: labels)
  }

  /// `decisive` features of 50 decide; the teacher sees the first `teacher` of them, the student
  /// the first `student`, both in 50 inputs.
  static func nested(
    decisive count: Int, teacher seen: Int, student known: Int, _ rows: Int, _ plane: [Double],
    using random: inout SplitMix64
  ) -> Pairs {
    let decisive = normal(rows, count, using: &random)
    var student = normal(rows, 50, using: &random)
    copy(0..<known, of: decisive, into: &student)
    var teacher = normal(rows, 50, using: &random)
    copy(0..<seen, of: decisive, into: &teacher)
    let labels = margins(decisive, plane, columns: 0..<count).map { $0 > 0 ? 1 : 0 }
    return Pairs(teacher: teacher, student: student, labels: labels)
  }
}

extension LinearModel {
  /// Learns labels alone.
  static func labelled(
    _ inputs: Tensor, _ labels: [Int], using random: inout SplitMix64, engine: Engine
  ) throws -> LinearModel {
    try LinearModel(on: [inputs], using: &random, engine: engine) { logits, _ in
      crossEntropy(logits, labels: labels)
    }
  }

  /// Learns labels and a teacher's logits alike; the divergence is the mean over its elements, that
  /// is half of the mean over samples, as the authors have it.
  static func distilled(
    _ inputs: Tensor, _ labels: [Int], teacher: Tensor, using random: inout SplitMix64,
    engine: Engine
  ) throws -> LinearModel {
    try LinearModel(on: [inputs], using: &random, engine: engine) { logits, _ in
      crossEntropy(logits, labels: labels)
        + 0.5 * distillation(logits, teacher: teacher, temperature: 1)
    }
  }
}

@Suite("Modality focusing, as published", .tags(.slow), .enabled(if: isOptimized, notOptimized))
struct ModalityFocusingTests {
  @Test("the student gains as more of what decides is shared, and loses where nothing is")
  func shared() throws {
    let counts = [0, 2, 4, 6, 8, 10]
    let repetitions = try Repetitions(30, "shared") { random, engine in
      let plane = plane(20, using: &random)
      let seed = random.next()
      return try counts.flatMap { shared in
        // All shares see the same decisive features and the same student.
        var random = SplitMix64(seed: seed)
        let learned = TwoSensors.withShared(shared, 200, plane, using: &random)
        let tested = TwoSensors.withShared(shared, 1000, plane, using: &random)
        return [try Self.gain(learned, tested, &random, engine).student]
      }
    }
    let gains = repetitions.means
    let wanted = [-1.8, -0.9, -0.3, 0.6, 1.5, 2.3]
    for (found, wanted) in zip(gains, wanted) {
      #expect(abs(found - wanted) <= 1, "\(repetitions.description)")
    }
    #expect(gains == gains.sorted(), "\(repetitions.description)")
    #expect(gains[0] < 0 && gains[1] < 0 && gains[4] > 0 && gains[5] > 0)
  }

  @Test("a better teacher that knows more of its own teaches no more")
  func specific() throws {
    let counts = [0, 10, 20, 30, 40]
    let repetitions = try Repetitions(30, "specific") { random, engine in
      let plane = plane(50, using: &random)
      let seed = random.next()
      return try counts.flatMap { own in
        var random = SplitMix64(seed: seed)
        let learned = TwoSensors.nested(
          decisive: 50, teacher: own + 10, student: 10, 200, plane, using: &random)
        let tested = TwoSensors.nested(
          decisive: 50, teacher: own + 10, student: 10, 1000, plane, using: &random)
        let found = try Self.gain(learned, tested, &random, engine)
        return [found.teacher, found.student]
      }
    }
    let means = repetitions.means
    let teachers = counts.indices.map { means[2 * $0] }
    let gains = counts.indices.map { means[2 * $0 + 1] }
    #expect(abs(teachers[0] - 58) <= 2 && abs(teachers[4] - 89) <= 2, "\(teachers)")
    #expect(teachers == teachers.sorted(), "\(teachers)")
    #expect(abs(gains[0] - 1.3) <= 0.5 && abs(gains[4]) <= 0.3, "\(gains)")
    #expect(gains == gains.sorted(by: >), "\(gains)")
  }

  /// The teacher's accuracy, and what the student's gains by it.
  private static func gain(
    _ learned: Pairs, _ tested: Pairs, _ random: inout SplitMix64, _ engine: Engine
  ) throws -> (teacher: Double, student: Double) {
    let teacher = try LinearModel.labelled(
      learned.teacher, learned.labels, using: &random, engine: engine)
    let alone = try LinearModel.labelled(
      learned.student, learned.labels, using: &random, engine: engine)
    let student = try LinearModel.distilled(
      learned.student, learned.labels, teacher: try teacher.logits(learned.teacher),
      using: &random, engine: engine)
    return (
      try teacher.accuracy(tested.teacher, tested.labels),
      try student.accuracy(tested.student, tested.labels)
        - alone.accuracy(tested.student, tested.labels)
    )
  }
}
