import Foundation
import Tensors

/// How much the two parts of a decoupled distillation count.
public struct DecoupledWeights: Codable, Equatable, Sendable {
  /// α: the true class against all others.
  public var target: Float
  /// β: the other classes among themselves.
  public var rest: Float

  public init(target: Float = 1, rest: Float = 8) {
    self.target = target
    self.rest = rest
  }
}

/// α TCKD + β NCKD, the mean over the batch.
///
/// TCKD = T² KL between the distributions (true class, rest) of teacher and student; NCKD = T² KL
/// between their distributions over the other classes. With β = p_t(y) taken away, that is with
/// α = 1 and β = 1 − p_t(y), the sum is `distillation`. With two classes NCKD is 0.
///
/// Shapes: `logits` of the student and of the `teacher` `[B, K]`, B `labels`.
///
/// Source: Zhao et al., *Decoupled Knowledge Distillation*, CVPR 2022, equations 6 and 7;
/// arXiv:2203.08679.
public func decoupledDistillation(
  _ logits: Tensor, labels: [Int], teacher: Tensor, temperature: Float = 4,
  weights: DecoupledWeights = DecoupledWeights()
) -> LossValue {
  precondition(
    teacher.shape == logits.shape && labels.count == logits.shape[0],
    "decoupled distillation: teacher's logits \(teacher.shape) and \(labels.count) labels, "
      + "\(logits.shape) wanted")
  let student = LogProbabilities(logits, temperature: temperature)
  let target = LogProbabilities(teacher, temperature: temperature)
  let classes = student.classes
  var value = 0.0
  var gradient = [Float](repeating: 0, count: logits.count)
  for (row, label) in labels.enumerated() {
    precondition(
      (0..<classes).contains(label), "label of sample \(row): \(label), 0..<\(classes) wanted")
    let judged = DecoupledRow(student, row: row, label: label)
    let wanted = DecoupledRow(target, row: row, label: label)
    value += Double(weights.target) * judged.targetDivergence(from: wanted)
    value += Double(weights.rest) * judged.restDivergence(from: wanted)

    // b' = b(1 − b) along the true class, and −b(1 − b)q along the others.
    let slope = exp(judged.label) - exp(wanted.label)
    let scale = Double(temperature) / Double(student.rows)
    for column in 0..<classes {
      let index = row * classes + column
      if column == label {
        gradient[index] = Float(scale * Double(weights.target) * slope)
      } else {
        let share = exp(judged.others[column])
        let difference = share - exp(wanted.others[column])
        gradient[index] = Float(
          scale * (Double(weights.rest) * difference - Double(weights.target) * slope * share))
      }
    }
  }
  value *= Double(temperature) * Double(temperature) / Double(max(student.rows, 1))
  return LossValue(
    value: Float(value), gradient: Tensor(shape: logits.shape, values: gradient))
}

/// One row of log-probabilities, split into (true class, rest) and the classes of the rest.
private struct DecoupledRow {
  /// ln b: the true class.
  let label: Double
  /// ln(1 − b): all others together; −∞ if there are none.
  let rest: Double
  /// ln q: the others, as if the true class did not exist; −∞ at the true class.
  private(set) var others: [Double]

  init(_ logarithms: LogProbabilities, row: Int, label number: Int) {
    let start = row * logarithms.classes
    others = Array(logarithms.values[start..<(start + logarithms.classes)])
    label = others[number]
    others[number] = -.infinity
    rest =
      logarithms.classes > 1 ? LogProbabilities.logarithmOfSum(others, others.indices) : -.infinity
    for index in others.indices where index != number { others[index] -= rest }
  }

  func targetDivergence(from wanted: DecoupledRow) -> Double {
    term(wanted.label, label) + term(wanted.rest, rest)
  }

  func restDivergence(from wanted: DecoupledRow) -> Double {
    others.indices.reduce(0) { $0 + term(wanted.others[$1], others[$1]) }
  }

  /// p ln(p / q), 0 where p is 0.
  private func term(_ wanted: Double, _ found: Double) -> Double {
    let probability = exp(wanted)
    return probability > 0 ? probability * (wanted - found) : 0
  }
}

/// Distillation between logits that are first brought to mean 0 and deviation 1, row by row.
///
/// z ← (z − mean z) / (deviation of z, with K − 1 degrees of freedom), for student and teacher;
/// then T² KL as in `distillation`. With two classes every row becomes ±0.7071, whatever the
/// confidence, so there it carries the sign alone.
///
/// Shapes: `logits` of the student and of the `teacher` `[B, K]` with K ≥ 2.
///
/// Source: Sun et al., *Logit Standardization in Knowledge Distillation*, CVPR 2024, algorithm 1;
/// arXiv:2403.01427.
public func logitStandardized(
  _ logits: Tensor, teacher: Tensor, temperature: Float = 2
) -> LossValue {
  precondition(
    logits.shape.count == 2 && logits.shape[1] >= 2 && teacher.shape == logits.shape,
    "logit standardization: teacher's logits \(teacher.shape), student's \(logits.shape), "
      + "two equal [batch, classes] with 2 or more classes wanted")
  let (student, deviations) = standardized(logits)
  var loss = distillation(
    student, teacher: standardized(teacher).rows, temperature: temperature)
  let classes = logits.shape[1]
  for (row, deviation) in deviations.enumerated() {
    let range = (row * classes)..<((row + 1) * classes)
    // Σ gᵢ and Σ gᵢ yᵢ: the parts of the gradient along the mean and along the row itself.
    var sum = 0.0
    var along = 0.0
    for index in range {
      sum += Double(loss.gradient.values[index])
      along += Double(loss.gradient.values[index]) * Double(student.values[index])
    }
    for index in range {
      let centered = Double(loss.gradient.values[index]) - sum / Double(classes)
      let radial = along * Double(student.values[index]) / Double(classes - 1)
      loss.gradient.values[index] = Float((centered - radial) / deviation)
    }
  }
  return loss
}

/// Rows with mean 0 and deviation 1, and the deviations that they had.
private func standardized(_ logits: Tensor) -> (rows: Tensor, deviations: [Double]) {
  let classes = logits.shape[1]
  var rows = logits
  var deviations: [Double] = []
  for start in stride(from: 0, to: logits.count, by: classes) {
    var sum = 0.0
    for index in start..<(start + classes) { sum += Double(logits.values[index]) }
    let center = sum / Double(classes)
    var squares = 0.0
    for index in start..<(start + classes) {
      squares += (Double(logits.values[index]) - center) * (Double(logits.values[index]) - center)
    }
    // The floor keeps a row of equal logits at 0.
    let deviation = (squares / Double(classes - 1)).squareRoot() + 1e-7
    for index in start..<(start + classes) {
      rows.values[index] = Float((Double(logits.values[index]) - center) / deviation)
    }
    deviations.append(deviation)
  }
  return (rows, deviations)
}
