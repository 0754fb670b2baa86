import Foundation
import Tensors

/// Whether the term of soft targets is multiplied by T².
///
/// Soft gradients shrink with T²; the factor undoes it, so that T can be changed alone.
public enum SoftTermScale: String, Codable, Sendable, CaseIterable {
  case squaredTemperature
  case none

  func factor(_ temperature: Float) -> Float {
    switch self {
    case .squaredTemperature: temperature * temperature
    case .none: 1
    }
  }
}

/// How the distributions of teacher and student are softened before they are compared.
public struct Softening: Codable, Equatable, Sendable {
  public var temperature: Float
  public var scale: SoftTermScale

  public init(temperature: Float = 4, scale: SoftTermScale = .squaredTemperature) {
    self.temperature = temperature
    self.scale = scale
  }
}

/// T² KL(p_t ‖ p_s) with p = softmax(z / T), the mean over the batch.
///
/// Shapes: `logits` of the student and of the `teacher` `[B, K]`.
///
/// Source: Hinton, Vinyals, Dean, *Distilling the Knowledge in a Neural Network*, 2015, section 2;
/// arXiv:1503.02531.
public func distillation(
  _ logits: Tensor, teacher: Tensor, temperature: Float, weights: [Float]? = nil
) -> LossValue {
  precondition(
    teacher.shape == logits.shape,
    "distillation: teacher's logits \(teacher.shape), \(logits.shape) wanted")
  let student = LogProbabilities(logits, temperature: temperature)
  let target = LogProbabilities(teacher, temperature: temperature)
  let shares = shares(weights, rows: student.rows)
  var value = 0.0
  var gradient = [Float](repeating: 0, count: logits.count)
  for row in 0..<student.rows {
    for index in (row * student.classes)..<((row + 1) * student.classes) {
      let probability = exp(target.values[index])
      if probability > 0 {
        value += shares[row] * probability * (target.values[index] - student.values[index])
      }
      let difference = exp(student.values[index]) - probability
      gradient[index] = Float(shares[row] * Double(temperature) * difference)
    }
  }
  value *= Double(temperature) * Double(temperature)
  return LossValue(
    value: Float(value), gradient: Tensor(shape: logits.shape, values: gradient))
}

/// (1 − λ) CE(y, p_s) + λ s CE(p_t(T), p_s(T)), with s = T² or 1 as `softening` says.
///
/// - Parameters:
///   - logits: of the student, `[B, K]`.
///   - labels: B class numbers.
///   - teacher: logits of the teacher, who saw more than the student, `[B, K]`.
///   - imitation: λ, between 0 and 1.
///
/// Source: Lopez-Paz et al., *Unifying distillation and privileged information*, ICLR 2016,
/// equation 6; arXiv:1511.03643. The authors' code has the factor T², the paper has not.
public func generalizedDistillation(
  _ logits: Tensor, labels: [Int], teacher: Tensor, imitation: Float, softening: Softening
) -> LossValue {
  precondition(
    teacher.shape == logits.shape,
    "generalized distillation: teacher's logits \(teacher.shape), \(logits.shape) wanted")
  let temperature = softening.temperature
  let student = LogProbabilities(logits, temperature: temperature)
  let targets = LogProbabilities(teacher, temperature: temperature).probabilities
  let soft = crossEntropy(
    student, targets: targets, temperature: temperature,
    shares: shares(nil, rows: student.rows))
  return (1 - imitation) * crossEntropy(logits, labels: labels)
    + imitation * softening.scale.factor(temperature) * soft
}

/// What the teacher's confidence is taken over when it weighs hard against soft targets.
public enum ConfidenceScope: String, Codable, Sendable, CaseIterable {
  /// One weight for the batch: the mean confidence, as published.
  case batch
  /// One weight per sample, so that a single wrong teaching is disarmed.
  case sample
}

/// (1 − w) CE + w KD, where w is the probability that the teacher gives to the true class.
///
/// Shapes: `logits` and `teacher` `[B, K]`; w is a constant for the gradient.
///
/// Source: Dai et al., *SimVG: A Simple Framework for Visual Grounding with Decoupled Multi-modal
/// Fusion*, NeurIPS 2024, dynamic weight-balance distillation; arXiv:2409.17531. Differs: a
/// classifier's probability takes the place of score times overlap of boxes.
public func confidenceWeightedDistillation(
  _ logits: Tensor, labels: [Int], teacher: Tensor, temperature: Float = 4,
  scope: ConfidenceScope = .batch
) -> LossValue {
  let confidence = confidence(ofLabels: labels, in: LogProbabilities(teacher))
  switch scope {
  case .batch:
    let weight = Float(confidence.reduce(0, +) / Double(max(confidence.count, 1)))
    return (1 - weight) * crossEntropy(logits, labels: labels)
      + weight * distillation(logits, teacher: teacher, temperature: temperature)
  case .sample:
    let share = 1 / Float(max(confidence.count, 1))
    let soft = confidence.map(Float.init)
    let hard = soft.map { 1 - $0 }
    // The two means divide by their sums of weights; multiplied back, they add up to one mean.
    return hard.reduce(0, +) * share * crossEntropy(logits, labels: labels, weights: hard)
      + soft.reduce(0, +) * share
      * distillation(logits, teacher: teacher, temperature: temperature, weights: soft)
  }
}

private func confidence(ofLabels labels: [Int], in teacher: LogProbabilities) -> [Double] {
  precondition(
    labels.count == teacher.rows, "labels: \(labels.count) given, \(teacher.rows) wanted")
  return labels.enumerated().map { row, label in
    exp(teacher.values[row * teacher.classes + label])
  }
}
