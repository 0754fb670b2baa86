import Foundation
import NeuralNetworks
import Tensors
import TestSupport
import Testing

/// What the teacher of one of the four experiments knows.
enum PrivilegedKnowledge: Int, CaseIterable, Sendable {
  /// The margin without the noise that spoils the labels.
  case cleanMargins = 1
  /// The inputs without the noise that spoils the student's.
  case cleanInputs
  /// Which three inputs matter.
  case relevantInputs
  /// Which three inputs matter: the greatest of each sample. The authors' program holds this rule
  /// in a comment, and only this one gives their figures; three inputs drawn anew for each data
  /// set, as the program now stands, leave the student at 50 %.
  case greatestInputs

  /// Published means in percent: with privilege, without, distilled.
  var published: [Double] {
    switch self {
    case .cleanMargins: [96, 88, 95]
    case .cleanInputs: [90, 68, 70]
    case .relevantInputs: [98, 89, 97]
    case .greatestInputs: [96, 55, 56]
    }
  }

  /// A data set of `rows` samples with 50 inputs, labelled by a plane.
  func draw(_ rows: Int, _ plane: [Double], using random: inout SplitMix64) -> Pairs {
    let width = plane.count
    var inputs = normal(rows, width, using: &random)
    switch self {
    case .cleanMargins:
      let clean = margins(inputs, plane, columns: 0..<width)
      let labels = clean.map { $0 + random.nextNormal() > 0 ? 0 : 1 }
      return Pairs(
        teacher: Tensor(shape: [rows, 1], values: clean.map(Float.init)), student: inputs,
        labels: labels)
    case .cleanInputs:
      let clean = inputs
      let labels = margins(clean, plane, columns: 0..<width).map { $0 > 0 ? 0 : 1 }
      for index in inputs.values.indices { inputs.values[index] += Float(random.nextNormal()) }
      return Pairs(teacher: clean, student: inputs, labels: labels)
    case .relevantInputs:
      let labels = margins(inputs, plane, columns: 0..<3).map { $0 > 0 ? 0 : 1 }
      return Pairs(teacher: columns([0, 1, 2], of: inputs), student: inputs, labels: labels)
    case .greatestInputs:
      let greatest = (0..<rows).flatMap { row in
        inputs.values[(row * width)..<((row + 1) * width)].sorted(by: >).prefix(3)
      }
      let relevant = Tensor(shape: [rows, 3], values: greatest)
      let found = margins(relevant, plane, columns: 0..<3)
      let sorted = found.sorted()
      let median = (sorted[(rows - 1) / 2] + sorted[rows / 2]) / 2
      return Pairs(
        teacher: relevant, student: inputs, labels: found.map { $0 > median ? 0 : 1 })
    }
  }
}

@Suite(
  "Generalized distillation, as published", .tags(.slow), .enabled(if: isOptimized, notOptimized))
struct PrivilegedKnowledgeTests {
  /// The authors' figures, within 2 points.
  ///
  /// Source: Lopez-Paz et al., *Unifying distillation and privileged information*, ICLR 2016,
  /// section 4.1, arXiv:1511.03643; sizes and training from the authors' public program: 200
  /// samples to learn, 1000 to test, RMSprop at 0.001 over 1000 passes of two batches each, and
  /// T = λ = 1. Differs: the two batches are equal, not 128 and 72.
  @Test("accuracies are those of the paper", arguments: PrivilegedKnowledge.allCases)
  func accuracies(knowledge: PrivilegedKnowledge) throws {
    let repetitions = try Repetitions(30, "privileged-\(knowledge.rawValue)") { random, engine in
      let plane = plane(50, using: &random)
      let training = Self.scaled(
        knowledge.draw(200, plane, using: &random), knowledge.draw(1000, plane, using: &random))
      return try Self.accuracies(training.learned, training.tested, &random, engine)
    }
    for (found, published) in zip(repetitions.means, knowledge.published) {
      #expect(
        abs(found - published) <= 2,
        "\(repetitions.description); published \(knowledge.published)")
    }
  }

  /// In percent: teacher, student without teacher, student with teacher.
  private static func accuracies(
    _ learned: Pairs, _ tested: Pairs, _ random: inout SplitMix64, _ engine: Engine
  ) throws -> [Double] {
    let halves = [Array(0..<100), Array(100..<200)]
    let labels = halves.map { half in half.map { learned.labels[$0] } }
    func trained(
      _ inputs: Tensor, loss: (Tensor, Int) -> LossValue
    ) throws -> LinearModel {
      try LinearModel(
        on: halves.map { inputs.rows($0) }, rootMeanSquare,
        from: glorot(inputs: inputs.shape[1], using: &random), using: &random, engine: engine,
        loss: loss)
    }
    let teacher = try trained(learned.teacher) { crossEntropy($0, labels: labels[$1]) }
    let alone = try trained(learned.student) { crossEntropy($0, labels: labels[$1]) }
    let taught = try halves.map { try teacher.logits(learned.teacher.rows($0)) }
    let student = try trained(learned.student) {
      generalizedDistillation(
        $0, labels: labels[$1], teacher: taught[$1], imitation: 1,
        softening: Softening(temperature: 1))
    }
    return [
      try teacher.accuracy(tested.teacher, tested.labels),
      try alone.accuracy(tested.student, tested.labels),
      try student.accuracy(tested.student, tested.labels),
    ]
  }

  /// RMSprop is Adam without its running mean of gradients.
  private static var rootMeanSquare: LinearModel.Training {
    var settings = OptimizerSettings(algorithm: .adamW, learningRate: 0.001)
    settings.beta1 = 0
    settings.beta2 = 0.9
    settings.epsilon = 1e-3
    settings.weightDecay = 0
    return LinearModel.Training(settings: settings, steps: 2000)
  }

  /// Uniform weights of the variance that Glorot and Bengio give, and no bias.
  private static func glorot(inputs: Int, using random: inout SplitMix64) -> Parameters {
    let reach = (6 / Double(inputs + 2)).squareRoot()
    let values = (0..<(2 * inputs)).map { _ in Float(random.nextUniform(-reach, reach)) }
    return Parameters([
      ("dense.kernel", Tensor(shape: [2, inputs], values: values)),
      ("dense.bias", Tensor(shape: [2])),
    ])
  }

  /// Both sets with the columns' means and deviations of the first taken out.
  private static func scaled(
    _ learned: Pairs, _ tested: Pairs
  ) -> (learned: Pairs, tested: Pairs) {
    func standardized(_ inputs: Tensor, by reference: Tensor) -> Tensor {
      let (rows, width) = (reference.shape[0], reference.shape[1])
      var scaled = inputs
      for column in 0..<width {
        let values = (0..<rows).map { Double(reference.values[$0 * width + column]) }
        let center = values.reduce(0, +) / Double(rows)
        let squares = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
        let deviation = (squares / Double(rows)).squareRoot()
        for row in 0..<inputs.shape[0] {
          let value = Double(inputs.values[row * width + column])
          scaled.values[row * width + column] = Float((value - center) / deviation)
        }
      }
      return scaled
    }
    func scaled(_ set: Pairs) -> Pairs {
      Pairs(
        teacher: standardized(set.teacher, by: learned.teacher),
        student: standardized(set.student, by: learned.student), labels: set.labels)
    }
    return (scaled(learned), scaled(tested))
  }
}
