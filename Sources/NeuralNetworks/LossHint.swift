import Foundation
import Tensors

/// How the features of two streams are compared.
public enum HintForm: Sendable, Equatable {
  /// (σ(A) − σ(Â))², as published. Meant for features before their rectifier: after it only half of
  /// σ's range is left.
  case logistic
  /// Smooth L1 of the difference in units of the teacher's `deviation`, one number per channel:
  /// what the teacher's batch normalization knows. (The teacher's mean would cancel.)
  case standardized(deviation: [Float])
  /// Smooth L1 of the plain difference: d² / 2 up to 1, |d| − 1/2 beyond.
  case smoothL1
  /// (A − Â)².
  case squared
}

/// Whether a loss over features is the mean or the sum over all their elements.
public enum HintReduction: String, Codable, Sendable, CaseIterable {
  case mean
  /// As published. The weight then depends on the size of the features and of the batch.
  case sum
}

/// The distance of the hallucinated features from those of the stream that saw the privileged
/// sensor.
///
/// Shapes: `features` and `teacher` `[B, H, W, C]` or `[B, C]`, equal.
///
/// Source: Hoffman, Gupta, Darrell, *Learning with Side Information through Modality
/// Hallucination*, CVPR 2016, equation 2; Garcia, Morerio, Murino, *Modality Distillation with
/// Multiple Stream Networks for Action Recognition*, ECCV 2018, equation 4, arXiv:1806.07110.
/// Differs: the default is the mean over elements, not their sum.
public func hallucinationHint(
  _ features: Tensor, teacher: Tensor, form: HintForm = .logistic,
  reduction: HintReduction = .mean
) -> LossValue {
  precondition(
    features.shape == teacher.shape && !features.shape.isEmpty,
    "hint: teacher's features \(teacher.shape), \(features.shape) wanted")
  let channels = features.shape[features.shape.count - 1]
  var scales: [Double] = []
  if case .standardized(let deviation) = form {
    precondition(
      deviation.count == channels && deviation.allSatisfy { $0 > 0 },
      "hint: \(deviation.count) deviations, \(channels) above 0 wanted")
    scales = deviation.map { 1 / Double($0) }
  }
  let share =
    switch reduction {
    case .mean: 1 / Double(max(features.count, 1))
    case .sum: 1.0
    }
  var value = 0.0
  var gradient = [Float](repeating: 0, count: features.count)
  for index in 0..<features.count {
    let found = Double(features.values[index])
    let wanted = Double(teacher.values[index])
    let (loss, slope) =
      switch form {
      case .logistic: logisticDistance(found, wanted)
      case .standardized: smoothL1((found - wanted) * scales[index % channels])
      case .smoothL1: smoothL1(found - wanted)
      case .squared: ((found - wanted) * (found - wanted), 2 * (found - wanted))
      }
    value += loss
    let scale = scales.isEmpty ? share : share * scales[index % channels]
    gradient[index] = Float(scale * slope)
  }
  return LossValue(
    value: Float(value * share), gradient: Tensor(shape: features.shape, values: gradient))
}

private func logisticDistance(_ found: Double, _ wanted: Double) -> (Double, Double) {
  let sigma = 1 / (1 + exp(-found))
  let difference = sigma - 1 / (1 + exp(-wanted))
  return (difference * difference, 2 * difference * sigma * (1 - sigma))
}

/// Smooth L1 with its corner at 1, and its slope.
func smoothL1(_ difference: Double) -> (value: Double, slope: Double) {
  let size = abs(difference)
  return size < 1
    ? (0.5 * difference * difference, difference) : (size - 0.5, difference < 0 ? -1 : 1)
}
