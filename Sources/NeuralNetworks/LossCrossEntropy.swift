import Foundation
import Tensors

/// The mean cross entropy between labels and softmax(z).
///
/// - Parameters:
///   - logits: z, `[B, K]`.
///   - labels: B class numbers in 0..<K.
///   - smoothing: the probability ε that is spread evenly over all K classes.
///   - weights: one weight per sample; the mean is weighted by them. A sample of weight 0 (one that
///     has no label, say) changes neither value nor gradient.
///
/// Source: Szegedy et al., *Rethinking the Inception Architecture for Computer Vision*, 2016,
/// section 7 (smoothing); arXiv:1512.00567.
public func crossEntropy(
  _ logits: Tensor, labels: [Int], smoothing: Float = 0, weights: [Float]? = nil
) -> LossValue {
  let student = LogProbabilities(logits)
  let targets = oneHot(labels, classes: student.classes, smoothing: smoothing)
  return crossEntropy(
    student, targets: targets, temperature: 1, shares: shares(weights, rows: student.rows))
}

/// The mean cross entropy between target probabilities and softmax(z).
///
/// Shapes: `logits` `[B, K]`, `targets` `[B, K]` with rows that sum to 1.
public func softCrossEntropy(
  _ logits: Tensor, targets: Tensor, weights: [Float]? = nil
) -> LossValue {
  precondition(
    targets.shape == logits.shape,
    "soft cross entropy: targets \(targets.shape), \(logits.shape) wanted")
  let student = LogProbabilities(logits)
  return crossEntropy(
    student, targets: targets.values.map(Double.init), temperature: 1,
    shares: shares(weights, rows: student.rows))
}

/// Rows of probabilities that put 1 - ε on the label and ε / K everywhere.
func oneHot(_ labels: [Int], classes: Int, smoothing: Float = 0) -> [Double] {
  precondition(
    (0...1).contains(smoothing), "label smoothing: \(smoothing), between 0 and 1 wanted")
  let floor = Double(smoothing) / Double(classes)
  var targets = [Double](repeating: floor, count: labels.count * classes)
  for (row, label) in labels.enumerated() {
    precondition(
      (0..<classes).contains(label), "label of sample \(row): \(label), 0..<\(classes) wanted")
    targets[row * classes + label] += 1 - Double(smoothing)
  }
  return targets
}

/// Σ share · −Σ t ln p with p = softmax(z / T); the gradient is with respect to z.
func crossEntropy(
  _ student: LogProbabilities, targets: [Double], temperature: Float, shares: [Double]
) -> LossValue {
  let (rows, classes) = (student.rows, student.classes)
  precondition(
    targets.count == rows * classes,
    "cross entropy: targets for \(targets.count / classes) samples, \(rows) wanted")
  var value = 0.0
  var gradient = [Float](repeating: 0, count: rows * classes)
  for row in 0..<rows where shares[row] != 0 {
    let range = (row * classes)..<((row + 1) * classes)
    var loss = 0.0
    var mass = 0.0
    for index in range where targets[index] != 0 {
      loss -= targets[index] * student.values[index]
      mass += targets[index]
    }
    value += shares[row] * loss
    let scale = shares[row] / Double(temperature)
    for index in range {
      gradient[index] = Float(
        scale * (mass * exp(student.values[index]) - targets[index]))
    }
  }
  return LossValue(
    value: Float(value), gradient: Tensor(shape: [rows, classes], values: gradient))
}
